package story

import (
	"time"

	"quorumlab/node"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

var cloudflare2020 = Story{
	Name:  "cloudflare-2020",
	Title: "A switch that fails halfway: two servers see the third, but not each other",
	Watch: `How often leaders are elected while only the one link is gone, and how long clients wait. No server is down, and each sees a majority.`,
	Happens: `On 2 November 2020 a switch at Cloudflare failed halfway. Of three servers of an etcd cluster, one could no longer reach the leader, while the third reached both. The one that heard of no leader stood for election again and again; with each new term the leader stepped down; and the cluster that everything else depended on could hardly be written to. Dashboard and API were down or slow for more than six hours.
The same here: of three servers the link between the leader and one other is cut, nothing else. In plain Raft the one that is cut off raises the term, the server in the middle takes it over, and the good leader falls. With PreVote the server in the middle, which hears the leader, says no, and nothing happens at all. Among three servers plain Raft has luck on its side: the trouble ends as soon as the server in the middle, which sees both, happens to be the first to lose patience. (It never is as long as nothing is written to the log: then it hears from one end or the other all the time, and the two depose each other for ever.) Paxos without KeepLeader goes on for as long as the link is cut.`,
	Why: `Whether somebody is dead is not a fact about that server but about the link over which one asks. A rule by which one server's opinion is enough to depose a leader makes the worst link decide. PreVote asks a majority first. CheckQuorum is its counterpart: a leader that a majority does not hear must go, or PreVote would protect one that is of no use. etcd had PreVote, switched off by default.`,
	Read: []string{
		"A Byzantine failure in the real world, Cloudflare's report on the outage of 2 November 2020",
		"Howard & Abraham, Raft does not Guarantee Liveness in the face of Network Faults, 2020",
		"quorumlab experiment partial-connectivity: chained, where it settles and where it never does, and five shapes that are worse",
	},
	Question: `The report calls the failure Byzantine. Did anybody lie?`,
	Acts: []Act{
		{Name: "plain Raft", Wrong: true, Promise: "leaders change though a majority sees the old one", play: playChain(scenarios.Raft, scenarios.Settings{NoPreVote: true, NoCheckQuorum: true}, true)},
		{Name: "Raft with PreVote and CheckQuorum", Promise: "no leader changes", play: playChain(scenarios.Raft, scenarios.Settings{}, false)},
		{Name: "Paxos without KeepLeader", Wrong: true, Promise: "leaders change though a quorum sees the old one", play: playChain(scenarios.Paxos, scenarios.Settings{NoPreVote: true, NoCheckQuorum: true}, true)},
		{Name: "Paxos with KeepLeader and CheckQuorum", Promise: "no leader changes", play: playChain(scenarios.Paxos, scenarios.Settings{}, false)},
	},
}

func playChain(p scenarios.Protocol, settings scenarios.Settings, changes bool) func(seed uint64) (Outcome, error) {
	return func(seed uint64) (Outcome, error) {
		const from, until = time.Second, 5 * time.Second
		e, scenes, err := disturbed(p, cluster(3, settings), seed, from, until, from, func(node.ID) sim.Fault {
			return sim.Shape{Span: sim.Between(from, until), Name: sim.Chained}
		})
		return Outcome{
			Scenes: scenes,
			Facts: []Fact{
				fact("leaders elected", e.changes), fact("terms, or rounds of ballots, by which the highest has risen", e.terms),
				fact("longest time without an answer (ms)", float64(e.gap)/float64(time.Millisecond)),
			},
			Shown: (e.changes > 0) == changes,
		}, err
	}
}
