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
	// writers counts, per value, the writes of it.
	writers map[any]int
	// proven is, per value, the least return of an operation whose answer proves
	// that the value was there: a read of it, or a swap of it for another.
	proven map[any]int64
	// compared has the values which a CompareAndSwap of unknown outcome would
	// swap.
	compared map[any]bool
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
	seen := observations{
		writers:  make(map[any]int),
		proven:   make(map[any]int64),
		compared: make(map[any]bool),
	}
	prove := func(value any, at int64) {
		if earliest, ok := seen.proven[value]; !ok || at < earliest {
			seen.proven[value] = at
		}
	}
	for _, op := range h {
		value, isWrite := written(op)
		if isWrite {
			seen.writers[value]++
			if op.Outcome == OutcomeOK {
				seen.settled = append(seen.settled, [2]int64{op.Call, op.Return})
			}
		}
		switch in := op.Input.(type) {
		case Read:
			if op.Outcome == OutcomeOK {
				prove(op.Output, op.Return)
			}
		case CompareAndSwap:
			switch {
			case op.Outcome == OutcomeUnknown:
				seen.compared[in.Old] = true
			case isWrite:
				prove(in.Old, op.Return)
			default:
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
		if _, proven := seen.proven[value]; proven || seen.compared[value] {
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
	least[len(s)] = never
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

// latestInRegister bounds a write of unknown outcome whose value is proven and
// has no other source: no other write, and not the initial state. It took effect
// before the earliest proof r returned, so r's return can serve as its own.
//
// This adds an order between w and each x with r.Return < x.Call, and no more. In
// every linearization w stands before r, its value having no other source, and r
// before x, so w stood before x anyhow. The bound is never before w's own call,
// where Porcupine could not read it; a proof that returned before the call of its
// only source makes a violation with or without it.
func latestInRegister(h History) []int64 {
	seen := observe(h)
	latest := make([]int64, len(h))
	for i, op := range h {
		latest[i] = never
		value, isWrite := written(op)
		if !isWrite || op.Outcome != OutcomeUnknown || value == nil || seen.writers[value] > 1 {
			continue
		}
		if proof, ok := seen.proven[value]; ok {
			latest[i] = max(proof, op.Call)
		}
	}
	return latest
}
