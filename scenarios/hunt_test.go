package scenarios

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// complainer is a judge with two complaints at once.
type complainer struct{ err error }

func (c complainer) Check(node.ID, node.Handler) error { return c.err }
func (c complainer) CheckAll() error                   { return c.err }

func TestOnly(t *testing.T) {
	strict := &node.Violation{Invariant: "Strict Rule"}
	named := &node.Violation{Invariant: "Log Matching"}
	other := errors.New("no violation at all")
	for _, c := range []struct{ told, want error }{
		{nil, nil},
		{strict, nil},
		{named, named},
		{errors.Join(strict, named), named},
		{errors.Join(strict, strict), nil},
		{other, other},
	} {
		judge := only{complainer{c.told}, "log matching"}
		assert.Equal(t, c.want, judge.Check(1, nil))
		assert.Equal(t, c.want, judge.CheckAll())
	}
}

// TestHunt: the seed that is found does not depend on how many are tried at once, and
// the bounds hold.
func TestHunt(t *testing.T) {
	s, err := ByName("steady")
	require.NoError(t, err)
	nothing := Protocol{Name: "nothing", Server: Raft.Server, Invariants: func() Invariants {
		return complainer{&node.Violation{Invariant: "Never Content"}}
	}}
	any := func(Class) bool { return true }
	h := Hunt(t.Context(), s, []Protocol{nothing}, 7, Budget{Runs: 5}, any)
	require.NotNil(t, h.Caught)
	assert.EqualValues(t, 7, h.Caught.Seed)
	assert.Equal(t, 1, h.Seeds)
	assert.Equal(t, Class{Inside, "Never Content"}, h.Caught.Failure)

	h = Hunt(t.Context(), s, []Protocol{nothing}, 7, Budget{Runs: 3}, func(c Class) bool { return c.Judge == Live })
	assert.Nil(t, h.Caught)
	assert.Equal(t, 3, h.Seeds)

	s.Duration /= 4
	h = Hunt(t.Context(), s.Only("Other"), []Protocol{nothing}, 7, Budget{Runs: 1}, func(c Class) bool { return c.Judge == Inside })
	assert.Nil(t, h.Caught)
}

// TestHuntAsksAgain: who draws chance of its own, or changes what it has sent, is caught,
// unless something else is wanted.
func TestHuntAsksAgain(t *testing.T) {
	for want, misdeed := range map[string]func(u *unruly, from node.ID, r rsm.Request){
		"": func(*unruly, node.ID, rsm.Request) {},
		Determinism: func(u *unruly, _ node.ID, _ rsm.Request) {
			u.env.Send(2, noise{rand.IntN(1000)})
		},
		sim.Unchanged: func(u *unruly, _ node.ID, _ rsm.Request) {
			u.kept.count++
			u.env.Send(2, u.kept)
		},
	} {
		s, p := underTest(t, misdeed)
		h := Hunt(t.Context(), s, []Protocol{p}, 1, Budget{Runs: 2}, func(c Class) bool { return c.Judge == Inside })
		got := ""
		if h.Caught != nil {
			got = h.Caught.Failure.Invariant
		}
		assert.Equal(t, want, got)
		h = Hunt(t.Context(), s, []Protocol{p}, 1, Budget{Runs: 2}, func(c Class) bool { return c.Judge == Live })
		assert.Nil(t, h.Caught)
	}
}
