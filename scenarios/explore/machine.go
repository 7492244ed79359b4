package explore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/internal/fakedisk"
	"quorumlab/node"
)

// machine is one machine of a world, and the environment of its handler.
type machine struct {
	world   *world
	id      node.ID
	handler node.Handler // nil while it is down
	disk    fakedisk.Disk
	now     time.Duration
	source  *rand.PCG
	random  *rand.Rand
	timers  []alarm // pending
	exited  bool    // in this call
}

// alarm is a pending timer.
type alarm struct {
	timer    node.Timer
	deadline time.Duration
	free     bool // set without a delay: its expiry is not counted
}

func newMachine(w *world, id node.ID) *machine {
	source := rand.NewPCG(uint64(id), 0)
	return &machine{world: w, id: id, source: source, random: rand.New(source)}
}

// ID implements node.Env.
func (m *machine) ID() node.ID { return m.id }

// Now implements node.Env.
func (m *machine) Now() time.Duration { return m.now }

// Rand implements node.Env.
func (m *machine) Rand() *rand.Rand { return m.random }

// Disk implements node.Env.
func (m *machine) Disk() node.Disk { return &m.disk }

// Note implements node.Env.
func (m *machine) Note(any) {}

// Exit implements node.Env.
func (m *machine) Exit(error) { m.exited = true }

// Send implements node.Env.
func (m *machine) Send(to node.ID, message node.Message) {
	if m.exited {
		return
	}
	m.world.send(Letter{From: m.id, To: to, Message: message})
}

// SetTimer implements node.Env.
func (m *machine) SetTimer(t node.Timer, after time.Duration) {
	m.StopTimer(t)
	m.timers = append(m.timers, alarm{t, m.now + max(after, 0), after <= 0})
}

// StopTimer implements node.Env.
func (m *machine) StopTimer(t node.Timer) {
	m.timers = slices.DeleteFunc(m.timers, func(a alarm) bool { return a.timer == t })
}

// next returns the pending timers that may expire: those with the earliest
// deadline.
func (m *machine) next() []alarm {
	var next []alarm
	for _, a := range m.timers {
		switch {
		case len(next) == 0 || a.deadline < next[0].deadline:
			next = []alarm{a}
		case a.deadline == next[0].deadline:
			next = append(next, a)
		}
	}
	return next
}

// expire lets a pending timer expire.
func (m *machine) expire(t node.Timer) {
	i := slices.IndexFunc(m.timers, func(a alarm) bool { return a.timer == t })
	m.now = m.timers[i].deadline
	m.timers = slices.Delete(m.timers, i, i+1)
	m.call(func() { m.handler.Timeout(t) })
}

// boot makes a handler over what the disk has.
func (m *machine) boot() {
	m.handler = m.world.system.Machines[m.id-1](m)
	m.call(m.handler.Start)
}

// crash takes the handler away, and with it its timers. What the disk keeps has
// been settled before.
func (m *machine) crash() {
	m.handler, m.timers, m.exited = nil, nil, false
}

// call calls a method of the handler and, unless disks are slow, has the syncs end
// that it began.
func (m *machine) call(method func()) {
	m.callOnce(method)
	for m.handler != nil && !m.world.system.SlowDisks && m.disk.Syncs() > 0 && m.world.failure == nil {
		m.callOnce(func() { m.handler.Synced(m.disk.EndSync(nil), nil) })
	}
}

// callOnce makes one call and has it judged. What a handler finds broken itself it
// panics with.
func (m *machine) callOnce(method func()) {
	defer func() {
		if p := recover(); p != nil {
			err, ok := p.(error)
			if !ok {
				err = fmt.Errorf("panic: %v", p)
			}
			m.world.fail(fmt.Errorf("%s: %w", name(m.id), err))
		}
	}()
	method()
	m.world.fail(m.world.judge.Called(m.id, m.handler))
	if m.exited {
		m.disk.Kill()
		m.crash()
	}
}
