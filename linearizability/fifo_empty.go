package linearizability

import (
	"cmp"
	"slices"
	"sort"
)

// placeEmpty finds a moment for each empty answer that no value blocks, and makes
// an entry of it.
func (q *fifo) placeEmpty() Verdict {
	if len(q.empties) == 0 {
		return VerdictOK
	}
	blocked := q.blocked()
	values := len(q.entries)
	for _, i := range q.empties {
		op := q.at(i)
		moment := op.Call
		before := sort.Search(len(blocked), func(k int) bool { return blocked[k].from >= op.Call })
		if before > 0 {
			moment = max(moment, blocked[before-1].to)
		}
		if moment > op.Return {
			q.core = q.coreOfEmpty(i, values)
			return VerdictViolation
		}
		at := span{moment, moment}
		q.entries = append(q.entries, entry{none, i, at, at})
	}
	return VerdictOK
}

// blocked returns the open intervals in which some value is in the queue for
// certain, in order and apart. Where two only touch, a moment is left.
func (q *fifo) blocked() []span {
	blockers := 0
	for _, e := range q.entries {
		if e.blocks() {
			blockers++
		}
	}
	all := make([]span, 0, blockers)
	for _, e := range q.entries {
		if e.blocks() {
			all = append(all, span{e.put.to, e.take.from})
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := all[:0]
	for _, s := range all {
		if n := len(merged); n > 0 && s.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// coreOfEmpty is for an empty answer that was given while the queue never was
// empty: it has a chain of values each of which was enqueued before the one before
// it was dequeued, from before the call to after the return.
func (q *fifo) coreOfEmpty(i int32, values int) []int32 {
	op := q.at(i)
	var chain []int32
	var blockers []int32
	for v := range q.entries[:values] {
		if q.entries[v].blocks() {
			blockers = append(blockers, int32(v))
		}
	}
	slices.SortFunc(blockers, func(a, b int32) int { return cmp.Compare(q.entries[a].put.to, q.entries[b].put.to) })
	// The chain is the shortest: from all that can be next, the one that is in the
	// queue longest, or the first that is in it for long enough.
	reached := op.Call
	for reached <= op.Return {
		best := none
		for len(blockers) > 0 && q.entries[blockers[0]].put.to < reached {
			if e := &q.entries[blockers[0]]; best == none || e.take.from > q.entries[best].take.from &&
				q.entries[best].take.from <= op.Return {
				best = blockers[0]
			}
			blockers = blockers[1:]
		}
		chain = append(chain, best)
		reached = q.entries[best].take.from
	}
	core := []int32{i}
	for _, v := range chain {
		core = append(core, q.present(v, op.Return)...)
	}
	return core
}
