package linearizability

import (
	"runtime/metrics"
	"sync/atomic"

	"github.com/anishathalye/porcupine"
)

// MaxSearchMemory bounds what a search may add to the heap, in bytes, garbage
// included. A search that needs more ends in VerdictUnknown.
const MaxSearchMemory = 2 << 30

// guard ends a search that takes too much memory. Porcupine remembers all that it
// has seen, and cannot be told to stop; but if no step is possible any more, it
// is at the end.
type guard struct {
	limit, before uint64
	steps         int
	full          atomic.Bool // read after a time-out, while the search may still run
}

// guarded returns a model that is the same until the memory is used up.
func guarded(m porcupine.Model, limit uint64) (porcupine.Model, *guard) {
	g := &guard{limit: limit, before: heapBytes()}
	step := m.Step
	m.Step = func(state, input, output any) (bool, any) {
		if g.exceeded() {
			return false, state
		}
		return step(state, input, output)
	}
	return m, g
}

// between is how many steps are made from one look at the heap to the next.
const between = 1 << 10

func (g *guard) exceeded() bool {
	if g.steps++; g.steps%between == 0 && heapBytes() > g.before+g.limit {
		g.full.Store(true)
	}
	return g.full.Load()
}

// heapBytes is what is on the heap.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
