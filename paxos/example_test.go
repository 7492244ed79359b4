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

// Quorums need not be majorities. What has to meet is checked before a server starts.
func ExampleConfig_Validate() {
	config := paxos.DefaultConfig([]node.ID{1, 2, 3, 4})
	config.Phase1Quorum, config.Phase2Quorum = 3, 2
	fmt.Println(config.Validate())
	config.Phase1Quorum = 2
	fmt.Println(config.Validate())
	// Output:
	// <nil>
	// paxos: Phase1Quorum of 2 and Phase2Quorum of 2 need not meet among 4 servers: they have to add up to more
}

// The difference between Paxos and Raft in one election (Howard and Mortier, PaPoC
// 2020): server 1, whose log is the shortest, is elected with the promise of server 2.
// It learns from it what it lacks, and proposes it again in its own ballot, 2.1.
func ExampleWriteLog() {
	value := func(slot paxos.Slot, ballot paxos.Ballot, letter string) paxos.Proposal {
		request := rsm.Request{Client: rsm.ClientID(letter[0]), Sequence: 1, Command: rsm.WriteRegister(letter)}
		return paxos.Proposal{Slot: slot, Ballot: ballot, Request: request}
	}
	logs := [][]paxos.Proposal{
		{value(1, 1001, "A"), value(2, 1002, "B")},
		{value(1, 1001, "A"), value(2, 1002, "B"), value(3, 1002, "C")},
		{value(1, 1001, "A"), value(2, 1003, "B"), value(3, 1003, "D"), value(4, 1003, "E")},
	}
	world := sim.New(sim.Config{Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	servers := []node.ID{1, 2, 3}
	for range servers {
		world.AddServer(func(env node.Env) node.Handler {
			config := paxos.DefaultConfig(servers)
			if env.ID() == 1 {
				config.LeaderTimeoutMax = config.LeaderTimeoutMin // it is the first to lose patience
			}
			if err := paxos.WriteLog(env, 1, logs[env.ID()-1]...); err != nil {
				fmt.Println(err)
			}
			return paxos.New(env, config, rsm.NewRegister())
		})
	}
	world.At(0, func() { world.Crash(3) })
	if err := world.Run(200 * time.Millisecond); err != nil {
		fmt.Println(err)
	}
	leader := world.Handler(1).(*paxos.Server)
	for slot := leader.First(); slot <= leader.Last(); slot++ {
		p := leader.At(slot)
		fmt.Printf("slot %d: %c in ballot %v\n", slot, rune(p.Request.Client), p.Ballot)
	}
	// Output:
	// slot 1: A in ballot 1.1
	// slot 2: B in ballot 2.1
	// slot 3: C in ballot 2.1
}
