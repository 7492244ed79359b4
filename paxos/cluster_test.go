package paxos_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

var seeds = flag.Uint64("seeds", 0, "of tests that draw faults: so many instead of a few")

// seedsOf returns from how many seeds a test runs that draws faults.
func seedsOf(usual, short uint64) uint64 {
	switch {
	case *seeds != 0:
		return *seeds
	case testing.Short():
		return short
	}
	return usual
}

const (
	ms      = time.Millisecond
	oneWay  = ms          // of the network in tests of exact times
	seconds = time.Second // of virtual time
)

// cluster is a world with servers, clients, and a judge who looks inside after
// every event.
type cluster struct {
	*sim.World
	servers  []node.ID
	clients  []*client
	counters map[node.ID]*rsm.Counter
	judge    *paxos.Invariants
}

func newCluster(config sim.Config, n int) *cluster {
	return newClusterWith(config, n, func(*paxos.Config) {})
}

// newClusterWith makes a cluster with other settings than the default ones.
func newClusterWith(config sim.Config, n int, change func(*paxos.Config)) *cluster {
	return newClusterOf(config, n, change, func(_ node.Env, s *paxos.Server) node.Handler { return s })
}

// newClusterOf makes a cluster in which something is put around the servers.
func newClusterOf(config sim.Config, n int, change func(*paxos.Config),
	wrap func(node.Env, *paxos.Server) node.Handler) *cluster {
	c := &cluster{World: sim.New(config), counters: make(map[node.ID]*rsm.Counter), judge: paxos.NewInvariants()}
	c.Watch(func(id node.ID, h node.Handler) error {
		if s := unwrap(h); s != nil {
			return c.judge.Check(id, s)
		}
		return nil
	})
	for i := range n {
		c.servers = append(c.servers, node.ID(i+1))
	}
	for _, id := range c.servers {
		c.AddServer(func(env node.Env) node.Handler {
			c.counters[id] = rsm.NewCounter()
			settings := paxos.DefaultConfig(c.servers)
			change(&settings)
			return wrap(env, paxos.New(env, settings, c.counters[id]))
		})
	}
	return c
}

// addClient adds a client that asks from a moment on, one request after the
// other, to be served count times.
func (c *cluster) addClient(start time.Duration, count int, to node.ID) *client {
	k := &client{servers: c.servers, start: start, count: uint64(count), to: to}
	c.AddClient(func(env node.Env) node.Handler {
		k.env = env
		return k
	})
	c.clients = append(c.clients, k)
	return k
}

// server returns the server that runs on a machine, or nil.
func (c *cluster) server(id node.ID) *paxos.Server {
	return unwrap(c.Handler(id))
}

// unwrap returns the server in a handler, or nil if it is a client's.
func unwrap(h node.Handler) *paxos.Server {
	switch h := h.(type) {
	case *paxos.Server:
		return h
	case rotting:
		return h.Server
	}
	return nil
}

// marks counts the situations that runs have reached.
type marks map[node.Mark]int

func (m marks) Observe(e *sim.Event) {
	if mark, ok := e.Note.(node.Mark); ok && e.Kind == sim.Noted {
		m[mark]++
	}
}

// client adds 1 to a counter, again and again. It has one request under way and
// repeats it, elsewhere, until it is answered.
type client struct {
	env     node.Env
	servers []node.ID
	start   time.Duration
	count   uint64
	to      node.ID

	sequence  uint64
	asked     time.Duration
	latencies []time.Duration
}

func (k *client) Start() { k.env.SetTimer(0, k.start) }

// patience is how long a client waits for an answer.
const patience = 400 * ms

func (k *client) Timeout(node.Timer) {
	if k.sequence == 0 {
		k.next()
		return
	}
	k.to = k.servers[k.env.Rand().IntN(len(k.servers))]
	k.ask()
}

func (k *client) next() {
	if k.sequence++; k.sequence > k.count {
		k.env.StopTimer(0)
		return
	}
	k.asked = k.env.Now()
	k.ask()
}

func (k *client) ask() {
	k.env.Send(k.to, rsm.Request{Client: rsm.ClientID(k.env.ID()), Sequence: k.sequence, Command: rsm.Add(1)})
	k.env.SetTimer(0, patience)
}

func (k *client) Receive(from node.ID, m node.Message) {
	r := m.(rsm.Reply)
	switch {
	case r.Sequence != k.sequence:
	case r.Status == rsm.OK:
		k.latencies = append(k.latencies, k.env.Now()-k.asked)
		k.next()
	case from == k.to && r.Leader != 0 && r.Leader != from: // each refusal counts once
		k.to = r.Leader
		k.ask()
	}
}

