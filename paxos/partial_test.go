package paxos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/sim"
)

// Partial connectivity: the network is cut such that some servers hear some. The
// situations are those of Omni-Paxos (EuroSys 2023), of Howard and Abraham ("Raft
// does not Guarantee Liveness in the face of Network Faults", 2020) and of
// Cloudflare's outage of November 2020.

// elections counts how often somebody came to lead.
type elections int

func (n *elections) Observe(e *sim.Event) {
	if _, ok := e.Note.(paxos.BecameLeader); ok && e.Kind == sim.Noted {
		*n++
	}
}

// cut lets only the given links work, in either direction, for a span.
func cut(span sim.Span, n int, links ...[2]node.ID) (faults sim.Schedule) {
	works := make(map[[2]node.ID]bool)
	for _, link := range links {
		works[link] = true
	}
	for a := node.ID(1); int(a) <= n; a++ {
		for b := a + 1; int(b) <= n; b++ {
			if !works[[2]node.ID{a, b}] {
				faults = append(faults, sim.Partition{Span: span, Side: sim.Machine(a), Other: sim.Machine(b)})
			}
		}
	}
	return faults
}

const cutStart, cutEnd = 2 * seconds, 12 * seconds

var cutSpan = sim.Between(cutStart, cutEnd)

var plain = func(c *paxos.Config) { c.KeepLeader, c.CheckQuorum = false, false }
var keepOnly = func(c *paxos.Config) { c.KeepLeader, c.CheckQuorum = true, false }
var both = func(*paxos.Config) {}

func TestPartialConnectivity(t *testing.T) {
	for name, test := range map[string]struct {
		n       int
		leader  node.ID
		faults  sim.Schedule
		change  func(*paxos.Config)
		serves  bool   // in the middle of it
		changes [2]int // of leader, at least and at most
	}{
		// Only links to 1 work; the leader, 3, keeps its own to 1.
		"quorum loss, plain":        {5, 3, quorumLoss, plain, true, [2]int{1, 100}},
		"quorum loss, leader kept":  {5, 3, quorumLoss, keepOnly, false, [2]int{0, 0}},
		"quorum loss, both":         {5, 3, quorumLoss, both, true, [2]int{1, 1}},
		"constrained, both":         {5, 3, constrained, both, true, [2]int{1, 1}},
		"chained, plain":            {3, 2, chained, plain, true, [2]int{10, 1000}},
		"chained, both":             {3, 2, chained, both, true, [2]int{0, 0}},
		"two outposts, both":        {5, 3, outposts, both, true, [2]int{0, 0}},
		"deaf leader, leader kept":  {5, 3, deaf, keepOnly, false, [2]int{0, 0}},
		"deaf leader, both":         {5, 3, deaf, both, true, [2]int{1, 2}},
		"stranded leader, kept":     {5, 4, stranded, keepOnly, false, [2]int{0, 100}},
		"stranded leader, both":     {5, 4, stranded, both, true, [2]int{1, 3}},
		"a follower away, then not": {5, 3, away, both, true, [2]int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				c := newClusterWith(sim.Config{
					Seed: seed, Network: sim.Network{Latency: sim.Uniform(ms/2, 2*ms)},
				}, test.n, test.change)
				c.Inject(test.faults)
				c.addClient(0, 1, test.leader) // so that it leads
				require.NoError(t, c.Run(cutStart))
				require.Equal(t, test.leader, c.Leader())
				k := c.addClient(0, 1<<30, test.leader)
				var changes elections
				c.Observe(&changes)

				require.NoError(t, c.Run(cutEnd-5*seconds))
				before := k.sequence
				require.NoError(t, c.Run(cutEnd-ms))
				require.Equal(t, test.serves, k.sequence > before+10, "seed %d: %d served; %v", seed, k.sequence-before, c)
				require.GreaterOrEqual(t, int(changes), test.changes[0], "seed %d", seed)

				before = k.sequence
				require.NoError(t, c.Run(cutEnd+2*seconds))
				require.Greater(t, k.sequence, before+10, "after it ended, seed %d", seed)
				require.LessOrEqual(t, int(changes), test.changes[1], "seed %d", seed)
				require.NoError(t, c.judge.CheckAll())
			}
		})
	}
}

var (
	quorumLoss = cut(cutSpan, 5, [2]node.ID{1, 2}, [2]node.ID{1, 3}, [2]node.ID{1, 4}, [2]node.ID{1, 5})
	// First 1 falls behind; then the leader, 3, is gone, and the others see only 1.
	constrained = append(
		sim.Schedule{sim.Partition{Span: sim.Between(500*ms, cutStart), Side: sim.Machine(1), Other: sim.Machine(3)}},
		cut(cutSpan, 5, [2]node.ID{1, 2}, [2]node.ID{1, 4}, [2]node.ID{1, 5})...)
	chained = cut(cutSpan, 3, [2]node.ID{1, 2}, [2]node.ID{1, 3})
	// 1, 2 and 3 are connected; 4 sees only 2, and 5 only 3.
	outposts = cut(cutSpan, 5, [2]node.ID{1, 2}, [2]node.ID{1, 3}, [2]node.ID{2, 3}, [2]node.ID{2, 4}, [2]node.ID{3, 5})
	// The leader, 4, sees only 2; 5 is down.
	stranded = append(
		sim.Schedule{sim.Crash{Span: cutSpan, Target: sim.Machine(5)}},
		cut(cutSpan, 5, [2]node.ID{1, 2}, [2]node.ID{1, 3}, [2]node.ID{2, 3}, [2]node.ID{2, 4})...)
	deaf = sim.Schedule{sim.Partition{Span: cutSpan, Side: sim.Machine(3), Direction: sim.Inward}}
	away = sim.Schedule{sim.Partition{Span: cutSpan, Side: sim.Machine(1)}}
)

// How long the service is down, in timeouts: a leader that is cut off steps down
// after one, and by then the others' have nearly run out.
func TestDownTimeIsAFewTimeouts(t *testing.T) {
	for _, timeout := range []time.Duration{50 * ms, 500 * ms, 5 * seconds} {
		c := newClusterWith(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Uniform(ms/2, 2*ms)}}, 5,
			func(s *paxos.Config) {
				s.LeaderTimeoutMin, s.LeaderTimeoutMax, s.HeartbeatInterval = timeout, 2*timeout, timeout/5
			})
		const start = 20 * seconds
		c.Inject(cut(sim.Between(start, start+60*seconds), 5,
			[2]node.ID{1, 2}, [2]node.ID{1, 3}, [2]node.ID{1, 4}, [2]node.ID{1, 5}))
		c.addClient(0, 1, 3)
		require.NoError(t, c.Run(start))
		k := c.addClient(0, 1<<30, 1)
		served := func() uint64 { return k.sequence }
		require.NoError(t, c.Run(start+10*ms))
		last, longest, since := served(), time.Duration(0), c.Now()
		for c.Now() < start+60*seconds {
			require.NoError(t, c.Run(c.Now()+10*ms))
			if served() != last {
				last, since = served(), c.Now()
			}
			longest = max(longest, c.Now()-since)
		}
		require.Less(t, longest, 8*timeout+patience, "timeout %v", timeout)
	}
}
