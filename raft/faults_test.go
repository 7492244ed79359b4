package raft_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/sim"
)

// faults draws a schedule from a seed, all of it over after ten seconds.
func faults(seed uint64) sim.Schedule {
	random := rand.New(rand.NewPCG(seed, 0))
	targets := []sim.Target{sim.AnyOne, sim.Leader, sim.Minority, sim.LeaderMinority, sim.Followers, sim.All}
	directions := []sim.Direction{sim.BothWays, sim.Outward, sim.Inward}
	var schedule sim.Schedule
	for range 12 {
		start := time.Duration(random.Int64N(int64(9 * time.Second)))
		span := sim.Between(start, start+time.Millisecond+time.Duration(random.Int64N(int64(time.Second))))
		target := targets[random.IntN(len(targets))]
		switch random.IntN(3) {
		case 0:
			schedule = append(schedule, sim.Crash{Span: span, Target: target})
		case 1:
			schedule = append(schedule, sim.Partition{Span: span, Side: target, Direction: directions[random.IntN(3)]})
		case 2:
			schedule = append(schedule, sim.Disturbance{Span: span, Loss: 0.3, Duplication: 0.3, Reordering: 0.3})
		}
	}
	return schedule
}

func faultyConfig(seed uint64) sim.Config {
	return sim.Config{
		Seed: seed,
		Network: sim.Network{
			Latency: sim.LogNormal(5*time.Millisecond, 0.8),
			Loss:    0.02, Duplication: 0.02, Reordering: 0.05,
		},
		Disk:        sim.DiskTiming{Sync: sim.Uniform(0, 40*time.Millisecond)},
		CPU:         sim.CPU{PerMessage: sim.Constant(20 * time.Microsecond)},
		ShuffleTies: true,
	}
}

// faultySeeds is how many runs TestFaults makes of each size of cluster.
const faultySeeds = 60

// Under crashes, partitions and a bad network no invariant is broken, no
// addition is lost or made twice, and once the faults are over all clients are
// served.
func TestFaults(t *testing.T) {
	var total sim.Stats
	for _, n := range []int{1, 2, 3, 4, 5} {
		for seed := range fewer(faultySeeds) {
			const clients, requests = 4, 40
			c := newCluster(faultyConfig(seed), n, clients, requests)
			c.world.Inject(faults(seed))
			require.NoError(t, c.world.Run(20*time.Second), "n %d, seed %d", n, seed)
			require.True(t, c.done(), "n %d, seed %d: the cluster does not recover", n, seed)
			require.NoError(t, c.judge.CheckAll(), "n %d, seed %d", n, seed)
			c.requireEachAddedOnce(t, seed)
			stats := c.world.Stats()
			total.Crashes += stats.Crashes
			total.MessagesDropped += stats.MessagesDropped
			total.MessagesDuplicated += stats.MessagesDuplicated
			total.UnsyncedBytesLost += stats.UnsyncedBytesLost
		}
	}
	require.Positive(t, total.Crashes)
	require.Positive(t, total.MessagesDropped)
	require.Positive(t, total.MessagesDuplicated)
	require.Positive(t, total.UnsyncedBytesLost)
}

func TestDeterministic(t *testing.T) {
	make := func() *sim.World {
		c := newCluster(faultyConfig(7), 5, 3, 100)
		c.world.Inject(faults(7))
		return c.world
	}
	require.NoError(t, sim.Lockstep(make(), make(), 20_000))
}
