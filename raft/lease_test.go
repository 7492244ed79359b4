package raft_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/sim"
)

// leaseRun cuts a leader off whose clock is too slow, while clients reach both
// sides, and returns what the judges say: those of the inside too, if asked.
func leaseRun(seed uint64, mode raft.ReadMode, bound, drift float64, inside bool) error {
	settings := raft.DefaultConfig(ids(3))
	settings.Reads, settings.ClockDriftBound = mode, bound
	network := sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)}
	c := newClusterOf(sim.Config{Seed: seed, Network: network}, 3, settings, 2, 1<<40)
	if !inside {
		c.world.Watch(func(node.ID, node.Handler) error { return nil })
	}
	c.retry = 10 * time.Millisecond // so that they soon find the new leader
	r := &reader{servers: c.servers, clients: &c.clients, every: 2 * time.Millisecond}
	c.world.AddClient(func(env node.Env) node.Handler { r.env = env; return r })
	span := sim.Between(2*time.Second, 4*time.Second)
	c.world.Inject(sim.Schedule{
		sim.ClockDrift{Span: span, Target: sim.Leader, Rate: drift},
		sim.Partition{Span: span, Side: sim.Leader},
	})
	return c.world.Run(5 * time.Second)
}

// Dissertation §6.4.1: reads on a lease are as safe as the clocks. Within the stated
// bound no read is stale; beyond it some are. ReadIndex does not mind.
func TestLeaseIsAsGoodAsTheClocks(t *testing.T) {
	stale := 0
	for seed := range fewer(20) {
		require.NoError(t, leaseRun(seed, raft.ReadLease, 2, -0.5, true), "seed %d", seed)
		require.NoError(t, leaseRun(seed, raft.ReadIndex, 2, -0.9, true), "seed %d", seed)
		err := leaseRun(seed, raft.ReadLease, 2, -0.9, false)
		if v := (*node.Violation)(nil); errors.As(err, &v) {
			require.Equal(t, "Linearizability", v.Invariant, "seed %d", seed)
			stale++
		}
	}
	require.Greater(t, stale, int(fewer(10)), "a clock beyond the bound has to show")
}
