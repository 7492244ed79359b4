package raft_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// cluster is a simulated cluster with the judge of package raft inside, and
// clients that count.
type cluster struct {
	world   *sim.World
	judge   *raft.Invariants
	servers []node.ID
	clients []*client
	retry   time.Duration // after which a client asks another server
}

// newCluster makes n servers and the given number of clients, each of which
// makes a number of requests, one after the other.
func newCluster(config sim.Config, n, clients, requests int) *cluster {
	return newClusterOf(config, n, raft.DefaultConfig(ids(n)), clients, requests)
}

// ids returns the IDs 1 to n.
func ids(n int) []node.ID {
	all := make([]node.ID, n)
	for i := range all {
		all[i] = node.ID(i + 1)
	}
	return all
}

// newClusterOf makes n servers with the given settings.
func newClusterOf(config sim.Config, n int, settings raft.Config, clients, requests int) *cluster {
	c := &cluster{world: sim.New(config), judge: raft.NewInvariants(), servers: ids(n), retry: 500 * time.Millisecond}
	c.world.Watch(func(id node.ID, h node.Handler) error {
		if s, ok := h.(*raft.Server); ok {
			return c.judge.Check(id, s)
		}
		return nil
	})
	for range n {
		c.world.AddServer(func(env node.Env) node.Handler {
			return raft.New(env, settings, &rsm.Counter{})
		})
	}
	for i := range clients {
		c.world.AddClient(func(env node.Env) node.Handler {
			k := &client{env: env, servers: c.servers, id: rsm.ClientID(i + 1), requests: requests, retry: c.retry}
			c.clients = append(c.clients, k)
			return k
		})
	}
	return c
}

// client adds one to the counter, again and again, and keeps asking until it is
// answered.
type client struct {
	env      node.Env
	servers  []node.ID
	id       rsm.ClientID
	requests int // how many to make
	retry    time.Duration

	leader    node.ID
	sequence  uint64 // of the request under way
	asked     time.Duration
	latencies []time.Duration
	answers   []int64 // what the counter was before each addition
}

const (
	retryTimer node.Timer = iota
	firstTimer
)

func (c *client) Start() {
	c.env.SetTimer(firstTimer, time.Second) // after the first election
}

func (c *client) Timeout(t node.Timer) {
	if t == firstTimer {
		c.next()
		return
	}
	c.leader = 0
	c.ask()
}

func (c *client) Synced(node.Sync, error) {}

func (c *client) next() {
	c.sequence++
	if len(c.answers) == c.requests {
		c.env.StopTimer(retryTimer)
		return
	}
	c.asked = c.env.Now()
	c.ask()
}

func (c *client) ask() {
	if c.leader == 0 {
		c.leader = c.servers[c.env.Rand().IntN(len(c.servers))]
	}
	c.env.Send(c.leader, rsm.Request{Client: c.id, Sequence: c.sequence, Command: rsm.Add(1)})
	c.env.SetTimer(retryTimer, c.retry)
}

func (c *client) Receive(_ node.ID, m node.Message) {
	r := m.(rsm.Reply)
	switch {
	case r.Sequence != c.sequence:
	case r.Status == rsm.NotLeader:
		c.leader = r.Leader
		c.env.SetTimer(retryTimer, 20*time.Millisecond)
		if c.leader != 0 {
			c.ask()
		}
	case r.Status == rsm.OK:
		result, err := rsm.DecodeCounterResult(r.Result)
		if err != nil {
			panic(err)
		}
		c.answers = append(c.answers, result.Value)
		c.latencies = append(c.latencies, c.env.Now()-c.asked)
		c.next()
	}
}

func (c *cluster) done() bool {
	return !slices.ContainsFunc(c.clients, func(k *client) bool { return len(k.answers) < k.requests })
}

// requireEachAddedOnce checks what the counter was before each addition: every
// number must have come up once.
func (c *cluster) requireEachAddedOnce(t *testing.T, seed uint64) {
	t.Helper()
	var answers []int64
	for _, k := range c.clients {
		require.IsIncreasing(t, k.answers, "seed %d", seed)
		answers = append(answers, k.answers...)
	}
	slices.Sort(answers)
	for i, before := range answers {
		require.Equal(t, int64(i), before, "seed %d: additions lost or made twice", seed)
	}
}

// TestRoundTripIsFourDelays: with a steady leader, a constant one-way delay and a disk that
// costs nothing, a client waits for exactly four delays: to the leader, to the
// followers, and back.
func TestRoundTripIsFourDelays(t *testing.T) {
	const delay = 10 * time.Millisecond
	for _, n := range []int{3, 5, 7} {
		t.Run(fmt.Sprintf("n=%d", n), func(t *testing.T) {
			c := newCluster(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(delay)}}, n, 1, 50)
			require.NoError(t, c.world.Run(10*time.Second))
			require.True(t, c.done())
			for i, latency := range c.clients[0].latencies[1:] { // the first asks where the leader is
				require.Equal(t, 4*delay, latency, "request %d", i+2)
			}
		})
	}
}

