package sim

import "quorumlab/node"

// Crash takes a machine down until Restart: memory is lost, and of what the disk
// had not synced an arbitrary part.
func (w *World) Crash(id node.ID) {
	w.known(id).stopped = true
	w.refresh()
}

// Restart boots a machine that was crashed by the script or whose process ended
// itself. It stays down while a fault holds it down.
func (w *World) Restart(id node.ID) {
	defer w.catch() // a script need not wait for Run to call Restart
	m := w.known(id)
	if !m.stopped {
		w.bootIfDown(m)
		return
	}
	m.stopped = false
	w.refresh()
}

// bootIfDown boots a machine that nothing holds down.
func (w *World) bootIfDown(m *machine) {
	if !m.up && !m.booting && !m.condition.down {
		w.boot(m)
	}
}

// boot starts the handler of a machine, as soon as its disk has been read.
func (w *World) boot(m *machine) {
	reading := m.disk.mount()
	m.booting = true
	if reading == 0 {
		w.finishBoot(m)
		return
	}
	w.queue.schedule(w.now, w.now+reading, event{kind: bootDone, machine: m.index, incarnation: m.incarnation})
}

// finishBoot starts the handler of a machine that has read its disk, unless it is
// paused.
func (w *World) finishBoot(m *machine) {
	if m.condition.paused {
		m.booted = true
		return
	}
	m.booting, m.booted = false, false
	w.start(m)
}

func (w *World) start(m *machine) {
	m.up = true
	w.stats.Boots++
	if w.record(Started, m.id, 0, uint64(m.incarnation)) {
		w.publish()
	}
	w.calling = m
	if m.handler = m.factory(m); m.handler == nil {
		panic("its factory made no handler")
	}
	m.handler.Start()
	if !m.up { // it never got as far as to have a state that could be looked at
		w.calling = nil
		w.finishExit(m)
		return
	}
	w.finishCall(m)
}

// crash takes down a machine and its operating system. The process may have ended
// before, or not begun yet: the disk loses what was not synced all the same.
func (w *World) crash(m *machine) {
	w.stats.Crashes++
	lost := m.disk.crash(m.incarnation)
	w.stats.UnsyncedBytesLost += lost
	if w.record(Crashed, m.id, 0, uint64(lost)) {
		w.publish()
	}
	w.end(m)
}

// end ends a machine's life: what it had in memory is void.
func (w *World) end(m *machine) {
	m.up, m.booting, m.booted = false, false, false
	m.handler = nil
	m.incarnation++
	m.busy, m.owed = false, false
	m.cost = 0
	clear(m.outbox)
	m.outbox = m.outbox[:0]
	for t := range m.timers {
		m.timers[t].cancel()
	}
	for !m.inbox.empty() {
		slot := m.inbox.pop()
		if e := &w.queue.slab[slot]; e.kind == arrival {
			w.drop(w.machines[e.from], m, e.message, e.number, MachineDown)
		}
		w.queue.release(slot)
	}
}

func (w *World) finishExit(m *machine) {
	w.flush(m)
	m.disk.abandon()
	w.end(m)
	if after := w.config.RestartAfter; after > 0 {
		life := m.incarnation
		w.after(after, func() {
			if m.incarnation == life { // else somebody was quicker
				w.bootIfDown(m)
			}
		})
	}
}
