package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// targetWorld has running servers, of which the given one leads (zero: none), and
// two clients.
func targetWorld(t require.TestingT, servers int, leader node.ID) *World {
	w := New(Config{Seed: 1})
	terms := make([]uint64, servers)
	if leader > 0 {
		terms[leader-1] = 1
	}
	addLeading(w, terms...)
	w.AddClient(idle)
	w.AddClient(idle)
	require.NoError(t, w.Run(0))
	return w
}

// who resolves a target and returns the names of the machines.
func who(w *World, target Target, seed uint64) string {
	s := stream(seed)
	set := w.resolve(target, &s)
	var names []string
	for _, m := range w.machines {
		if set.has(m) {
			names = append(names, Name(m.id))
		}
	}
	return strings.Join(names, "+")
}

func TestTargetThatNeedsNoDraw(t *testing.T) {
	tests := []struct {
		target Target
		want   string
	}{
		{"S2", "S2"},
		{"C1", "C1"},
		{Machine(3), "S3"},
		{Machine(firstClient + 1), "C2"},
		{"S1+S4+C2", "S1+S4+C2"},
		{"S1+S1", "S1"},
		{All, "S1+S2+S3+S4+S5"},
		{Clients, "C1+C2"},
		{All + "+" + Clients, "S1+S2+S3+S4+S5+C1+C2"},
		{Leader, "S4"},
		{Followers, "S1+S2+S3+S5"},
		{"leader+S1", "S1+S4"},
		{"S6", ""},
	}
	w := targetWorld(t, 5, 4)
	for _, test := range tests {
		require.NoError(t, test.target.validate("target"))
		for seed := range uint64(10) {
			require.Equal(t, test.want, who(w, test.target, seed), "%s", test.target)
		}
	}
}

// TestTargetSizes: a minority is as many as can be missing, a majority as many as
// must be there.
func TestTargetSizes(t *testing.T) {
	tests := []struct{ servers, minority, majority int }{
		{1, 0, 1}, {2, 0, 2}, {3, 1, 2}, {4, 1, 3}, {5, 2, 3}, {6, 2, 4}, {7, 3, 4},
	}
	for _, test := range tests {
		w := targetWorld(t, test.servers, 1)
		for target, want := range map[Target]int{
			AnyOne: 1, Leader: 1, Followers: test.servers - 1, All: test.servers,
			Minority: test.minority, LeaderMinority: test.minority, Majority: test.majority,
		} {
			for seed := range uint64(10) {
				s := stream(seed)
				count := 0
				for _, in := range w.resolve(target, &s) {
					if in {
						count++
					}
				}
				require.Equal(t, want, count, "%s of %d", target, test.servers)
			}
		}
	}
}

// TestTargetDraws: all choices come up, and about equally often.
func TestTargetDraws(t *testing.T) {
	tests := []struct {
		target  Target
		leader  node.ID
		choices int
	}{
		{AnyOne, 3, 5},
		{Minority, 3, 10},
		{Majority, 3, 10},
		{LeaderMinority, 3, 4},  // S3 and one of four others
		{Leader, 0, 5},          // nobody leads
		{Followers, 0, 5},       // all but one
		{LeaderMinority, 0, 10}, // any two
	}
	const n = 5000
	for _, test := range tests {
		t.Run(fmt.Sprint(test.target, " of ", test.leader), func(t *testing.T) {
			w := targetWorld(t, 5, test.leader)
			counts := map[string]int{}
			for seed := range uint64(n) {
				counts[who(w, test.target, seed)]++
			}
			require.Len(t, counts, test.choices)
			for choice, count := range counts {
				requireRate(t, 1/float64(test.choices), count, n)
				if test.target == LeaderMinority && test.leader != 0 {
					require.Contains(t, choice, Name(test.leader))
				}
			}
		})
	}
}

// TestTargetIsSettledWhenTheFaultBegins, by who leads then and not later.
func TestTargetIsSettledWhenTheFaultBegins(t *testing.T) {
	w := targetWorld(t, 3, 2)
	w.Inject(Schedule{Crash{Between(10*ms, 30*ms), Leader}, Crash{Between(20*ms, 40*ms), Leader}})
	trace := observed(w)
	w.At(5*ms, func() { // another one takes over
		w.Handler(2).(*leading).leads = false
		*w.Handler(3).(*leading) = leading{term: 2, leads: true}
	})
	w.At(15*ms, func() { *w.Handler(1).(*leading) = leading{term: 3, leads: true} })
	require.NoError(t, w.Run(25*ms))
	require.Nil(t, w.Handler(1))
	require.Nil(t, w.Handler(3))
	require.NoError(t, w.Run(100*ms))
	require.Equal(t, "S3 at 10ms, S1 at 20ms", strings.Join(crashes(trace), ", "))
}

func TestTargetValidate(t *testing.T) {
	for _, bad := range []Target{"", "S0", "S", "X1", "s1", "S1001", "S-1", "1", "S1+", "+S1", "S1 + S2", "everybody", "S99999"} {
		err := bad.validate("target")
		require.Error(t, err, "%q", bad)
		require.ErrorContains(t, err, "machine such as S1 or C1")
		require.ErrorContains(t, err, "leader-minority", "all that is allowed is named")
	}
	for _, good := range append([]Target{"S1", "S1000", "C1", "S1+C12", "leader+S1"}, roles...) {
		require.NoError(t, good.validate("target"))
	}
}

func TestParseNameUndoesName(t *testing.T) {
	for _, id := range []node.ID{1, 2, 10, 1000, 1001, 1002, 2000} {
		parsed, ok := parseName(Name(id))
		require.True(t, ok)
		require.Equal(t, id, parsed)
	}
}
