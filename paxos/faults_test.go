package paxos_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// schedule draws faults for a run: crashes of one server or more, partitions of
// all kinds, and a bad network, until a given moment.
func schedule(random *rand.Rand, until time.Duration) sim.Schedule {
	targets := []sim.Target{sim.AnyOne, sim.Leader, sim.Minority, sim.Majority, sim.LeaderMinority, sim.All}
	sides := []sim.Target{sim.AnyOne, sim.Leader, sim.Minority, sim.LeaderMinority}
	directions := []sim.Direction{sim.BothWays, sim.Outward, sim.Inward}
	var faults sim.Schedule
	for range 5 + random.IntN(25) {
		start := time.Duration(random.Int64N(int64(until - ms)))
		longest := []time.Duration{3 * ms, 30 * ms, 300 * ms, seconds}[random.IntN(4)]
		span := sim.Between(start, min(until, start+1+time.Duration(random.Int64N(int64(longest)))))
		switch random.IntN(5) {
		case 0, 1:
			faults = append(faults, sim.Crash{Span: span, Target: targets[random.IntN(len(targets))]})
		case 2, 3:
			faults = append(faults, sim.Partition{
				Span: span, Side: sides[random.IntN(len(sides))], Direction: directions[random.IntN(3)]})
		default:
			faults = append(faults, sim.Disturbance{
				Span: span, Loss: 0.3 * random.Float64(), Duplication: 0.2, Reordering: 0.2})
		}
	}
	return faults
}

// faultsEnd is when the faults of a faulty cluster are over.
const faultsEnd = 4 * seconds

// newFaultyCluster draws a cluster from a seed: its size, its network and disks,
// its clients, and what befalls them.
func newFaultyCluster(seed uint64) *cluster {
	random := rand.New(rand.NewPCG(seed, 7))
	n := 3 + random.IntN(3)
	c := newClusterWith(sim.Config{
		Seed: seed,
		Network: sim.Network{
			// From a quick and even network to one on which a message may be under
			// way for longer than a ballot lasts.
			Latency: sim.LogNormal(time.Duration(1+random.IntN(10))*ms, 1.5*random.Float64()),
			Loss:    0.02, Duplication: 0.02, Reordering: 0.05,
		},
		Disk:        sim.DiskTiming{Sync: sim.Exponential(time.Duration(random.IntN(8)) * ms)},
		ShuffleTies: true,
	}, n, func(s *paxos.Config) {
		s.Window = []int{1, 4, 1024}[seed%3]
		s.SnapshotSlots = []int{10, 100, 10_000}[random.IntN(3)]
		if seed%4 == 0 {
			s.Phase1Quorum, s.Phase2Quorum = n-1, 2
		}
		if seed%5 < 2 { // leaders come and go
			s.KeepLeader = false
			s.LeaderTimeoutMin, s.LeaderTimeoutMax, s.HeartbeatInterval = 60*ms, 150*ms, 25*ms
		}
	})
	for range 6 {
		c.addClient(time.Duration(random.IntN(200))*ms, 60+random.IntN(60), 1)
	}
	c.Inject(schedule(random, faultsEnd))
	return c
}

// The same seed gives the same run.
func TestDeterminism(t *testing.T) {
	for seed := range uint64(5) {
		one, other := newFaultyCluster(seed), newFaultyCluster(seed)
		require.NoError(t, one.Run(faultsEnd))
		require.NoError(t, other.Run(faultsEnd))
		require.Equal(t, one.Fingerprint(), other.Fingerprint(), "seed %d", seed)
	}
}

// Whatever happens, no invariant breaks; and when it has stopped happening, all
// clients are served and all servers come to the same state.
func TestFaults(t *testing.T) {
	seeds := seedsOf(300, 30)
	var total sim.Stats
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			c := newFaultyCluster(seed)
			require.NoError(t, c.Run(faultsEnd))
			c.run(t, faultsEnd+60*seconds)
			total.Crashes += c.Stats().Crashes
			total.MessagesDropped += c.Stats().MessagesDropped
			total.UnsyncedBytesLost += c.Stats().UnsyncedBytesLost
		})
	}
	require.Greater(t, total.Crashes, int(seeds))
	require.Greater(t, total.MessagesDropped, 10*int(seeds))
	require.Greater(t, total.UnsyncedBytesLost, int(seeds))
}

// run runs on until all clients are served, and a little longer; then all servers
// must be up and equal.
func (c *cluster) run(t *testing.T, until time.Duration) {
	t.Helper()
	requests := 0
	for _, k := range c.clients {
		for uint64(len(k.latencies)) < k.count {
			require.Less(t, c.Now(), until, "a client is not served: %v", c)
			require.NoError(t, c.Run(c.Now()+100*ms))
		}
		requests += int(k.count)
	}
	require.NoError(t, c.Run(c.Now()+2*seconds))
	require.NoError(t, c.judge.CheckAll())
	want := rsm.NewCounter()
	want.Apply(rsm.Add(int64(requests)))
	for _, id := range c.servers {
		require.Equal(t, want.Snapshot(), c.counters[id].Snapshot(), "server %d: %v", id, c.server(id))
	}
}

// String returns the state of all servers.
func (c *cluster) String() string {
	s := ""
	for _, id := range c.servers {
		s += fmt.Sprintf("\n%d: %v", id, c.server(id))
	}
	return s
}
