package sim

import "quorumlab/node"

// offer hands an event to a machine that is up: at once, or when the worker has
// time for it.
func (w *World) offer(m *machine, slot uint32) {
	if m.busy || m.condition.paused || !m.inbox.empty() {
		m.inbox.push(slot)
		return
	}
	w.handle(m, slot)
}

// handle lets the worker of a machine work on an event.
func (w *World) handle(m *machine, slot uint32) {
	if e := &w.queue.slab[slot]; e.kind == arrival {
		if !w.config.Strict || !w.changed(m, e) {
			w.deliver(m, slot)
		}
		return
	}
	e := w.queue.slab[slot]
	w.queue.release(slot)
	switch e.kind {
	case expiry:
		if !w.expire(m, &e) {
			return
		}
	case syncDone:
		err, _ := e.message.(error)
		if err == nil {
			w.stats.Syncs++
			m.disk.reported = node.Sync(e.number)
		}
		number := e.number
		if err != nil {
			number = ^number // the fingerprint tells how it ended
		}
		if w.record(Synced, m.id, 0, number) {
			w.current.Err = err
			w.publish()
		}
		w.calling = m
		m.handler.Synced(node.Sync(e.number), err)
	}
	w.finishCall(m)
}

// finishCall does what is due after each call of a handler. Whoever looks at the handler may
// panic over what it has become, and that ends the run.
func (w *World) finishCall(m *machine) {
	w.watching = true
	if w.watch != nil {
		if err := w.watch(m.id, m.handler); err != nil {
			w.fail(m, err, nil)
		}
	}
	for _, d := range w.downfalls {
		d.look(m)
	}
	w.calling, w.watching = nil, false
	switch {
	case !m.up: // it has called Exit
		w.finishExit(m)
	case m.cost > 0:
		m.busy = true
		w.queue.schedule(w.now, w.now+m.cost, event{kind: workDone, machine: m.index, incarnation: m.incarnation})
	}
}

// finishWork lets the sends of the last call go and turns to what waits.
func (w *World) finishWork(m *machine) {
	if m.condition.paused {
		m.owed = true
		return
	}
	m.busy, m.owed = false, false
	m.cost = 0
	w.flush(m)
	w.work(m)
}

// resume lets the worker of a machine that was paused go on.
func (w *World) resume(m *machine) {
	switch {
	case m.booted:
		w.finishBoot(m)
	case m.owed:
		w.finishWork(m)
	default:
		w.work(m)
	}
}

// work lets the worker of a machine turn to what waits.
func (w *World) work(m *machine) {
	for m.up && !m.busy && !m.condition.paused && !m.inbox.empty() && w.failure == nil {
		w.handle(m, m.inbox.pop())
	}
}

// flush sends what waited in the outbox.
func (w *World) flush(m *machine) {
	for _, o := range m.outbox {
		w.send(m, o)
	}
	clear(m.outbox)
	m.outbox = m.outbox[:0]
}
