package synod

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/golden"
	"quorumlab/node"
)

var (
	p1, p2    = []node.ID{1}, []node.ID{2}
	acceptors = []node.ID{3, 4, 5}
	learner   = []node.ID{6}
)

func (s *stage) learned() Value { return s.players[6].handler.(*Learner).Learned() }

// phase1 and phase2 let a proposer carry out a phase, among some acceptors.
func (s *stage) phase1(proposer, among []node.ID) {
	s.deliver(proposer, among)
	s.deliver(among, proposer)
}

func (s *stage) phase2(proposer, among []node.ID) {
	s.deliver(proposer, among)
	s.deliver(among, proposer)
	s.deliver(among, learner)
}

// One proposer alone: two round trips, and everybody knows.
func TestOneProposer(t *testing.T) {
	s := newStage(t)
	s.say("P1 wants red, and nobody else wants anything. Phase 1:")
	s.start(1)
	s.phase1(p1, acceptors)
	s.say("Nothing was reported, so P1 is free to propose its own value. Phase 2:")
	s.phase2(p1, acceptors)
	require.Equal(t, Value("red"), s.judge.Chosen().Value)
	require.Equal(t, Value("red"), s.learned())
	s.say("%v", s.players[6].handler)
	golden.Check(t, "one-proposer", s.told.String())
}

// A value that a majority has accepted is chosen, whether or not its proposer, or
// anybody, comes to know.
func TestAChosenValueIsTakenOver(t *testing.T) {
	s := newStage(t)
	s.say("P1 has red accepted by A3 and A4. Their answers are lost, and P1 dies.")
	s.start(1)
	s.phase1(p1, []node.ID{3, 4})
	s.deliver(p1, []node.ID{3, 4})
	s.pending = nil
	require.Equal(t, Value("red"), s.judge.Chosen().Value)
	require.Empty(t, s.learned())
	s.say("Red is chosen, and nobody knows. P2 wants blue, and hears of A4 and A5:")
	s.start(2)
	s.phase1(p2, []node.ID{4, 5})
	s.say("A4 reports red: it may have been chosen, so P2 has to propose it.")
	s.phase2(p2, []node.ID{4, 5})
	require.Equal(t, Value("red"), s.learned())
	s.say("%v", s.players[6].handler)
	golden.Check(t, "taken-over", s.told.String())
}

// Of several reported values the one with the highest number counts: the others
// may have been proposed in vain.
func TestTheHighestReportedNumberCounts(t *testing.T) {
	s := newStage(t)
	s.say("P1 prepares, and has red accepted by A3 alone.")
	s.start(1)
	s.phase1(p1, []node.ID{3, 4})
	s.deliver(p1, []node.ID{3})
	s.pending = nil
	s.say("P2 hears of A4 and A5, which know of nothing, and has blue accepted by A5 alone.")
	s.start(2)
	s.phase1(p2, []node.ID{4, 5})
	s.deliver(p2, []node.ID{5})
	s.pending = nil
	require.Zero(t, s.judge.Chosen().Number)
	s.say("Nothing is chosen. P1 tries again, hears of A3 and A5, and must take the value of the higher number.")
	s.expire(1)
	s.phase1(p1, []node.ID{3, 5})
	s.phase2(p1, []node.ID{3, 5})
	require.Equal(t, Value("blue"), s.learned())
	s.say("%v", s.players[6].handler)
	golden.Check(t, "highest-number", s.told.String())
}

// Two proposers that overtake each other for ever choose nothing (Paxos Made
// Simple §2.4); a pause ends it.
func TestDuel(t *testing.T) {
	const rounds = 6
	s := newStage(t)
	s.say("P1 wants red and gets as far as phase 2; its Accepts are slow.")
	s.start(1)
	s.phase1(p1, acceptors)
	s.start(2)
	late, early := p1, p2
	for round := range rounds {
		s.say("Round %d: %s prepares before %s's Accepts arrive,", round+1, name(early[0]), name(late[0]))
		s.phase1(early, acceptors)
		s.say("which are then refused; and %s, knowing no better, tries again at once.", name(late[0]))
		s.deliver(late, acceptors)
		s.deliver(acceptors, late)
		require.Zero(t, s.judge.Chosen().Number)
		s.expire(late[0])
		late, early = early, late
	}
	s.say("Now %s waits a little, and %s gets the time to finish:", name(early[0]), name(late[0]))
	s.phase2(late, acceptors)
	require.NotZero(t, s.judge.Chosen().Number)
	require.Equal(t, s.judge.Chosen().Value, s.learned())
	s.say("%v", s.players[6].handler)
	golden.Check(t, "duel", s.told.String())
}

// A promise that comes when phase 2 has begun changes nothing, though it reports
// a value of a higher number than those that were counted.
func TestALatePromise(t *testing.T) {
	s := newStage(t)
	s.start(1)
	s.phase1(p1, []node.ID{3})
	s.deliver(p1, []node.ID{4})
	s.deliver([]node.ID{4}, p1)
	s.players[1].handler.Receive(5, Promise{Number: 1001, Accepted: Proposal{Number: 2, Value: "blue"}})
	s.phase2(p1, []node.ID{3, 4})
	require.Equal(t, Value("red"), s.learned())
}

// Acceptances of different numbers do not add up, whatever their value.
func TestALearnerCountsByNumber(t *testing.T) {
	l := NewLearner(&player{}, newStage(t).config)
	l.Receive(3, Accepted{Proposal{1001, "red"}})
	l.Receive(3, Accepted{Proposal{1001, "red"}}) // a duplicate
	l.Receive(4, Accepted{Proposal{1002, "red"}})
	require.Empty(t, l.Learned())
	l.Receive(5, Accepted{Proposal{1002, "red"}})
	require.Equal(t, Value("red"), l.Learned())
}

// An acceptor remembers what it said, and a proposer which numbers it used.
func TestRestart(t *testing.T) {
	s := newStage(t)
	s.start(1)
	s.phase1(p1, acceptors)
	s.deliver(p1, acceptors)
	s.start(2)
	s.deliver(p2, acceptors)
	for id := node.ID(1); id <= 5; id++ {
		before := s.players[id].handler
		s.start(id)
		if id >= 3 {
			require.Equal(t, state(before), state(s.players[id].handler))
			continue
		}
		require.Equal(t, Number(2000+id), s.players[id].handler.(*Proposer).number)
	}
}

func state(h node.Handler) string { return h.(interface{ String() string }).String() }