// TestMessagesPerCommand: a command costs one AppendEntries to each other server and
// one reply from it, and a notice to each if there are to be any; an idle cluster
// has heartbeats and their answers. There is nothing else, and no heartbeat while
// there are commands.
func TestMessagesPerCommand(t *testing.T) {
	const requests = 100
	for _, n := range []int{3, 5} {
		for _, eager := range []bool{false, true} {
			t.Run(fmt.Sprintf("n=%d/eager=%t", n, eager), func(t *testing.T) {
				settings := raft.DefaultConfig(ids(n))
				settings.EagerCommit = eager
				c := newClusterOf(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}}, n, settings, 1, requests)
				counts := make(map[string]int)
				c.world.Observe(sim.ObserverFunc(func(e *sim.Event) {
					counts[fmt.Sprintf("%T", e.Message)]++
				}), sim.Sent)
				require.NoError(t, c.world.Run(time.Second))
				stepUntil := func(done func() bool) {
					for !done() {
						require.True(t, c.world.Step())
						require.Less(t, c.world.Now(), 10*time.Second)
					}
				}
				stepUntil(func() bool { return len(c.clients[0].answers) > 0 })
				clear(counts)
				stepUntil(c.done)
				want := map[string]int{
					"raft.AppendEntries":      (n - 1) * (requests - 1),
					"raft.AppendEntriesReply": (n - 1) * (requests - 1),
					"rsm.Request":             requests - 2, // the first of these is already under way
					"rsm.Reply":               requests - 1,
				}
				if eager {
					want["raft.Committed"] = (n - 1) * (requests - 1)
				}
				require.Equal(t, want, counts)

				require.NoError(t, c.world.Run(c.world.Now()+100*time.Millisecond))
				clear(counts)
				require.NoError(t, c.world.Run(c.world.Now()+time.Second))
				require.Equal(t, map[string]int{
					"raft.AppendEntries":      (n - 1) * 20,
					"raft.AppendEntriesReply": (n - 1) * 20,
				}, counts)
			})
		}
	}
}

// Besides what goes to and from the client, a read costs a round of messages if it
// takes the way through the log or a majority is asked, and nothing on a lease.
func TestMessagesPerRead(t *testing.T) {
	const n, reads = 3, 50
	for _, test := range []struct {
		mode   raft.ReadMode
		rounds int
	}{{raft.ReadLog, reads}, {raft.ReadIndex, reads}, {raft.ReadLease, 0}} {
		settings := raft.DefaultConfig(ids(n))
		settings.Reads = test.mode
		settings.ElectionTimeoutMin, settings.ElectionTimeoutMax = time.Minute, 2*time.Minute // heartbeats stay out of the way
		settings.HeartbeatInterval = 10 * time.Second
		c := newClusterOf(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}}, n, settings, 0, 0)
		for c.world.Leader() == 0 {
			require.True(t, c.world.Step())
		}
		require.NoError(t, c.world.Run(c.world.Now()+11*time.Second)) // beyond a heartbeat, which begins a lease
		leader := c.world.Leader()
		var k *asker
		c.world.AddClient(func(env node.Env) node.Handler {
			k = &asker{env: env, leader: leader, reads: reads}
			return k
		})
		before := c.world.Stats().MessagesSent
		require.NoError(t, c.world.Run(c.world.Now()+time.Second))
		require.Equal(t, reads, k.answered)
		require.Equal(t, 2*reads+2*(n-1)*test.rounds, c.world.Stats().MessagesSent-before)
	}
}

// asker reads again and again.
type asker struct {
	env             node.Env
	leader          node.ID
	reads, answered int
}

func (k *asker) Start() {
	k.env.Send(k.leader, rsm.Request{Client: 1, Sequence: uint64(k.answered + 1), Command: rsm.ReadCounter(), ReadOnly: true})
}

func (k *asker) Receive(_ node.ID, m node.Message) {
	if m.(rsm.Reply).Status != rsm.OK {
		panic("refused")
	}
	if k.answered++; k.answered < k.reads {
		k.Start()
	}
}

func (k *asker) Timeout(node.Timer)      {}
func (k *asker) Synced(node.Sync, error) {}

// TestLeaderWritesInParallel (dissertation §10.2.1): a leader that writes in
// parallel with its followers pays for a slow disk once, and one that writes before
// them pays twice.
func TestLeaderWritesInParallel(t *testing.T) {
	const delay, write = 10 * time.Millisecond, 7 * time.Millisecond
	for _, parallel := range []bool{true, false} {
		settings := raft.DefaultConfig(ids(3))
		settings.ParallelWrite = parallel
		c := newClusterOf(sim.Config{
			Seed:    1,
			Network: sim.Network{Latency: sim.Constant(delay)},
			Disk:    sim.DiskTiming{Sync: sim.Constant(write)},
		}, 3, settings, 1, 20)
		require.NoError(t, c.world.Run(10*time.Second))
		require.True(t, c.done())
		want := 4*delay + 2*write
		if parallel {
			want = 4*delay + write
		}
		for _, latency := range c.clients[0].latencies[1:] {
			require.Equal(t, want, latency)
		}
	}
}

// BenchmarkCommit measures the CPU time and allocations of one committed command
// in a simulated cluster, simulator and clients included.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{3, 5} {
		for _, outstanding := range []int{1, 16} {
			for _, judged := range []bool{false, true} {
				b.Run(fmt.Sprintf("servers=%d/outstanding=%d/judged=%t", n, outstanding, judged), func(b *testing.B) {
					config := sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}}
					c := newCluster(config, n, outstanding, 1<<60)
					if !judged {
						c.world.Watch(nil)
					}
					require.NoError(b, c.world.Run(2*time.Second))
					answered := func() (sum int) {
						for _, k := range c.clients {
							sum += len(k.answers)
						}
						return sum
					}
					b.ReportAllocs()
					b.ResetTimer()
					for goal := answered() + b.N; answered() < goal; {
						c.world.Step()
					}
				})
			}
		}
	}
}
