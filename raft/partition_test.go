package raft_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// What partial partitions do, by the rules of election in force
// (Omni-Paxos, EuroSys 2023; Howard and Abraham, 2020; Cloudflare, November
// 2020). The cuts are those of the papers; the number reported is for how long
// nothing was committed, in election timeouts.

// rules are rules of election.
type rules struct{ preVote, checkQuorum bool }

var (
	plain       = rules{false, false}
	preVoteOnly = rules{true, false}
	both        = rules{true, true}
)

// observed is what a partition did to a cluster.
type observed struct {
	committed int // requests answered in the second half of it
	elections int // leaders that took office in it, but for the first
	terms     raft.Term
	down      float64 // longest time without an answer, in election timeouts
}

// link is two servers.
type link [2]node.ID

const (
	calm     = 3 * time.Second  // before the partition
	cutOff   = 30 * time.Second // how long it lasts
	patience = 300 * time.Millisecond
)

// underPartition runs a cluster of n whose leader is brought to be the given one,
// cuts all links between servers but the given ones, and looks what happens. What
// is to go wrong before is done when the leader is in office.
func underPartition(t *testing.T, r rules, n int, leader node.ID, kept []link, before ...sim.Fault) observed {
	t.Helper()
	return underPartitionOf(t, 7, r, n, leader, kept, before...)
}

func underPartitionOf(t *testing.T, seed uint64, r rules, n int, leader node.ID, kept []link, before ...sim.Fault) observed {
	t.Helper()
	settings := raft.DefaultConfig(ids(n))
	settings.PreVote, settings.CheckQuorum = r.preVote, r.checkQuorum
	network := sim.Network{Latency: sim.Uniform(time.Millisecond, 3*time.Millisecond)}
	c := newClusterOf(sim.Config{Seed: seed, Network: network}, n, settings, 2, 1<<40)
	admin := &administrator{servers: c.servers, until: -1, answers: make(map[rsm.Status]int)}
	c.world.AddClient(func(env node.Env) node.Handler { admin.env = env; return admin })
	require.NoError(t, c.world.Run(time.Second))
	c.world.At(time.Second, func() { admin.toAll(rsm.TransferLeadership{To: leader}) })
	require.NoError(t, c.world.Run(2*time.Second))
	require.Equal(t, leader, c.world.Leader())

	schedule := slices.Clone(before)
	for a := node.ID(1); int(a) <= n; a++ {
		for b := a + 1; int(b) <= n; b++ {
			if !slices.Contains(kept, link{a, b}) {
				schedule = append(schedule, sim.Partition{Span: sim.Between(calm, calm+cutOff), Side: sim.Machine(a), Other: sim.Machine(b)})
			}
		}
	}
	c.world.Inject(schedule)
	require.NoError(t, c.world.Run(calm))

	o := observed{elections: -1}
	terms := c.highestTerm()
	last := calm
	answers := 0
	c.world.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if _, ok := e.Note.(raft.BecameLeader); ok && e.Kind == sim.Noted {
			o.elections++
		}
		if reply, ok := e.Message.(rsm.Reply); ok && e.Kind == sim.Delivered && reply.Status == rsm.OK {
			o.down = max(o.down, float64(e.At-last)/float64(patience))
			last = e.At
			answers++
		}
	}))
	require.NoError(t, c.world.Run(calm+cutOff/2))
	half := answers
	require.NoError(t, c.world.Run(calm+cutOff-time.Millisecond))
	o.committed = answers - half
	o.terms = c.highestTerm() - terms
	o.down = max(o.down, float64(c.world.Now()-last)/float64(patience))

	require.NoError(t, c.world.Run(calm+cutOff+5*time.Second))
	require.Greater(t, answers, half+o.committed+100, "it does not recover when the partition ends")
	require.NoError(t, c.judge.CheckAll())
	return o
}

func (c *cluster) highestTerm() (highest raft.Term) {
	for _, id := range c.servers {
		if s, ok := c.world.Handler(id).(*raft.Server); ok {
			highest = max(highest, s.Term())
		}
	}
	return highest
}

