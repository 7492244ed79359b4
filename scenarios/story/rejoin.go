package story

import (
	"time"

	"quorumlab/node"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

var rejoin = Story{
	Name:    "prevote-rejoin",
	Title:   "A server that was cut off comes back and deposes a good leader",
	Watch:   `The term, and who leads, in the moment in which the partition ends.`,
	Happens: `One follower of five is cut off for two seconds. It hears of no leader, stands for election, gets no vote, and stands again, each time in a higher term. The others go on without it. When the network is whole again, its term is far above the leader's. Plain Raft has everybody follow a higher term: the leader steps down although nothing was wrong with it, and clients wait for an election. With PreVote the server asks first whether it could win; nobody says yes, so its term stays where it was, and its return goes unnoticed.`,
	Why:     `A term is how servers notice that they are out of date, so a higher one must be heeded; but whoever cannot win should not raise it. PreVote separates the question from the deed. Paxos has no votes, but ballots can do the same harm. Two rules prevent it here: acceptors promise nothing to others while they hear from a leader (KeepLeader), and a server asks itself for a promise last, so that one that could not lead has not bound itself to a ballot that nobody leads.`,
	Read: []string{
		"Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §9.6",
		"raft/prevote.go; paxos/detector.go; raft/testdata/traces/prevote-rejoin: message by message",
		"quorumlab experiment partial-connectivity: the case rejoin, by election rule",
	},
	Question: `CheckQuorum has servers ignore candidates while they hear from a leader, without PreVote. What becomes of the server that comes back then?`,
	Acts: []Act{
		{Name: "Raft without PreVote", Wrong: true, Promise: "the good leader is deposed", play: playRejoin(scenarios.Raft, true)},
		{Name: "Raft with PreVote", Promise: "no term and no leader changes", play: playRejoin(scenarios.Raft, false)},
		{Name: "Paxos with KeepLeader", Promise: "no leader changes", play: playRejoin(scenarios.Paxos, false)},
	},
}

func playRejoin(p scenarios.Protocol, without bool) func(seed uint64) (Outcome, error) {
	return func(seed uint64) (Outcome, error) {
		s := cluster(5, scenarios.Settings{NoPreVote: without, NoCheckQuorum: true})
		const from, until = time.Second, 3 * time.Second
		e, scenes, err := disturbed(p, s, seed, from, until, until, func(leader node.ID) sim.Fault {
			return sim.Partition{Span: sim.Between(from, until), Side: sim.Machine(follower(leader, 5))}
		})
		o := Outcome{Scenes: scenes, Shown: e.changes > 0}
		if !without {
			o.Shown = e.changes == 0 && (e.terms == 0 || p.Name != "raft")
		}
		o.Facts = []Fact{
			fact("leaders elected after the return", e.changes), fact("terms, or rounds of ballots, by which the highest has risen after the return", e.terms),
			fact("longest time without an answer (ms)", float64(e.gap)/float64(time.Millisecond)),
		}
		return o, err
	}
}
