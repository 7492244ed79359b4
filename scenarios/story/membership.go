package story

import (
	"errors"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

var membership2015 = Story{
	Name:  "membership-2015",
	Title: "Two changes of one server each, and two majorities that do not meet",
	Watch: `What S2 answers when it is asked for a change right after it was elected, and who votes for S1 in the end.`,
	Happens: `The members are S1 to S4. S1 leads term 1 and is asked to add S5; the entry reaches S5 only, and S1 falls silent. S2 wins term 2 and is asked to take S1 away. By the rule it says no: no entry of its own term is committed yet.
Then the story forks. Either S2's first entry stays on S2 and S3; then it never says yes, S1 comes back and wins term 3 with S4 and S5, and nothing that anybody was promised is lost. Or that entry reaches S4 too and is committed; then S2 says yes when asked again, and S1 gets no vote but S5's.`,
	Why: `Of four servers any three are a majority, and of the five with S5 any three; those of the four and of the three without S1 (any two) meet too. But S1's five and S2's three need not: S1, S4, S5 and S2, S3. Each change by itself was safe, and each was measured against the same old members. What S2 did not know is that S1's change was still about. Had it first had an entry of its own term committed, by a majority of the old members, everybody whose vote S1 needs would have refused it. Without that rule S2's change is committed by S2 and S3 alone, and S1 overwrites it. It took from the thesis (2014) to a mail of July 2015 to be noticed.`,
	Read: []string{
		"Ongaro, bug in single-server membership changes, raft-dev, 10 July 2015",
		"Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §4",
		"raft/membership.go: the rule; raft/testdata/traces/membership-2015: message by message what happens without it, membership-2015-mended: with it",
	},
	Question: `Joint consensus (raft/testdata/traces/joint-consensus) needs a majority of the old members and one of the new. Which of the two makes this story impossible there, and does the rule matter then?`,
	Acts: []Act{
		{Name: "S2's first entry is not committed", Promise: "S2 refuses the change; S1 wins term 3 and nothing that was committed is overwritten", play: func(seed uint64) (Outcome, error) { return playMembership(seed, false) }},
		{Name: "S2's first entry is committed", Promise: "S2 grants the change when asked again, and S1 cannot win", play: func(seed uint64) (Outcome, error) { return playMembership(seed, true) }},
	},
	Bugs: []string{"one-server-change"},
}

// playMembership plays the story with the rule.
func playMembership(seed uint64, reachesS4 bool) (Outcome, error) {
	s := newStage(seed)
	config := raft.DefaultConfig([]node.ID{1, 2, 3, 4})
	config.ElectionTimeoutMin, config.ElectionTimeoutMax, config.HeartbeatInterval = never, 2*never, 20*time.Millisecond
	config.PreVote, config.CheckQuorum, config.LearningRounds = false, false, 0
	for range 5 {
		s.AddServer(func(env node.Env) node.Handler { return raft.New(env, config, rsm.NewRegister()) })
	}
	s.judged()
	const silent, back = 30 * time.Millisecond, 80 * time.Millisecond
	s.direct(
		stand(0, 1, 0),
		change(10*time.Millisecond, 1, 1, 1, 2, 3, 4, 5),
		stand(silent+time.Millisecond, 2, 1),
		change(silent+4*time.Millisecond, 2, 2, 2, 3, 4), // it has just been elected
		change(silent+30*time.Millisecond, 2, 2, 2, 3, 4),
		stand(back+5*time.Millisecond, 1, 1),
		stand(back+15*time.Millisecond, 1, 2),
	)
	s.Inject(membershipFaults(silent, back, reachesS4))
	if err := s.Run(back); err != nil {
		return s.outcome, err
	}
	if second, ok := s.Handler(2).(*raft.Server); !ok || second.Role() != raft.Leader {
		return s.outcome, errors.New("S2 does not lead")
	}
	committed, term := committedBy(s.World, 5)
	if err := s.finish(back + 60*time.Millisecond); err != nil {
		return s.outcome, err // a broken invariant
	}
	refused, granted := false, false
	for _, a := range s.director.answers {
		refused = refused || a.ID == 2 && a.Status == rsm.Refused
		granted = granted || a.ID == 2 && a.Status == rsm.OK
	}
	first := s.Handler(1).(*raft.Server)
	wins := first.Role() == raft.Leader && first.Term() > 1
	kept := !wins || first.LastIndex() >= committed && first.Entry(committed).Term == term
	s.outcome.Facts = []Fact{
		fact("S2 refused the change at first", refused), fact("S2 granted it later", granted),
		fact("committed when S1 comes back, up to index", committed), fact("S1 wins", wins),
		fact("what was committed is in the log of whoever leads", kept),
	}
	s.outcome.Shown = refused && kept && granted == reachesS4 && wins == !reachesS4
	return s.outcome, nil
}

// membershipFaults have S1's change reach S5 only; then nothing of S1's reaches anybody
// until it comes back.
func membershipFaults(silent, back time.Duration, reachesS4 bool) sim.Schedule {
	faults := sim.Schedule{
		sim.Filter{Span: sim.Between(8*time.Millisecond, silent), Types: "AppendEntries", From: "S1", To: "S2+S3+S4", Drop: 1},
		sim.Partition{Span: sim.Between(silent, back), Side: "S1", Other: "S2+S3+S4+S5"},
	}
	if reachesS4 {
		return append(faults, sim.Partition{Span: sim.Between(back, time.Second), Side: "S2+S3", Other: "S1"})
	}
	return append(faults,
		sim.Filter{Span: sim.Between(silent, back), Types: "AppendEntries", From: "S2", To: "S4", Drop: 1},
		sim.Partition{Span: sim.Between(back, time.Second), Side: "S2+S3", Other: "S1+S4+S5"})
}

// committedBy returns up to where any server knows the log to be committed, and the term
// of the entry there.
func committedBy(w *sim.World, servers int) (index raft.Index, term raft.Term) {
	for id := node.ID(1); int(id) <= servers; id++ {
		if s, ok := w.Handler(id).(*raft.Server); ok && s.CommitIndex() > index {
			index, term = s.CommitIndex(), s.Entry(s.CommitIndex()).Term
		}
	}
	return index, term
}
