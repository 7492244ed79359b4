package paxos_test

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// asker asks one server to write a register and prints the answer.
type asker struct{ env node.Env }

func (a asker) Start() {
	a.env.Send(1, rsm.Request{Client: 7, Sequence: 1, Command: rsm.WriteRegister("x")})
}

func (a asker) Receive(from node.ID, m node.Message) {
	fmt.Printf("server %d answers after %v: %v\n", from, a.env.Now(), m.(rsm.Reply).Status)
}

func (a asker) Timeout(node.Timer)      {}
func (a asker) Synced(node.Sync, error) {}

// Three servers and a client, a millisecond apart. There is no leader yet, so the
// server that is asked first becomes one.
func Example() {
	world := sim.New(sim.Config{Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	servers := []node.ID{1, 2, 3}
	for range servers {
		world.AddServer(func(env node.Env) node.Handler {
			return paxos.New(env, paxos.DefaultConfig(servers), rsm.NewRegister())
		})
	}
	world.AddClient(func(env node.Env) node.Handler { return asker{env} })
	if err := world.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	for _, id := range servers {
		fmt.Println(world.Handler(id))
	}
	// Output:
	// server 1 answers after 6ms: ok
	// leader of 1.1, promised 1.1, chosen 1, last 1
	// follower of 1, promised 1.1, chosen 1, last 1
	// follower of 1, promised 1.1, chosen 1, last 1
}
