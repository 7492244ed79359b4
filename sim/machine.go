package sim

import (
	"fmt"
	"math/rand/v2"

	"quorumlab/node"
)

// Servers are numbered from 1, and clients from firstClient, so that a name
// tells which it is and neither depends on how many there are of the other.
const firstClient = 1001

// Name returns what a machine is called in traces and messages: S1, S2, ... for
// servers and C1, C2, ... for clients.
func Name(id node.ID) string {
	switch {
	case id == 0:
		return "-"
	case id < firstClient:
		return fmt.Sprintf("S%d", id)
	}
	return fmt.Sprintf("C%d", id-firstClient+1)
}

// machine is one simulated machine. It is one worker with an inbox: calls of its
// handler never overlap, and what comes while it is busy waits.
type machine struct {
	world   *World
	id      node.ID
	index   int32
	factory node.Factory

	handler     node.Handler // nil while down
	incarnation uint32       // counts lives; what belonged to an earlier one is void
	up          bool
	booting     bool // reading its disk before the handler starts
	booted      bool // has read it, but was paused before the handler could start
	stopped     bool // by the script
	healed      bool // no fault concerns it any more
	condition   machineCondition
	clock       clock

	inbox  ring[uint32] // slots of events that wait for the worker
	busy   bool         // paying for the last call
	owed   bool         // has paid, but was paused before its sends could leave
	cost   int64        // of the call under way, nanoseconds
	outbox []outgoing   // sent by a call that is not paid for yet

	timers  []timer
	random  *rand.Rand
	handled uint64 // messages, in all lives
	work    stream // what calls cost
	disk    disk
	links   []link // to each machine, by index
}

// outgoing is a message that leaves when its sender has paid for making it.
type outgoing struct {
	to      *machine
	message node.Message
	seal    uint32 // of its content, in strict mode
}

// AddServer adds a server, which boots as soon as the world runs, and returns its
// ID: 1, 2, 3, ... There is room for a thousand.
func (w *World) AddServer(factory node.Factory) node.ID {
	if len(w.servers) == firstClient-1 {
		panic(fmt.Sprintf("sim: more than %d servers", firstClient-1))
	}
	m := w.add(node.ID(len(w.servers)+1), factory)
	w.servers = append(w.servers, m)
	return m.id
}

// AddClient adds a client machine, which boots as soon as the world runs, and
// returns its ID. Faults that speak of servers leave clients alone.
func (w *World) AddClient(factory node.Factory) node.ID {
	m := w.add(node.ID(firstClient+len(w.clients)), factory)
	w.clients = append(w.clients, m)
	return m.id
}

func (w *World) add(id node.ID, factory node.Factory) *machine {
	m := &machine{world: w, id: id, index: int32(len(w.machines)), factory: factory}
	seed := streamOf(w.config.Seed, purposeMachine, uint64(id))
	m.random = rand.New(rand.NewPCG(seed.Uint64(), seed.Uint64()))
	m.work = streamOf(w.config.Seed, purposeWork, uint64(id))
	m.disk = newDisk(m)
	w.machines = append(w.machines, m)
	for _, peer := range w.machines {
		m.links = append(m.links, newLink(&w.config, m.id, peer.id))
		if peer != m {
			peer.links = append(peer.links, newLink(&w.config, peer.id, m.id))
		}
	}
	w.refresh()
	w.At(w.Now(), func() { w.bootIfDown(m) })
	return m
}

// machine returns the machine of that name, or nil.
func (w *World) machine(id node.ID) *machine {
	if i := int(id) - 1; i >= 0 && i < len(w.servers) {
		return w.servers[i]
	}
	if i := int(id) - firstClient; i >= 0 && i < len(w.clients) {
		return w.clients[i]
	}
	return nil
}

// Handler returns the handler that runs on a machine, or nil if it is down.
func (w *World) Handler(id node.ID) node.Handler {
	if m := w.machine(id); m != nil {
		return m.handler
	}
	return nil
}

// Leader returns the server that leads, by its own account, or zero. Of several
// it is the one of the highest term.
func (w *World) Leader() node.ID {
	var leader node.ID
	var highest uint64
	for _, m := range w.servers {
		if l, ok := m.handler.(node.Leader); ok {
			if term, leads := l.Leads(); leads && (leader == 0 || term > highest) {
				leader, highest = m.id, term
			}
		}
	}
	return leader
}

// known returns the machine of a name that a script gives.
func (w *World) known(id node.ID) *machine {
	m := w.machine(id)
	if m == nil {
		panic(fmt.Sprintf("sim: there is no machine %d", id))
	}
	return m
}

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
	m.handler = m.factory(m)
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

// finishCall does what is due after each call of a handler.
func (w *World) finishCall(m *machine) {
	w.calling = nil
	if w.watch != nil {
		if err := w.watch(m.id, m.handler); err != nil {
			w.fail(m, err, nil)
		}
	}
	for _, d := range w.downfalls {
		d.look(m)
	}
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
