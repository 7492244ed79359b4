package insync_test

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

// asker sends a record, and reads it back when it is acknowledged.
type asker struct{ env node.Env }

func (a asker) Start() { a.env.SetTimer(0, 100*time.Millisecond) }

func (a asker) Timeout(node.Timer) {
	a.env.Send(1, insync.Produce{Acks: insync.AcksAll, Value: "hello"})
}

func (a asker) Receive(_ node.ID, m node.Message) {
	switch m := m.(type) {
	case insync.Produced:
		fmt.Println("committed at offset", m.Offset)
		a.env.Send(1, insync.Poll{Offset: m.Offset})
	case insync.Polled:
		fmt.Println("polled", m.Values)
	}
}

func (a asker) Synced(node.Sync, error) {}

// Three brokers, a controller that is not among them, and a client.
func Example() {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	const controller = 1001
	config := insync.DefaultConfig([]node.ID{1, 2, 3}, controller)
	config.MinInSync = 2
	for range config.Brokers {
		w.AddServer(func(env node.Env) node.Handler { return insync.NewBroker(env, config) })
	}
	w.AddClient(func(env node.Env) node.Handler { return insync.NewController(env, config) })
	w.AddClient(func(env node.Env) node.Handler { return asker{env} })
	if err := w.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	// Output:
	// committed at offset 0
	// polled [hello]
}
