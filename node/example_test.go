package node_test

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// token is passed round a ring of machines.
type token struct{ Rounds int }

// member is a machine of a ring of three. Number one puts the token in, and writes
// each round down before it passes the token on: what it has said it knows after a
// crash.
type member struct {
	env  node.Env
	next node.ID
	held []token // those that wait for the disk
}

func newMember(env node.Env) node.Handler {
	return &member{env: env, next: env.ID()%3 + 1}
}

// Start is called at every boot.
func (m *member) Start() {
	if m.env.ID() == 1 {
		m.env.SetTimer(0, time.Second)
	}
}

func (m *member) Timeout(node.Timer) { m.env.Send(m.next, token{}) }

func (m *member) Receive(_ node.ID, message node.Message) {
	t := message.(token)
	if m.env.ID() != 1 {
		m.env.Send(m.next, t)
		return
	}
	t.Rounds++
	if err := m.env.Disk().Append("rounds", []byte{byte(t.Rounds)}); err != nil {
		m.env.Exit(err)
		return
	}
	m.held = append(m.held, t)
	m.env.Disk().Sync()
}

// Synced is called when the disk holds what was written before Sync.
func (m *member) Synced(_ node.Sync, err error) {
	fmt.Println("round", m.held[0].Rounds, "is on the disk after", m.env.Now(), err)
	if m.held[0].Rounds < 3 {
		m.env.Send(m.next, m.held[0])
	}
	m.held = m.held[1:]
}

// A handler reacts, and does nothing of its own accord. Here the simulator is its
// world.
func Example() {
	w := sim.New(sim.Config{
		Network: sim.Network{Latency: sim.Constant(time.Millisecond)},
		Disk:    sim.DiskTiming{Sync: sim.Constant(10 * time.Millisecond)},
	})
	for range 3 {
		w.AddServer(newMember)
	}
	if err := w.Run(2 * time.Second); err != nil {
		fmt.Println(err)
	}
	// Output:
	// round 1 is on the disk after 1.013s <nil>
	// round 2 is on the disk after 1.026s <nil>
	// round 3 is on the disk after 1.039s <nil>
}