func (k *client) Synced(node.Sync, error) {}

func constantDelay() sim.Config {
	return sim.Config{Network: sim.Network{Latency: sim.Constant(oneWay)}}
}

// A client of a steady leader waits for four one-way delays: to the leader, to
// the acceptors, and back.
func TestSteadyLeaderAnswersInFourDelays(t *testing.T) {
	for _, n := range []int{3, 4, 5, 7} {
		t.Run(fmt.Sprintf("%d servers", n), func(t *testing.T) {
			c := newCluster(constantDelay(), n)
			require.NoError(t, c.Run(seconds))
			k := c.addClient(0, 100, c.Leader())
			require.NoError(t, c.Run(2*seconds))
			require.Len(t, k.latencies, 100)
			for _, latency := range k.latencies {
				require.Equal(t, 4*oneWay, latency)
			}
		})
	}
}

// If phase 1 has to come first it takes two more.
func TestPhase1TakesTwoDelaysMore(t *testing.T) {
	for _, n := range []int{3, 4, 5, 7} {
		t.Run(fmt.Sprintf("%d servers", n), func(t *testing.T) {
			c := newCluster(constantDelay(), n)
			k := c.addClient(0, 2, 1)
			require.NoError(t, c.Run(100*ms))
			require.Equal(t, []time.Duration{6 * oneWay, 4 * oneWay}, k.latencies)
		})
	}
}

// counted counts messages by type.
type counted map[string]int

func (c counted) Observe(e *sim.Event) {
	if e.Kind == sim.Sent {
		c[fmt.Sprintf("%T", e.Message)]++
	}
}

// A command costs n-1 Accepts and as many answers; that it was chosen is told on
// the way. An idle leader costs n-1 heartbeats and their answers per interval, a busy
// one none.
func TestMessageEconomy(t *testing.T) {
	for _, n := range []int{3, 4, 5, 7} {
		t.Run(fmt.Sprintf("%d servers", n), func(t *testing.T) {
			c := newCluster(constantDelay(), n)
			require.NoError(t, c.Run(seconds))
			messages := make(counted)
			c.Observe(messages)
			k := c.addClient(0, 1000, c.Leader())
			for len(k.latencies) < 1000 {
				require.True(t, c.Step())
			}
			require.Equal(t, counted{
				"rsm.Request":    1000,
				"rsm.Reply":      1000,
				"paxos.Accept":   1000 * (n - 1),
				"paxos.Accepted": 1000 * (n - 1),
			}, messages)
			require.NoError(t, c.Run(c.Now()+100*ms))
			clear(messages)
			require.NoError(t, c.Run(c.Now()+10*seconds))
			require.Equal(t, counted{
				"paxos.Heartbeat":      200 * (n - 1),
				"paxos.HeartbeatReply": 200 * (n - 1),
			}, messages)
		})
	}
}

// With commit notices a command costs n-1 messages more, and the others know what
// was chosen one delay after the leader.
func TestEagerCommit(t *testing.T) {
	const n = 5
	c := newClusterWith(constantDelay(), n, func(s *paxos.Config) { s.EagerCommit = true })
	require.NoError(t, c.Run(seconds))
	messages := make(counted)
	c.Observe(messages)
	k := c.addClient(0, 1, c.Leader())
	require.NoError(t, c.Run(seconds+4*oneWay))
	require.Equal(t, []time.Duration{4 * oneWay}, k.latencies)
	for _, id := range c.servers {
		require.EqualValues(t, 1, c.server(id).Chosen())
	}
	require.Equal(t, n-1, messages["paxos.Decision"])
}

// The leader writes in parallel with the others (Ongaro's dissertation §10.2.1).
func TestDisksWriteInParallel(t *testing.T) {
	config := constantDelay()
	config.Disk.Sync = sim.Constant(3 * ms)
	c := newCluster(config, 3)
	require.NoError(t, c.Run(seconds))
	k := c.addClient(0, 10, c.Leader())
	require.NoError(t, c.Run(2*seconds))
	for _, latency := range k.latencies {
		require.Equal(t, 4*oneWay+3*ms, latency)
	}
}

// Many clients at once share messages and writes.
func TestBatching(t *testing.T) {
	config := constantDelay()
	c := newCluster(config, 3)
	require.NoError(t, c.Run(seconds))
	messages := make(counted)
	c.Observe(messages)
	for range 50 {
		c.addClient(0, 10, c.Leader())
	}
	require.NoError(t, c.Run(2*seconds))
	require.Equal(t, 10*2, messages["paxos.Accept"])
	require.Equal(t, 10*2, messages["paxos.Accepted"])
	require.Equal(t, 500, messages["rsm.Reply"])
}
