package linearizability

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainly is every service at once, as plainly as can be: it shares nothing with
// the models of the package.
type plainly struct {
	counts    bool // whether a read is of a counter
	registers map[string]any
	counters  map[string]int64
	lists     map[string][]string // queues and logs
}

func (s plainly) clone() plainly {
	c := plainly{counts: s.counts, registers: map[string]any{}, counters: map[string]int64{}, lists: map[string][]string{}}
	for k, v := range s.registers {
		c.registers[k] = v
	}
	for k, v := range s.counters {
		c.counters[k] = v
	}
	for k, v := range s.lists {
		c.lists[k] = slices.Clone(v)
	}
	return c
}

func (s plainly) do(key string, in Input) any {
	switch in := in.(type) {
	case Read:
		if s.counts {
			return s.counters[key]
		}
		return s.registers[key]
	case Write:
		s.registers[key] = in.Value
	case CompareAndSwap:
		if s.registers[key] != in.Old {
			return false
		}
		s.registers[key] = in.New
		return true
	case Add:
		s.counters[key] += in.Delta
		return s.counters[key] - in.Delta
	case Enqueue:
		s.lists[key] = append(s.lists[key], in.Value)
	case Dequeue:
		if len(s.lists[key]) == 0 {
			return nil
		}
		first := s.lists[key][0]
		s.lists[key] = s.lists[key][1:]
		return first
	case Send:
		s.lists[key] = append(s.lists[key], in.Value)
		return int64(len(s.lists[key]) - 1)
	case Poll:
		if in.Offset < int64(len(s.lists[key])) {
			return s.lists[key][in.Offset]
		}
	}
	return nil
}

// precedes is an order in which operations have to be explained.
type precedes func(a, b Operation) bool

func inTime(a, b Operation) bool { return a.Outcome == OutcomeOK && a.Return < b.Call }

// explained tries all orders of all answered operations and any of those of unknown
// outcome that keep an order between operations.
func explained(h History, counts bool, before precedes) bool {
	placed := make([]bool, len(h))
	var extend func(s plainly) bool
	extend = func(s plainly) bool {
		finished := true
		for i, op := range h {
			finished = finished && (placed[i] || op.Outcome != OutcomeOK)
		}
		if finished {
			return true
		}
		for i, op := range h {
			if placed[i] || op.Outcome == OutcomeFailed {
				continue
			}
			blocked := false
			for j, other := range h {
				blocked = blocked || j != i && !placed[j] && other.Outcome == OutcomeOK && before(other, op)
			}
			if blocked {
				continue
			}
			next := s.clone()
			answer := next.do(op.Key, op.Input)
			_, adds := op.Input.(Add)
			_, sends := op.Input.(Send)
			if op.Outcome == OutcomeOK && answer != op.Output && !(op.Output == nil && (adds || sends)) {
				continue
			}
			placed[i] = true
			if extend(next) {
				return true
			}
			placed[i] = false
		}
		return false
	}
	return extend(plainly{counts: counts}.clone())
}

// repeats are generators of histories that monitors leave to the search: values
// come again, registers are emptied, counters take any step, and there are keys.
func repeats() []generator {
	few := func(r *rand.Rand) string { return fmt.Sprint("v", r.IntN(3)) }
	value := func(r *rand.Rand) any {
		if r.IntN(4) == 0 {
			return nil
		}
		return few(r)
	}
	answers := func(r *rand.Rand, h History, op Operation) any {
		switch out := op.Output.(type) {
		case bool:
			return !out
		case int64:
			return out + int64(r.IntN(3)-1)
		}
		switch op.Input.(type) {
		case Read, Dequeue, Poll:
			return value(r)
		}
		return op.Output
	}
	registers := func(r *rand.Rand, i int) Input {
		switch r.IntN(5) {
		case 0, 1:
			return Read{}
		case 2:
			return CompareAndSwap{value(r), value(r)}
		}
		return Write{value(r)}
	}
	return []generator{
		{"register with repeats", Register(), registers, answers},
		{"keys with repeats", KeyValue(), registers, answers},
		{"counter with steps", Counter(), func(r *rand.Rand, i int) Input {
			if r.IntN(2) == 0 {
				return Read{}
			}
			return Add{int64(r.IntN(4) - 1)}
		}, answers},
		{"queue with repeats", Queue(), func(r *rand.Rand, i int) Input {
			if r.IntN(2) == 0 {
				return Dequeue{}
			}
			return Enqueue{few(r)}
		}, answers},
		{"log with repeats", Log(), func(r *rand.Rand, i int) Input {
			if r.IntN(2) == 0 {
				return Poll{int64(r.IntN(3))}
			}
			return Send{few(r)}
		}, answers},
	}
}

// How many histories are compared with the definition itself, which is slow.
const definitionShare = 10

// Check agrees with the definition of linearizability on all kinds of histories,
// whoever judges, and so do its cores.
func TestCheckAgreesWithAllOrders(t *testing.T) {
	for _, g := range append(generators(), repeats()...) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(*historySeed, 7))
			_, counts := g.model.initial.(int64)
			seen := map[Verdict]int{}
			for range count() / definitionShare {
				h := g.history(r)
				if g.name == "keys with repeats" {
					for i := range h {
						h[i].Key = []string{"", "x", "y"}[r.IntN(3)]
					}
				}
				report, err := Check(g.model, h, 0)
				require.NoError(t, err)
				seen[report.Verdict]++
				want := VerdictViolation
				if explained(h, counts, inTime) {
					want = VerdictOK
				}
				require.Equal(t, want, report.Verdict, "%s", listing(h))
				if want == VerdictViolation {
					require.False(t, explained(report.Core, counts, inTime), "%s", listing(report.Core))
				}
			}
			require.Greater(t, seen[VerdictOK], 0)
			require.Greater(t, seen[VerdictViolation], 0)
		})
	}
}