// All links are cut but those to S1, which is not the leader.
func TestQuorumLoss(t *testing.T) {
	kept := []link{{1, 2}, {1, 3}, {1, 4}, {1, 5}}
	for _, test := range []struct {
		rules  rules
		served bool
	}{{plain, true}, {preVoteOnly, false}, {both, true}} {
		o := underPartition(t, test.rules, 5, 3, kept)
		t.Logf("%+v: %+v", test.rules, o)
		require.Equal(t, test.served, o.committed > 0, "%+v", test.rules)
	}
}

// S1 is cut from the leader, S3, and lags; then S3 is cut from all, and the others
// see only S1, which cannot win, while nobody else can be heard by a majority.
func TestConstrainedElection(t *testing.T) {
	kept := []link{{1, 2}, {1, 4}, {1, 5}}
	lag := sim.Partition{Span: sim.Between(calm-80*time.Millisecond, calm+cutOff), Side: "S1", Other: "S3"}
	for _, r := range []rules{plain, preVoteOnly, both} {
		o := underPartition(t, r, 5, 3, kept, lag)
		t.Logf("%+v: %+v", r, o)
		require.Zero(t, o.committed, "%+v", r)
	}
}

// Three servers, of which only the leader and one other do not see each other.
func TestChained(t *testing.T) {
	kept := []link{{1, 2}, {1, 3}}
	changes := 0
	for seed := range uint64(6) {
		changes += underPartitionOf(t, seed, plain, 3, 2, kept).elections
	}
	t.Logf("%+v: %d changes in 6 runs", plain, changes)
	require.Greater(t, changes, 2, "each stands against the other, until by chance S1 leads")
	o := underPartition(t, both, 3, 2, kept)
	t.Logf("%+v: %+v", both, o)
	require.Equal(t, -1, o.elections, "no change at all")
	require.Zero(t, o.terms)
	require.Less(t, o.down, 1.0)
}

// S1, S2 and S3 see each other; S4 sees only S2, and S5 only S3, which leads.
func TestTwoServersOnTheEdge(t *testing.T) {
	kept := []link{{1, 2}, {1, 3}, {2, 3}, {2, 4}, {3, 5}}
	o := underPartition(t, plain, 5, 3, kept)
	t.Logf("%+v: %+v", plain, o)
	require.Greater(t, o.elections, 5, "it never settles")
	for _, r := range []rules{preVoteOnly, both} {
		o = underPartition(t, r, 5, 3, kept)
		t.Logf("%+v: %+v", r, o)
		require.Equal(t, -1, o.elections, "%+v", r)
		require.Positive(t, o.committed, "%+v", r)
	}
}

// S1, S2 and S3 see each other; S4, which leads, sees only S2; S5 is dead.
func TestLeaderOnTheEdge(t *testing.T) {
	kept := []link{{1, 2}, {1, 3}, {2, 3}, {2, 4}}
	dead := sim.Crash{Span: sim.Between(calm, calm+cutOff), Target: "S5"}
	for _, test := range []struct {
		rules  rules
		served bool
	}{{preVoteOnly, false}, {both, true}} {
		o := underPartition(t, test.rules, 5, 4, kept, dead)
		t.Logf("%+v: %+v", test.rules, o)
		require.Equal(t, test.served, o.committed > 0, "%+v", test.rules)
	}
}

// Dissertation §9.6: a server that comes back from a partition deposes the leader,
// unless it asks first whether it could win.
func TestRejoin(t *testing.T) {
	for _, test := range []struct {
		rules     rules
		disturbed bool
	}{{plain, true}, {preVoteOnly, false}, {both, false}} {
		settings := raft.DefaultConfig(ids(3))
		settings.PreVote, settings.CheckQuorum = test.rules.preVote, test.rules.checkQuorum
		c := newClusterOf(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}}, 3, settings, 1, 1<<40)
		require.NoError(t, c.world.Run(2*time.Second))
		leader, term := c.world.Leader(), c.highestTerm()
		away := sim.Machine(leader%3 + 1)
		c.world.Inject(sim.Schedule{sim.Partition{Span: sim.Between(2*time.Second, 5*time.Second), Side: away}})
		require.NoError(t, c.world.Run(8*time.Second))
		if test.disturbed {
			require.Greater(t, c.highestTerm(), term, "%+v", test.rules)
			continue
		}
		require.Equal(t, term, c.highestTerm(), "%+v", test.rules)
		require.Equal(t, leader, c.world.Leader(), "%+v", test.rules)
	}
}
