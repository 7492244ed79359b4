package sim

import (
	"math"
	"time"

	"quorumlab/node"
)

// timer is one of a machine's timers. Protocols move their timers with nearly
// every message, so moving one to later must not touch the queue: the timer
// keeps one pending event and a deadline, and an event that comes up before the
// deadline is put back. Moving it to earlier than its pending event supersedes
// that event by a new generation.
type timer struct {
	armed      bool
	pending    bool  // an event of this generation is in the queue or the inbox
	waiting    bool  // it is in the inbox
	deadline   int64 // on the machine's clock
	eventAt    int64 // virtual time of the pending event
	generation uint32
}

// cancel makes the timer idle and its pending event void.
func (t *timer) cancel() {
	t.armed, t.pending, t.waiting = false, false, false
	t.generation++
}

func (m *machine) SetTimer(name node.Timer, after time.Duration) {
	if !m.up {
		return
	}
	for int(name) >= len(m.timers) {
		m.timers = append(m.timers, timer{})
	}
	t := &m.timers[name]
	t.armed = true
	now := m.clockNow()
	t.deadline = now + min(int64(max(after, 0)), math.MaxInt64-max(now, 0)) // a handler may mean "never"
	at := m.when(t.deadline)
	if t.pending && t.eventAt <= at && !t.waiting {
		return
	}
	m.scheduleExpiry(name, at)
}

func (m *machine) StopTimer(name node.Timer) {
	if int(name) < len(m.timers) {
		m.timers[name].armed = false
	}
}

// scheduleExpiry puts a timer's pending event into the queue, in place of the
// one that may be there.
func (m *machine) scheduleExpiry(name node.Timer, at int64) {
	t := &m.timers[name]
	t.generation++
	t.pending, t.waiting = at != never, false
	t.eventAt = at
	if !t.pending {
		return // a change of the clock may yet bring its moment within reach
	}
	m.world.queue.schedule(m.world.now, at,
		event{kind: expiry, machine: m.index, timer: name, incarnation: t.generation})
}

// comeUp decides what becomes of a timer's event whose time has come.
func (w *World) comeUp(slot uint32) {
	e := &w.queue.slab[slot]
	m := w.machines[e.machine]
	t := &m.timers[e.timer]
	if t.generation == e.incarnation && t.armed && t.deadline <= m.clockNow() {
		t.waiting = true
		w.offer(m, slot)
		return
	}
	name, current := e.timer, t.generation == e.incarnation
	w.queue.release(slot)
	if current {
		m.putBack(name)
	}
}

// putBack is for an event that came up while its timer was stopped, or moved.
func (m *machine) putBack(name node.Timer) {
	t := &m.timers[name]
	t.pending, t.waiting = false, false
	if t.armed {
		m.scheduleExpiry(name, m.when(t.deadline))
	}
}

// expire calls the handler of a machine whose worker has come to an expiry, and
// reports false if the timer was stopped or moved while it waited in the inbox.
func (w *World) expire(m *machine, e *event) bool {
	t := &m.timers[e.timer]
	if t.generation != e.incarnation {
		return false
	}
	if !t.armed || t.deadline > m.clockNow() {
		m.putBack(e.timer)
		return false
	}
	t.armed, t.pending, t.waiting = false, false, false
	w.stats.TimersExpired++
	if w.record(Expired, m.id, 0, uint64(e.timer)) {
		w.current.Timer = e.timer
		w.publish()
	}
	w.calling = m
	m.handler.Timeout(e.timer)
	return true
}
