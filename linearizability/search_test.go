package linearizability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlaceUnknown(t *testing.T) {
	at := func(value any, ofClass ...int) state { return state{value: value, ofClass: ofClass} }
	unknown := func(in Input, class, rank int) step {
		return step{op: &Operation{Outcome: OutcomeUnknown}, input: in, class: class, rank: rank}
	}
	const answers = 1
	tests := []struct {
		name  string
		state state
		next  step
		want  any // the value after it, or nil if it is not placed
	}{
		{"changes something", at("a"), unknown(Write{"b"}, 0, 0), "b"},
		{"changes nothing", at("a"), unknown(Write{"a"}, 0, 0), nil},
		{"misses", at("a"), unknown(CompareAndSwap{"b", "c"}, 0, 0), nil},
		{"first of its class", at("a"), unknown(Write{"b"}, 2, 0), "b"},
		{"next of its class", at("a", 0, 1), unknown(Write{"b"}, 2, 1), "b"},
		{"not yet its turn", at("a", 5, 0), unknown(Write{"b"}, 2, 1), nil},
		{"not yet its turn, whatever it does once all is answered", state{value: "a", answered: answers}, unknown(Write{"b"}, 2, 1), "a"},
		{"misses when all is answered", state{value: "a", answered: answers}, unknown(CompareAndSwap{"b", "c"}, 0, 0), "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := append([]int(nil), test.state.ofClass...)
			placed, after := Register().placeUnknown(test.state, test.next, answers)
			require.Equal(t, test.want != nil, placed)
			if placed {
				require.Equal(t, test.want, after.value)
			}
			require.Equal(t, before, append([]int(nil), test.state.ofClass...), "Porcupine comes back to old states")
		})
	}
}

// Many additions of unknown outcome, and no answer that tells which of them are
// counted: only their number matters.
func TestUnknownAdditionsAreCheap(t *testing.T) {
	s := newService(t, 4)
	s.run(1000, func(int) Input { return Add{1} })
	unknown := 0
	for i, op := range s.history {
		// Fresh clients take the places of those that wait for ever.
		s.history[i].Client += 4 * unknown
		if s.random.IntN(10) == 0 {
			s.history[i] = open(s.history[i].Client, op.Call, op.Input)
			unknown++
		}
	}
	require.Greater(t, unknown, 50)
	report, err := Check(Counter(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, report.Verdict)

	last := len(s.history) - 1
	for s.history[last].Outcome != OutcomeOK {
		last--
	}
	s.history[last].Output = int64(0)
	report, err = Check(Counter(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
}

func TestStepsRankEqualInputsByCall(t *testing.T) {
	h := History{
		open(0, 5, Add{1}), open(1, 3, Add{2}), open(2, 4, Add{1}), done(3, 1, 2, Add{1}, int64(0)),
		open(4, 5, Add{3}), open(5, 1, Add{3}),
	}
	var got [][2]int
	for _, s := range steps(h, h.inputs()) {
		got = append(got, [2]int{s.class, s.rank})
	}
	require.Equal(t, [][2]int{{1, 1}, {0, 0}, {1, 0}, {0, 0}, {2, 1}, {2, 0}}, got)
}
