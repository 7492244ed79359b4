package linearizability

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// observations are what the operations on one register give away about the
// writes among them, where a write is anything that may have set a value: a
// Write, or a CompareAndSwap unless it answered false.
type observations struct {
	// noticed has the values that a read answered, and the old values of every
	// CompareAndSwap that swapped or may have.
	noticed map[any]bool
	// misses are the CompareAndSwaps that answered false.
	misses intervals
	// settled are the writes of outcome ok.
	settled intervals
}

// intervals are pairs of a call and a return.
type intervals [][2]int64

// written returns the value that an operation may have set.
func written(op Operation) (value any, isWrite bool) {
	switch in := op.Input.(type) {
	case Write:
		return in.Value, true
	case CompareAndSwap:
		return in.New, op.Outcome == OutcomeUnknown || op.Output == true
	}
	return nil, false
}

// observe gathers observations from operations none of which failed.
func observe(h History) observations {
	seen := observations{noticed: make(map[any]bool)}
	for _, op := range h {
		_, isWrite := written(op)
		if isWrite && op.Outcome == OutcomeOK {
			seen.settled = append(seen.settled, [2]int64{op.Call, op.Return})
		}
		switch in := op.Input.(type) {
		case Read:
			if op.Outcome == OutcomeOK {
				seen.noticed[op.Output] = true
			}
		case CompareAndSwap:
			if isWrite {
				seen.noticed[in.Old] = true
			} else {
				seen.misses = append(seen.misses, [2]int64{op.Call, op.Return})
			}
		}
	}
	return seen
}

// removableFromRegister marks the reads and misses (a miss is a CompareAndSwap
// that answered false), and every write of which nothing can tell that it
// happened. A write w of value v is marked if
//
//  1. no read answered v, and no CompareAndSwap that swapped, or may have, has v
//     as its old value, and
//  2. each miss returned before w's call, or else there is a write x of outcome
//     ok with w.Return < x.Call and x.Return < the miss's Call.
//
// Leaving one marked operation out is sound. Let S be a linearization. A read or
// a miss changes no state, so S without it is legal. Now take w, and suppose it
// did set v in S, or else S without it is legal as well. Look at what follows w
// in S up to the next operation that sets a value, all of which runs in the state
// v:
//
//   - a read that was answered: it answered v, against 1;
//   - a miss: the first half of 2 puts it before w, the second puts x between
//     them; both contradict that it follows w with no write between;
//   - an operation of unknown outcome that changes nothing: take it out of S,
//     which may leave out what never was answered.
//
// So w is followed at once by an operation that sets a value, or by none. It is
// no swap of v, by 1; hence it is a Write, which does not care for the state, and
// S without w is legal.
//
// Leaving all marked operations out is sound. Take them in the order of their
// calls: each is still marked when its turn comes, because with fewer operations
// there is less to forbid it, and x, which was called later than w, is still
// there.
//
// If w has an unknown outcome, the converse holds too: a linearization without it
// is one of a history with it, in which w never happens.
func removableFromRegister(h History) []bool {
	seen := observe(h)
	firstMissAfter := seen.misses.leastCallOfLate()
	lastWriteBefore := seen.settled.greatestCallOfEarly()
	removable := make([]bool, len(h))
	for i, op := range h {
		value, isWrite := written(op)
		if !isWrite {
			removable[i] = true
			continue
		}
		if seen.noticed[value] {
			continue
		}
		// Of the misses that did not return before w's call, the one that was
		// called first is the hardest to put an x before.
		miss, missed := firstMissAfter(op.Call)
		overwritten := op.Outcome == OutcomeOK && op.Return < lastWriteBefore(miss)
		removable[i] = !missed || overwritten
	}
	return removable
}

// leastCallOfLate returns a function that tells the least call of all intervals
// that return at a given time or later, if there are any.
func (s intervals) leastCallOfLate() func(from int64) (call int64, any bool) {
	s.sortByReturn()
	least := make([]int64, len(s)+1)
	least[len(s)] = math.MaxInt64
	for i := len(s) - 1; i >= 0; i-- {
		least[i] = min(least[i+1], s[i][0])
	}
	return func(from int64) (int64, bool) {
		first := sort.Search(len(s), func(i int) bool { return s[i][1] >= from })
		return least[first], first < len(s)
	}
}

// greatestCallOfEarly returns a function that tells the greatest call of all
// intervals that return before a given time; the least number if there is none.
func (s intervals) greatestCallOfEarly() func(before int64) int64 {
	s.sortByReturn()
	greatest := make([]int64, len(s)+1)
	greatest[0] = math.MinInt64
	for i := range s {
		greatest[i+1] = max(greatest[i], s[i][0])
	}
	return func(before int64) int64 {
		return greatest[sort.Search(len(s), func(i int) bool { return s[i][1] >= before })]
	}
}

func (s intervals) sortByReturn() {
	slices.SortFunc(s, func(a, b [2]int64) int { return cmp.Compare(a[1], b[1]) })
}

// unnoticed stands for all values that no operation in a history can tell apart.
type unnoticed struct{}

// alikeInRegister makes one value of all those that were written, but that no
// read answered and no CompareAndSwap has as its old value. The same orders
// explain the answers before and after: a read cannot follow such a write with
// none between, and a CompareAndSwap that does misses, either way.
func alikeInRegister(h History) []Input {
	noticed := make(map[any]bool)
	for _, op := range h {
		switch in := op.Input.(type) {
		case Read:
			if op.Outcome == OutcomeOK {
				noticed[op.Output] = true
			}
		case CompareAndSwap:
			noticed[in.Old] = true
		}
	}
	inputs := h.inputs()
	for i, op := range h {
		switch in := op.Input.(type) {
		case Write:
			if !noticed[in.Value] {
				inputs[i] = Write{unnoticed{}}
			}
		case CompareAndSwap:
			if !noticed[in.New] {
				inputs[i] = CompareAndSwap{in.Old, unnoticed{}}
			}
		}
	}
	return inputs
}
