package linearizability

import "slices"

// A core of a queue has for each of its values all operations that show it, and
// the dequeues of unknown outcome that may have taken one: then to leave out the
// other values is sound.

// present returns what shows that a value was in the queue from the end of its put
// until its take began, as far as that matters at a time. If nobody is known to
// have dequeued it, the reason is that too few dequeues had been called to take it
// and all those kept values that were enqueued no later.
func (q *fifo) present(v int32, until int64) []int32 {
	e := q.entries[v]
	rank := slices.Index(q.kept, v)
	if rank < 0 {
		return []int32{e.enqueue, e.dequeue}
	}
	var core []int32
	for _, k := range q.kept[:rank+1] {
		core = append(core, q.entries[k].enqueue)
	}
	return append(core, q.open[:q.calledBy(until)]...)
}

// calledBy counts the dequeues of unknown outcome that had been called by a time.
func (q *fifo) calledBy(t int64) int {
	called, _ := slices.BinarySearchFunc(q.open, t, func(i int32, t int64) int {
		if q.at(i).Call <= t {
			return -1
		}
		return 1
	})
	return called
}

// coreOfOrder is for a value a that has to come before b by their puts, and behind
// b by their takes. The pair that the sort came upon will do, but if a is kept there
// may be one that needs less to show it: a pair without kept values, or else one
// whose b was dequeued early, when fewer dequeues may have taken a before.
func (q *fifo) coreOfOrder(a, b int32) []int32 {
	if slices.Contains(q.kept, a) {
		if x, y, found := q.answeredPair(); found {
			a, b = x, y
		} else {
			a, b = q.smallerPair(b)
		}
	}
	e := q.entries[b]
	return append(q.present(a, e.take.to), e.enqueue, e.dequeue)
}

// answeredPair looks for a contradicting pair of values that were dequeued for
// certain.
func (q *fifo) answeredPair() (a, b int32, found bool) {
	var answered []int32
	for v, e := range q.entries {
		if e.take.to != forever && !e.isEmptyAnswer() {
			answered = append(answered, int32(v))
		}
	}
	var times byTime
	puts := times.sort(len(answered), func(k int32) int64 { return q.entries[answered[k]].put.from })
	ends := times.sort(len(answered), func(k int32) int64 { return q.entries[answered[k]].put.to })
	first := none // of those that are put late, the one that is dequeued first
	for k := len(ends) - 1; k >= 0; k-- {
		a := answered[ends[k]]
		for len(puts) > 0 {
			late := answered[puts[len(puts)-1]]
			if q.entries[late].put.from <= q.entries[a].put.to {
				break
			}
			if first == none || q.entries[late].take.to < q.entries[first].take.to {
				first = late
			}
			puts = puts[:len(puts)-1]
		}
		if first != none && q.entries[first].take.to < q.entries[a].take.from {
			return a, first, true
		}
	}
	return none, none, false
}

// smallerPair looks for a contradicting pair with the least number of kept values.
// B is of some contradicting pair.
func (q *fifo) smallerPair(b int32) (int32, int32) {
	least := q.calledBy(q.entries[b].take.to)
	a := q.kept[least]
	for v := range q.entries {
		e := &q.entries[v]
		if e.isEmptyAnswer() || e.take.to == forever {
			continue
		}
		n := q.calledBy(e.take.to)
		if n < least && q.entries[q.kept[n]].put.to < e.put.from {
			least, a, b = n, q.kept[n], int32(v)
		}
	}
	return a, b
}
