package synod_test

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/sim"
)

// Two proposers want different values. Whichever is chosen, it is one.
func Example() {
	config := synod.Config{
		Proposers: []node.ID{1, 2},
		Acceptors: []node.ID{3, 4, 5},
		Learners:  []node.ID{6},
		Patience:  100 * time.Millisecond,
		Backoff:   20 * time.Millisecond,
	}
	world := sim.New(sim.Config{Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	for _, value := range []synod.Value{"red", "blue"} {
		world.AddServer(func(env node.Env) node.Handler { return synod.NewProposer(env, config, value) })
	}
	for range config.Acceptors {
		world.AddServer(func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	world.AddServer(func(env node.Env) node.Handler { return synod.NewLearner(env, config) })
	if err := world.Run(time.Second); err != nil {
		fmt.Println(err)
	}
	for id := node.ID(1); id <= 6; id++ {
		fmt.Println(world.Handler(id))
	}
	// Output:
	// proposer of red: done in 2.1
	// proposer of blue: done in 1.2
	// acceptor: promised 2.1, accepted 2.1=blue
	// acceptor: promised 2.1, accepted 2.1=blue
	// acceptor: promised 2.1, accepted 2.1=blue
	// learner: blue is chosen
}
