package sim

// queue holds the events to come, ordered by time and, within one instant, by
// the order in which they were scheduled.
//
// Four things make it fast, measured against container/heap and a hierarchical
// wheel: a 4-ary heap of two-word entries, whose children share a cache line and
// whose payload stays put in a slab; a removal that leaves a hole at the root for
// the next insertion to fill, because a handler that consumes one event nearly
// always causes another; and two first-in-first-out queues beside the heap, one for
// what is due at this very instant, and one for messages that arrive in the order
// in which they were sent, as all do that take equally long.
type queue struct {
	heap []entry
	hole bool         // heap[0] was taken and waits to be filled
	lane ring[entry]  // messages, each after the one before it
	due  ring[uint32] // slots due now; all were scheduled after every entry of this instant in heap and lane
	next uint64       // sequence number of the next entry

	slab []event
	free []uint32 // unused slots of the slab

	shuffle bool // draw the order within an instant from ties
	ties    stream
}

// entry is an event's place in the order: its time, then a key made of a
// sequence number (high bits) and the event's slot in the slab (low bits).
type entry struct {
	at  int64
	key uint64
}

const (
	slotBits     = 24 // 16 million events pending
	sequenceBits = 64 - slotBits
)

func (a entry) before(b entry) bool {
	return a.at < b.at || a.at == b.at && a.key < b.key
}

// schedule adds an event, which is not before now.
func (q *queue) schedule(now, at int64, e event) { q.enqueue(now, at, q.store(e)) }

// enqueue adds the event of a slot, which is not before now.
func (q *queue) enqueue(now, at int64, slot uint32) {
	if q.shuffle {
		q.push(entry{at, q.ties.Uint64()<<slotBits | uint64(slot)})
		return
	}
	if at <= now {
		q.due.push(slot)
		return
	}
	q.push(entry{at, q.next<<slotBits | uint64(slot)})
	q.next++
}

// enqueueMessage does what enqueue does, and is quicker if no message before this
// one is to arrive after it.
func (q *queue) enqueueMessage(now, at int64, slot uint32) {
	if q.shuffle || at <= now || !q.lane.empty() && at < q.lane.back().at {
		q.enqueue(now, at, slot)
		return
	}
	q.lane.push(entry{at, q.next<<slotBits | uint64(slot)})
	q.next++
}

func (q *queue) store(e event) uint32 {
	slot := q.reserve()
	q.slab[slot] = e
	return slot
}

// reserve returns a slot for an event, with whatever was in it before.
func (q *queue) reserve() uint32 {
	if n := len(q.free); n > 0 {
		slot := q.free[n-1]
		q.free = q.free[:n-1]
		return slot
	}
	if len(q.slab) == 1<<slotBits {
		panic("sim: more than 16 million events pending")
	}
	q.slab = append(q.slab, event{})
	return uint32(len(q.slab) - 1)
}

// take removes the next event, if it is not after limit, and returns its time
// and its slot. The caller reads the slot and releases it.
func (q *queue) take(now, limit int64) (at int64, slot uint32, ok bool) {
	q.fill()
	first, inLane, ok := q.first()
	switch {
	case ok && (q.due.empty() || first.at <= now):
		if first.at > limit {
			return 0, 0, false
		}
		if inLane {
			q.lane.pop()
		} else {
			q.hole = true
		}
		return first.at, uint32(first.key & (1<<slotBits - 1)), true
	case q.due.empty() || now > limit:
		return 0, 0, false
	}
	return now, q.due.pop(), true
}

// first returns the first entry of heap and lane, if there is one.
func (q *queue) first() (e entry, inLane, ok bool) {
	if q.lane.empty() {
		if len(q.heap) == 0 {
			return entry{}, false, false
		}
		return q.heap[0], false, true
	}
	if e = *q.lane.front(); len(q.heap) > 0 && q.heap[0].before(e) {
		return q.heap[0], false, true
	}
	return e, true, true
}

// release gives a slot back. Its message must not be kept alive.
func (q *queue) release(slot uint32) {
	q.slab[slot].message = nil
	q.free = append(q.free, slot)
}

// pending returns how many events are scheduled.
func (q *queue) pending() int { return len(q.slab) - len(q.free) }

func (q *queue) push(e entry) {
	if q.hole {
		q.hole = false
		q.siftDown(e)
		return
	}
	q.heap = append(q.heap, e)
	q.siftUp(len(q.heap)-1, e)
}

// fill closes the hole at the root with the last entry.
func (q *queue) fill() {
	if !q.hole {
		return
	}
	q.hole = false
	last := len(q.heap) - 1
	e := q.heap[last]
	q.heap = q.heap[:last]
	if last > 0 {
		q.siftDown(e)
	}
}

func (q *queue) siftUp(i int, e entry) {
	h := q.heap
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

// siftDown puts e at the root and lets it sink.
func (q *queue) siftDown(e entry) {
	h := q.heap
	i := 0
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		least := child
		end := min(child+4, len(h))
		for c := child + 1; c < end; c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if !h[least].before(e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
