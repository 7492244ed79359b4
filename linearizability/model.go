package linearizability

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/anishathalye/porcupine"
)

// Model says what operations should be answered: it is the service as a
// sequential program. The zero Model is none.
type Model struct {
	name string
	// keyed models have an object per key, and judge each by itself. That is
	// sound and complete: linearizability is local (Herlihy and Wing 1990).
	keyed bool
	// initial is the state of an object at the beginning; states can be compared
	// with ==.
	initial any
	// apply carries out an input in a state. It is total: unknown outcomes rely
	// on it, see the package documentation.
	apply func(state any, in Input) (next, answer any)
	// accepts checks an operation that is valid by itself: is it one of this
	// model's, with an answer of this model's type? The error starts with the
	// name of the field.
	accepts func(op Operation) error
	// removable marks operations of one object that can all be left out, such
	// that a linearizable history stays linearizable. If all marked operations
	// have unknown outcomes, a history that is not linearizable stays so as well.
	removable func(h History) []bool
	// latest says, for each operation of unknown outcome of one object, by when
	// it must have taken effect in every linearization; never if nothing says so.
	latest func(h History) []int64
}

// never is later than every time.
const never = math.MaxInt64

// String returns the model's name.
func (m Model) String() string { return m.name }

// acceptsAll checks a valid history against the model. The error names the
// operation, by its place counted from 1, and the field.
func (m Model) acceptsAll(h History) error {
	for i, op := range h {
		err := m.accepts(op)
		switch {
		case err != nil:
		case m.keyed && op.Key == "":
			err = errors.New("key: missing")
		case !m.keyed && op.Key != "":
			err = fmt.Errorf("key: a %s has none, but this is %q", m.name, op.Key)
		}
		if err != nil {
			return fmt.Errorf("operation %d: %w", i+1, err)
		}
	}
	return nil
}

// hashSeed is random in each process. A hash only finds states faster, it does
// not steer the search.
var hashSeed = maphash.MakeSeed()

// porcupine returns the model of one object as Porcupine wants it. An input is
// an *Operation, answer and all, so that an operation can be described whole;
// Porcupine's own outputs are not used. Nor is its partitioning, because its
// verdict does not tell which partition is to blame: see Check.
func (m Model) porcupine() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return m.initial },
		Step: func(state, input, _ any) (bool, any) {
			op := input.(*Operation)
			next, answer := m.apply(state, op.Input)
			return op.Outcome != OutcomeOK || answer == op.Output, next
		},
		Equal: func(a, b any) bool { return a == b },
		Hash:  func(state any) uint64 { return maphash.Comparable(hashSeed, state) },
		DescribeOperation: func(input, _ any) string {
			op := input.(*Operation)
			return fmt.Sprintf("client %d: %v → %s", op.Client, op.Input, op.answer())
		},
		DescribeState: formatValue,
	}
}

// intervals hands the operations of one object to Porcupine, none of them
// failed. Operation i gets the identity i.
func (m Model) intervals(h History) []porcupine.Operation {
	latest := m.latest(h)
	end := h.end()
	operations := make([]porcupine.Operation, len(h))
	for i := range h {
		op := &h[i]
		operations[i] = porcupine.Operation{ClientId: op.Client, Input: op, Call: op.Call, Return: op.Return}
		if op.Outcome == OutcomeUnknown {
			operations[i].Return = min(latest[i], end)
		}
	}
	return operations
}

// end returns a time later than all in the history, to serve as infinity where
// pictures show it. At the end of the number range it returns the latest time
// itself, which does as well: in closed intervals nothing is called after it.
func (h History) end() int64 {
	end := int64(math.MinInt64)
	for _, op := range h {
		end = max(end, op.Call)
		if op.Outcome != OutcomeUnknown {
			end = max(end, op.Return)
		}
	}
	return min(end, never-1) + 1
}

// normalize leaves out what cannot change the verdict on one object.
func (m Model) normalize(h History) History {
	h = h.without(func(i int) bool { return h[i].Outcome == OutcomeFailed })
	removable := m.removable(h)
	return h.without(func(i int) bool { return h[i].Outcome == OutcomeUnknown && removable[i] })
}

// without returns a copy of the history that lacks the marked operations.
func (h History) without(marked func(i int) bool) History {
	rest := make(History, 0, len(h))
	for i, op := range h {
		if !marked(i) {
			rest = append(rest, op)
		}
	}
	return rest
}
