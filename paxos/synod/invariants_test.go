package synod

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestInvariantsNameWhatIsBroken(t *testing.T) {
	type said struct {
		from node.ID
		m    node.Message
	}
	accept := func(n Number, v Value) Accept { return Accept{Proposal{n, v}} }
	accepted := func(n Number, v Value) Accepted { return Accepted{Proposal{n, v}} }
	for name, test := range map[string]struct {
		said      []said
		invariant string // empty: nothing is broken
	}{
		"a promise is lowered": {[]said{
			{3, Promise{Number: 2001}}, {3, Promise{Number: 1002}},
		}, "Promise Never Goes Down"},
		"an acceptance is forgotten": {[]said{
			{1, accept(1001, "red")}, {3, accepted(1001, "red")}, {3, Promise{Number: 2001}},
		}, "Acceptance Stands"},
		"accepted below the promise": {[]said{
			{1, accept(1001, "red")}, {3, Promise{Number: 1002}}, {3, accepted(1001, "red")},
		}, "Accepted Below Promise"},
		"a value out of nothing": {[]said{{1, accept(1001, "green")}}, "Nontriviality"},
		"two values of one number": {[]said{
			{1, accept(1001, "red")}, {1, accept(1001, "blue")},
		}, "One Value per Number"},
		"accepted, and never proposed": {[]said{{3, accepted(1001, "red")}}, "One Value per Number"},
		"another value after one is chosen": {[]said{
			{1, accept(1001, "red")}, {3, accepted(1001, "red")}, {4, accepted(1001, "red")}, {2, accept(1002, "blue")},
		}, "Chosen Value Stands"},
		"a value is chosen below another": {[]said{
			{2, accept(1002, "blue")}, {1, accept(1001, "red")}, {3, accepted(1001, "red")}, {4, accepted(1001, "red")},
		}, "Chosen Value Stands"},
		"half a majority each": {[]said{
			{1, accept(1001, "red")}, {3, accepted(1001, "red")}, {2, accept(1002, "blue")}, {4, accepted(1002, "blue")},
		}, ""},
		"chosen again": {[]said{
			{1, accept(1001, "red")}, {3, accepted(1001, "red")}, {4, accepted(1001, "red")},
			{4, Promise{Number: 2002, Accepted: Proposal{1001, "red"}}}, {2, accept(2002, "red")}, {5, accepted(2002, "red")},
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			judge := NewInvariants(newStage(t).config, "red", "blue")
			var err error
			for _, s := range test.said {
				if err == nil {
					err = judge.Sent(s.from, s.m)
				}
			}
			var v *node.Violation
			require.Equal(t, test.invariant != "", errors.As(err, &v), "%v", err)
			if v != nil {
				require.Equal(t, test.invariant, v.Invariant, v.Detail)
			}
		})
	}
}

// A learner must not believe what no majority has accepted.
func TestInvariantsLookAtLearners(t *testing.T) {
	stage := newStage(t)
	judge, learner := NewInvariants(stage.config, "red", "blue"), NewLearner(&player{}, stage.config)
	require.NoError(t, judge.Check(6, learner))
	learner.Receive(3, Accepted{Proposal{1001, "red"}})
	learner.Receive(4, Accepted{Proposal{1001, "red"}})
	require.ErrorContains(t, judge.Check(6, learner), "Chosen by a Majority")
}

// Different proposers never use the same number (Paxos Made Simple §2.5).
func TestNumbersAreNeverShared(t *testing.T) {
	seen := make(map[Number]bool)
	for _, proposer := range []node.ID{1, 2, 999} {
		number := Number(0)
		for range 20 {
			next := number.next(proposer)
			require.Greater(t, next, number)
			require.False(t, seen[next])
			seen[next], number = true, next
		}
	}
}
