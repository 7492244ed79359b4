package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/node"
)

// A machine is the node.Env of its handler. After Exit the handler's call still
// runs to its end, so each method that has an effect looks whether the process
// is alive.

func (m *machine) ID() node.ID { return m.id }

func (m *machine) Now() time.Duration { return time.Duration(m.clockNow()) }

func (m *machine) Rand() *rand.Rand { return m.random }

func (m *machine) Send(to node.ID, message node.Message) {
	peer := m.world.machine(to)
	if peer == nil { // said here, where the handler that is to blame is on the stack
		panic(fmt.Sprintf("%s sends to machine %d, which does not exist", Name(m.id), to))
	}
	if !m.up {
		return
	}
	out := outgoing{to: peer, message: message}
	if m.world.config.Strict {
		out.seal = m.world.seal(message)
	}
	if m.cost > 0 {
		m.outbox = append(m.outbox, out)
		return
	}
	m.world.send(m, out)
}

func (m *machine) Disk() node.Disk { return &m.disk }

func (m *machine) Note(note any) {
	if !m.up {
		return
	}
	w := m.world
	if w.record(Noted, m.id, 0, 0) {
		w.current.Note = note
		w.publish()
	}
	if mark, ok := note.(node.Mark); ok {
		w.mark(m, mark)
	}
}

func (m *machine) Exit(reason error) {
	if !m.up {
		return
	}
	m.up = false
	w := m.world
	w.stats.Exits++
	if w.record(Exited, m.id, 0, 0) {
		w.current.Err = reason
		w.publish()
	}
}
