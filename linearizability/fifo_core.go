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
// may be one that needs less to show it: the earlier b was dequeued, the fewer
// dequeues may have taken a before.
func (q *fifo) coreOfOrder(a, b int32) []int32 {
	if slices.Contains(q.kept, a) {
		a, b = q.smallerPair(a, b)
	}
	e := q.entries[b]
	return append(q.present(a, e.take.to), e.enqueue, e.dequeue)
}

// smallerPair looks for a contradicting pair with the least number of kept values.
func (q *fifo) smallerPair(a, b int32) (int32, int32) {
	least := q.calledBy(q.entries[b].take.to)
	a = q.kept[least]
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
