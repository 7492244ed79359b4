package paxos_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/paxos"
	"quorumlab/sim"
)

// A server that is behind comes along while others take one snapshot after the other, each
// before the one before it has been handed over. If it had to begin anew with each newer one,
// it would carry out nothing as long as clients ask.
func TestABusyServiceHandsOverASnapshot(t *testing.T) {
	for seed := range seedsOf(4, 1) {
		world := sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Uniform(ms/2, 2*ms)}}
		c := newClusterWith(world, 3, func(s *paxos.Config) {
			s.SnapshotSlots, s.SnapshotKeep, s.SnapshotChunkBytes = 20, 0, 8
		})
		for range 10 {
			c.addClient(0, 1_000_000, 1)
		}
		require.NoError(t, c.Run(seconds))
		behind := c.servers[0]
		if behind == c.Leader() {
			behind = c.servers[1]
		}
		c.Crash(behind)
		require.NoError(t, c.Run(2*seconds))
		c.Restart(behind)
		lacks := c.server(c.Leader()).Chosen()
		require.NoError(t, c.Run(3*seconds))
		require.Greater(t, c.server(behind).Chosen(), lacks, "seed %d", seed)
		require.NoError(t, c.judge.CheckAll())
	}
}
