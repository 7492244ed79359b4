package synod_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/sim"
)

const ms = time.Millisecond

// cluster makes a world of two or three proposers, some acceptors and two
// learners, and judges what they say.
func cluster(config sim.Config, proposers, acceptors int, backoff time.Duration) (*sim.World, []node.ID) {
	world := sim.New(config)
	roles := synod.Config{Patience: 60 * ms, Backoff: backoff}
	var values []synod.Value
	for i := range proposers {
		roles.Proposers = append(roles.Proposers, node.ID(i+1))
		values = append(values, synod.Value(fmt.Sprintf("value-%d", i+1)))
	}
	for i := range acceptors {
		roles.Acceptors = append(roles.Acceptors, node.ID(proposers+i+1))
	}
	for i := range 2 {
		roles.Learners = append(roles.Learners, node.ID(proposers+acceptors+i+1))
	}
	for i := range proposers {
		world.AddServer(func(env node.Env) node.Handler { return synod.NewProposer(env, roles, values[i]) })
	}
	for range roles.Acceptors {
		world.AddServer(func(env node.Env) node.Handler { return synod.NewAcceptor(env, roles) })
	}
	for range roles.Learners {
		world.AddServer(func(env node.Env) node.Handler { return synod.NewLearner(env, roles) })
	}
	judge := synod.NewInvariants(roles, values...)
	var said error
	world.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.Sent && said == nil {
			said = judge.Sent(e.Machine, e.Message)
		}
	}))
	world.Watch(func(id node.ID, h node.Handler) error {
		if said != nil {
			return said
		}
		return judge.Check(id, h)
	})
	return world, roles.Learners
}

// learned returns what the learners know: empty unless all know the same.
func learned(t *testing.T, world *sim.World, learners []node.ID) synod.Value {
	var all synod.Value
	for i, id := range learners {
		value := world.Handler(id).(*synod.Learner).Learned()
		if i > 0 {
			require.Equal(t, all, value)
		}
		all = value
	}
	return all
}

// Whatever happens at most one value is chosen, and when it has stopped happening
// everybody learns which.
func TestFaults(t *testing.T) {
	seeds := uint64(2000)
	if testing.Short() {
		seeds = 200
	}
	const end = 600 * ms
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 3))
		world, learners := cluster(sim.Config{
			Seed: seed,
			Network: sim.Network{
				Latency: sim.LogNormal(3*ms, 1), Loss: 0.1, Duplication: 0.1, Reordering: 0.1,
			},
			Disk:        sim.DiskTiming{Sync: sim.Exponential(2 * ms)},
			ShuffleTies: true,
		}, 2+random.IntN(2), 3+random.IntN(3), 30*ms)
		var faults sim.Schedule
		for range random.IntN(12) {
			start := time.Duration(random.Int64N(int64(end - 100*ms)))
			span := sim.Between(start, start+time.Duration(1+random.IntN(100))*ms)
			if random.IntN(2) == 0 {
				faults = append(faults, sim.Crash{Span: span, Target: sim.AnyOne})
			} else {
				faults = append(faults, sim.Partition{Span: span, Side: sim.Minority})
			}
		}
		world.Inject(faults)
		require.NoError(t, world.Run(end), "seed %d", seed)
		require.NoError(t, world.Run(end+20*time.Second), "seed %d", seed)
		require.NotEmpty(t, learned(t, world, learners), "seed %d", seed)
	}
}

// Without back-off proposers in step overtake each other again and again; with it
// they hardly ever do so for long.
func TestBackoffEndsDuels(t *testing.T) {
	attempts := func(backoff time.Duration) (total int) {
		for seed := range uint64(200) {
			world, learners := cluster(sim.Config{
				Seed:    seed,
				Network: sim.Network{Latency: sim.Uniform(ms, 10*ms)},
			}, 3, 3, backoff)
			world.Observe(sim.ObserverFunc(func(e *sim.Event) {
				if _, ok := e.Message.(synod.Prepare); ok && e.Kind == sim.Sent {
					total++
				}
			}))
			for learned := synod.Value(""); learned == ""; {
				require.NoError(t, world.Run(world.Now()+ms))
				learned = world.Handler(learners[0]).(*synod.Learner).Learned()
			}
		}
		return total
	}
	without, with := attempts(0), attempts(100*ms)
	require.Greater(t, without, 2*with, "attempts until a value is learned")
}
