package sim

import (
	"math/rand/v2"
	"time"

	"quorumlab/node"
)

// A machine is the node.Env of its handler. After Exit the handler's call still
// runs to its end, so each method that has an effect looks whether the process
// is alive.

func (m *machine) ID() node.ID { return m.id }

func (m *machine) Now() time.Duration { return time.Duration(m.clock()) }

func (m *machine) Rand() *rand.Rand { return m.random }

func (m *machine) Send(to node.ID, message node.Message) {
	switch {
	case !m.up:
	case m.cost > 0:
		m.outbox = append(m.outbox, outgoing{to, message})
	default:
		m.world.send(m, to, message)
	}
}

func (m *machine) Disk() node.Disk { return &m.disk }

func (m *machine) Note(note any) {
	w := m.world
	if m.up && w.record(Noted, m.id, 0, 0) {
		w.current.Note = note
		w.publish()
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
