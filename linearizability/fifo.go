package linearizability

import (
	"cmp"
	"math"
	"slices"
)

// judgeQueue is the monitor of a queue in which no value is enqueued twice.
//
// Each value is enqueued within an interval put, and dequeued within take. As a
// value is enqueued before it is dequeued, put may be made to end no later than
// take, and take to begin no earlier than put. Violations to see at once are a
// value that was dequeued twice, or without having been enqueued, or before.
//
// Order. In a queue values come out as they went in, so a linearization orders
// the values, once for both. Value a has to come before b if a.put ends before
// b.put begins, or if a.take ends before b.take begins. An order that respects
// this is all we need: enqueue each value at the latest beginning of a put so far,
// and dequeue it at the latest beginning of a take so far. That is within its
// intervals, and a value's take begins no earlier than its put.
//
// Such an order is found by always taking next a value whose put begins no later
// than any put of those left ends, and whose take begins no later than any take of
// those left ends. Suppose there is none. Let a be the one whose put ends first.
// Its put is no obstacle, so its take is: it begins after the first take ends, of
// b say. In turn b's take is no obstacle, so its put begins after a's ends. So a
// has to come before b as a.put ends before b.put begins, and b before a as b.take
// ends before a.take begins: these two alone are a violation (Henzinger, Sezgin
// and Vafeiadis, "Aspect-Oriented Linearizability Proofs", 2013).
//
// Empty answers. A value is in the queue, whatever the order, between the end of
// its put and the beginning of its take, if that is later: it blocks that open
// interval. An empty answer needs a moment p of its own interval that is not
// blocked. Any will do: make the answer an entry in the order that is put and
// taken at p. It contradicts no value: one that has to come before it and after it
// would be put before p and taken after p, and block p, or be taken before it is
// put. So there is an order with it, in which all values before it are put and
// taken by p, and all after it at p or later.
//
// Unknown outcomes. An enqueue of unknown outcome whose value nobody dequeued
// never happened, see unitsOfQueue. Of another one put ends when take does. That
// leaves the values that were enqueued for certain and that nobody is known to
// have dequeued. Dequeues of unknown outcome may have taken some. If value v is
// taken by one that was called at t, then v.take begins at t and never ends; if it
// is not taken, t is the end of time. So v blocks the interval from v.put's end, r,
// to t; and it contradicts b iff b.put and b.take are inside of that interval,
// since v.take ends before nothing. Everything that can go wrong with v gets worse
// as the interval gets larger, so the first dequeues by call are the best ones.
// And which takes which? Let r(a) ≤ r(b), but t(a) > t(b). Exchanged, the intervals
// are those from r(a) to t(b) and from r(b) to t(a), both parts of the one from
// r(a) to t(a), so nothing gets worse. Hence the i-th value by r is given to the
// i-th dequeue by call. Values left over stay, dequeues left over never happen.
// (Where a value that stays comes in the order before one that such a dequeue
// takes, the dequeue gets the former: nobody saw.)
func judgeQueue(p part) finding {
	q := fifo{part: p}
	steps := []func() Verdict{q.collectEnqueues, q.collectDequeues, q.matchOpen, q.placeEmpty, q.sort}
	for _, step := range steps {
		switch step() {
		case VerdictUnknown:
			return finding{}
		case VerdictViolation:
			return finding{verdict: VerdictViolation, core: p.pick(q.core)}
		}
	}
	return finding{verdict: VerdictOK, order: q.order()}
}

// entry is a value of the queue, or an empty answer that is put and taken at one
// moment.
type entry struct {
	enqueue, dequeue int32 // operations, or none
	put, take        span
}

// span is a closed interval.
type span struct{ from, to int64 }

// isEmptyAnswer reports whether the entry is no value.
func (e entry) isEmptyAnswer() bool { return e.enqueue == none }

// blocks reports whether the value is in the queue for a time for certain.
func (e entry) blocks() bool { return e.put.to < e.take.from }

// forever is the end of time.
const forever = math.MaxInt64

// fifo is the state of the algorithm. Its steps return VerdictOK to go on.
type fifo struct {
	part
	byValue map[string]int32
	entries []entry
	empties []int32 // operations that were answered with nothing
	open    []int32 // dequeues of unknown outcome, by call
	kept    []int32 // entries that nobody is known to have dequeued, by the end of put
	sorted  []int32 // entries
	core    []int32 // the operations to blame
}

// collectEnqueues makes an entry of each value.
func (q *fifo) collectEnqueues() Verdict {
	values, empties := 0, 0
	for i := range q.len() {
		op := q.at(i)
		if _, isEnqueue := op.Input.(Enqueue); isEnqueue {
			values++
		} else if op.Outcome == OutcomeOK && op.Output == nil {
			empties++
		}
	}
	q.byValue = make(map[string]int32, values)
	q.entries = make([]entry, 0, values+empties)
	q.empties = make([]int32, 0, empties)
	for i := range q.len() {
		op := q.at(i)
		// The end of time is not for operations.
		if op.Call == forever || op.Outcome == OutcomeOK && op.Return == forever {
			return VerdictUnknown
		}
		in, isEnqueue := op.Input.(Enqueue)
		if !isEnqueue || op.Outcome == OutcomeFailed {
			continue
		}
		if _, known := q.byValue[in.Value]; known {
			return VerdictUnknown
		}
		q.byValue[in.Value] = int32(len(q.entries))
		e := entry{i, none, span{op.Call, op.Return}, span{forever, forever}}
		if op.Outcome == OutcomeUnknown {
			e.put.to = forever
		}
		q.entries = append(q.entries, e)
	}
	return VerdictOK
}

