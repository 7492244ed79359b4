package linearizability

import "fmt"

// Model says what operations should be answered: it is the service as a
// sequential program. The zero Model is none.
//
// The key of an operation names the object that it is about, which may be empty.
// Each object is judged by itself, which is sound and complete: linearizability is
// local (Herlihy and Wing 1990).
type Model struct {
	name string
	// objects names the object that an input is about, in models that have many of
	// them besides keys; else it is nil.
	objects func(in Input) string
	// initial is the state of an object at the beginning; states can be compared
	// with ==.
	initial any
	// apply carries out an input in a state. It is total: unknown outcomes rely
	// on it, see the package documentation.
	apply func(state any, in Input) (next, answer any)
	// monitor judges an object without a search, if there is one.
	monitor monitor
	// machine returns the service as a program with a state of its own, where that
	// is much faster than apply; else it is nil.
	machine func() func(Input) any
	// accepts checks an operation that is valid by itself: is it one of this
	// model's, with an answer of this model's type? The error starts with the
	// name of the field.
	accepts func(op Operation) error
	// units numbers the operations of one object that can be left out, from 1, and
	// gives 0 to those that cannot. What has one number goes together. Leaving out
	// any of the units keeps a linearizable history linearizable. Leaving out units
	// of nothing but unknown outcomes also keeps one that is not as it is.
	units func(h History) []int32
	// stale finds stale reads of one object, in models that have them; else it is nil.
	stale func(p part) []StaleRead
	// alike returns, for each operation of one object, an input that can stand for
	// its own because no answer in the history tells the two apart. The more inputs
	// become equal, the less there is to search.
	alike func(h History) []Input
}

// String returns the model's name.
func (m Model) String() string { return m.name }

// Searched reports whether there is nothing but a search to judge its histories by, which
// bears few operations that are concurrent, or whose outcomes are unknown.
func (m Model) Searched() bool { return m.monitor == nil }

// acceptsAll checks a valid history against the model. The error names the
// operation, by its place counted from 1, and the field.
func (m Model) acceptsAll(h History) error {
	for i, op := range h {
		if err := m.accepts(op); err != nil {
			return fmt.Errorf("operation %d: %w", i+1, err)
		}
	}
	return nil
}

// normalize leaves out what cannot change the verdict on one object.
func (m Model) normalize(h History) History {
	h = h.without(func(i int) bool { return h[i].Outcome == OutcomeFailed })
	units := m.units(h)
	seen := make([]bool, len(h)+1) // by unit: has an operation that was answered
	seen[0] = true
	for i, op := range h {
		seen[units[i]] = seen[units[i]] || op.Outcome == OutcomeOK
	}
	return h.without(func(i int) bool { return !seen[units[i]] })
}

// singly makes each operation that is marked a unit of its own.
func singly(removable func(h History) []bool) func(h History) []int32 {
	return func(h History) []int32 {
		units := make([]int32, len(h))
		for i, marked := range removable(h) {
			if marked {
				units[i] = int32(i + 1)
			}
		}
		return units
	}
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
