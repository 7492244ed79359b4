package paxos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// reader reads a counter at one server, again and again, one read at a time.
type reader struct {
	env       node.Env
	to        node.ID
	start     time.Duration
	asked     time.Duration
	sequence  uint64
	latencies []time.Duration
	values    []int64
	floor     func() int64 // what the counter stood at, by what clients were told
	least     int64        // that, when the read was asked for
	stale     int          // reads that returned less
}

func (c *cluster) addReader(start time.Duration, to node.ID) *reader {
	k := &reader{to: to, start: start, floor: c.acknowledged}
	c.AddClient(func(env node.Env) node.Handler {
		k.env = env
		return k
	})
	return k
}

func (k *reader) Start() { k.env.SetTimer(0, k.start) }

func (k *reader) Timeout(node.Timer) {
	k.sequence++
	k.asked, k.least = k.env.Now(), k.floor()
	k.env.Send(k.to, rsm.Request{
		Client: rsm.ClientID(k.env.ID()), Sequence: k.sequence, Command: rsm.ReadCounter(), ReadOnly: true,
	})
	k.env.SetTimer(0, 100*ms)
}

func (k *reader) Receive(_ node.ID, m node.Message) {
	r := m.(rsm.Reply)
	if r.Sequence != k.sequence || r.Status != rsm.OK {
		return
	}
	result, err := rsm.DecodeCounterResult(r.Result)
	if err != nil {
		panic(err)
	}
	if result.Value < k.least {
		k.stale++
	}
	k.latencies = append(k.latencies, k.env.Now()-k.asked)
	k.values = append(k.values, result.Value)
	k.env.SetTimer(0, ms/2)
}

// acknowledged returns how many additions clients were told of.
func (c *cluster) acknowledged() (n int64) {
	for _, k := range c.clients {
		n += int64(len(k.latencies))
	}
	return n
}

func (k *reader) Synced(node.Sync, error) {}

// What a read costs: through the log as much as any command; with a quorum as much
// time but nothing on the disks; with a lease only the way to the leader and back.
func TestReads(t *testing.T) {
	for mode, expected := range map[paxos.ReadMode]struct {
		latency time.Duration
		written bool
	}{
		paxos.ReadLog:    {4*oneWay + 3*ms, true},
		paxos.ReadQuorum: {4 * oneWay, false},
		paxos.ReadLease:  {2 * oneWay, false},
	} {
		config := constantDelay()
		config.Disk.Sync = sim.Constant(3 * ms)
		c := newClusterWith(config, 3, func(s *paxos.Config) { s.Reads = mode })
		c.addClient(0, 10, 1)
		require.NoError(t, c.Run(seconds))
		k := c.addReader(0, 1)
		syncs := c.Stats().Syncs
		require.NoError(t, c.Run(2*seconds))
		require.Greater(t, len(k.latencies), 100)
		for i, latency := range k.latencies {
			require.Equal(t, expected.latency, latency, "mode %d", mode)
			require.EqualValues(t, 10, k.values[i])
		}
		require.Equal(t, expected.written, c.Stats().Syncs > syncs)
	}
}

// staleness makes a leader that does not hear what happens: it is cut off from the
// other servers, and its clock runs at another rate than it should. It returns how many
// of its answers were old: somebody had been told of a new value before.
func staleness(t *testing.T, mode paxos.ReadMode, bound, rate float64) int {
	const unjudged = -0.5 // clocks slower than that break what leases rely on
	c := newClusterWith(constantDelay(), 3, func(s *paxos.Config) {
		s.Reads, s.ClockDriftBound, s.LeaderTimeoutMax = mode, bound, s.LeaderTimeoutMin
		s.CheckQuorum = false
	})
	if mode == paxos.ReadLease && rate < unjudged {
		c.Watch(func(node.ID, node.Handler) error { return nil })
	}
	c.addClient(0, 1, 1)
	require.NoError(t, c.Run(seconds))
	k := c.addReader(0, 1)
	c.Inject(sim.Schedule{
		sim.Partition{Span: sim.Between(seconds+100*ms, 3*seconds), Side: sim.Machine(1)},
		sim.ClockDrift{Span: sim.Between(seconds+50*ms, 3*seconds), Target: sim.Machine(1), Rate: rate},
	})
	c.addClient(270*ms, 1, 2) // by then there is another leader
	require.NoError(t, c.Run(3*seconds))
	require.EqualValues(t, 2, c.acknowledged())
	return k.stale
}

// A lease holds as long as clocks do what they are said to, and not longer.
func TestALeaseIsAsSafeAsClocks(t *testing.T) {
	require.Zero(t, staleness(t, paxos.ReadLease, 1.5, -0.25), "a clock within the bound")
	require.Positive(t, staleness(t, paxos.ReadLease, 1.5, -0.9), "a clock beyond it")
	require.Zero(t, staleness(t, paxos.ReadQuorum, 1.5, -0.9), "a quorum has no use for clocks")
}

// A leader that has only inherited what others were told must not answer before it
// knows that it is chosen.
func TestANewLeaderWaitsForWhatItInherited(t *testing.T) {
	for _, mode := range []paxos.ReadMode{paxos.ReadQuorum, paxos.ReadLease} {
		for seed := range uint64(20) {
			c := newClusterWith(sim.Config{
				Seed: seed, Network: sim.Network{Latency: sim.Uniform(ms, 20*ms)},
			}, 3, func(s *paxos.Config) { s.Reads = mode })
			c.addClient(0, 1000, 1)
			require.NoError(t, c.Run(500*ms))
			c.Crash(c.Leader())
			readers := []*reader{c.addReader(0, 1), c.addReader(0, 2), c.addReader(0, 3)}
			require.NoError(t, c.Run(seconds))
			for _, k := range readers {
				require.Zero(t, k.stale, "seed %d", seed)
			}
		}
	}
}
