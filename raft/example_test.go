package raft_test

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// Three servers elect a leader, which takes a client's request. It crashes, and the
// other two elect another.
func Example() {
	world := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(5 * time.Millisecond)}})
	config := raft.DefaultConfig([]node.ID{1, 2, 3})
	for range config.Servers {
		world.AddServer(func(env node.Env) node.Handler {
			return raft.New(env, config, rsm.NewKeyValue())
		})
	}
	world.Run(2 * time.Second)
	first := world.Leader()
	fmt.Println("there is a leader:", first != 0)

	world.AddClient(func(env node.Env) node.Handler { return asking{env, first} })
	world.Run(3 * time.Second)
	world.Crash(first)
	world.Run(5 * time.Second)
	fmt.Println("there is another:", world.Leader() != 0 && world.Leader() != first)
	// Output:
	// there is a leader: true
	// answer: ok
	// there is another: true
}

// asking is a client with a single request.
type asking struct {
	env    node.Env
	leader node.ID
}

func (c asking) Start() {
	c.env.Send(c.leader, rsm.Request{Client: 1, Sequence: 1, Command: rsm.Put("colour", "blue")})
}

func (c asking) Receive(_ node.ID, m node.Message) { fmt.Println("answer:", m.(rsm.Reply).Status) }
func (c asking) Timeout(node.Timer)                {}
func (c asking) Synced(node.Sync, error)           {}

// A judge looks into the servers after every event and ends the run if a
// property of the paper's Figure 3 is broken.
func ExampleInvariants() {
	world := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(5 * time.Millisecond), Loss: 0.2}})
	config := raft.DefaultConfig([]node.ID{1, 2, 3})
	for range config.Servers {
		world.AddServer(func(env node.Env) node.Handler {
			return raft.New(env, config, rsm.NewKeyValue())
		})
	}
	judge := raft.NewInvariants()
	world.Watch(func(id node.ID, h node.Handler) error {
		return judge.Check(id, h.(*raft.Server))
	})
	fmt.Println(world.Run(10*time.Second), judge.CheckAll())
	// Output: <nil> <nil>
}