// collectDequeues tells the entries when they were taken.
func (q *fifo) collectDequeues() Verdict {
	for i := range q.len() {
		op := q.at(i)
		if _, isDequeue := op.Input.(Dequeue); !isDequeue || op.Outcome == OutcomeFailed {
			continue
		}
		if op.Outcome == OutcomeUnknown {
			q.open = append(q.open, i)
			continue
		}
		if op.Output == nil {
			q.empties = append(q.empties, i)
			continue
		}
		v, known := q.byValue[op.Output.(string)]
		if !known {
			q.core = []int32{i}
			return VerdictViolation
		}
		e := &q.entries[v]
		if e.dequeue != none {
			q.core = []int32{e.enqueue, e.dequeue, i}
			return VerdictViolation
		}
		if op.Return < e.put.from {
			q.core = []int32{e.enqueue, i}
			return VerdictViolation
		}
		e.dequeue = i
		e.take = span{max(op.Call, e.put.from), op.Return}
		e.put.to = min(e.put.to, op.Return)
	}
	return VerdictOK
}

// matchOpen gives values that nobody is known to have dequeued to the dequeues of
// unknown outcome, and leaves out the values that never were there.
func (q *fifo) matchOpen() Verdict {
	q.entries = slices.DeleteFunc(q.entries, func(e entry) bool {
		return e.dequeue == none && q.at(e.enqueue).Outcome == OutcomeUnknown
	})
	q.byValue = nil // the numbers have changed
	for v, e := range q.entries {
		if e.dequeue == none {
			q.kept = append(q.kept, int32(v))
		}
	}
	slices.SortFunc(q.kept, func(a, b int32) int { return cmp.Compare(q.entries[a].put.to, q.entries[b].put.to) })
	slices.SortFunc(q.open, func(a, b int32) int { return cmp.Compare(q.at(a).Call, q.at(b).Call) })
	for i := range min(len(q.kept), len(q.open)) {
		e := &q.entries[q.kept[i]]
		e.dequeue = q.open[i]
		e.take.from = max(q.at(e.dequeue).Call, e.put.from)
	}
	return VerdictOK
}

// sort finds an order of the entries, or two that contradict each other.
func (q *fifo) sort() Verdict {
	n := len(q.entries)
	var times byTime
	puts := times.sort(n, func(v int32) int64 { return q.entries[v].put.from })
	putEnds := times.sort(n, func(v int32) int64 { return q.entries[v].put.to })
	takes := times.sort(n, func(v int32) int64 { return q.entries[v].take.from })
	takeEnds := times.sort(n, func(v int32) int64 { return q.entries[v].take.to })

	q.sorted = make([]int32, 0, n)
	obstacles := make([]uint8, n) // 2 at first: put and take
	for v := range obstacles {
		obstacles[v] = 2
	}
	gone := make([]bool, n)
	var free []int32
	clear := func(v int32) {
		if obstacles[v]--; obstacles[v] == 0 {
			free = append(free, v)
		}
	}
	for len(q.sorted) < n {
		for gone[putEnds[0]] {
			putEnds = putEnds[1:]
		}
		for gone[takeEnds[0]] {
			takeEnds = takeEnds[1:]
		}
		a, b := putEnds[0], takeEnds[0]
		for len(puts) > 0 && q.entries[puts[0]].put.from <= q.entries[a].put.to {
			clear(puts[0])
			puts = puts[1:]
		}
		for len(takes) > 0 && q.entries[takes[0]].take.from <= q.entries[b].take.to {
			clear(takes[0])
			takes = takes[1:]
		}
		if len(free) == 0 {
			q.core = q.coreOfOrder(a, b)
			return VerdictViolation
		}
		for _, v := range free {
			gone[v] = true
		}
		q.sorted = append(q.sorted, free...)
		free = free[:0]
	}
	return VerdictOK
}

// order lists the operations: enqueues at the latest beginning of a put so far,
// dequeues at the latest beginning of a take so far. An empty answer waits until
// all values before it are gone.
func (q *fifo) order() []int32 {
	order := make([]int32, 0, q.len())
	next := 0 // of those to be put
	put := int64(math.MinInt64)
	take := int64(math.MinInt64)
	for out, v := range q.sorted {
		leaving := &q.entries[v]
		take = max(take, leaving.take.from)
		if leaving.isEmptyAnswer() {
			put = max(put, leaving.put.from)
			next = out + 1
		}
		for ; !leaving.isEmptyAnswer() && next < len(q.sorted); next++ {
			e := &q.entries[q.sorted[next]]
			put = max(put, e.put.from)
			if e.isEmptyAnswer() || next > out && put > take {
				break
			}
			order = append(order, e.enqueue)
		}
		if leaving.dequeue != none {
			order = append(order, leaving.dequeue)
		}
	}
	return order
}
