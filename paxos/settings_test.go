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

// What the settings that make Paxos quick buy, with a disk that takes 3 ms: commands of
// ten clients who all ask at once, in delays and messages.
func TestWhatSettingsBuy(t *testing.T) {
	const write = 3 * ms
	for name, test := range map[string]struct {
		change  func(*paxos.Config)
		latency time.Duration // of the last to be answered
		accepts int
	}{
		"all":                     {func(*paxos.Config) {}, 4*oneWay + write, 2},
		"nothing":                 {func(s *paxos.Config) { s.Batching, s.Pipelining, s.ParallelWrite = false, false, false }, 10*(2*oneWay+2*write) + 2*oneWay, 20},
		"the leader writes first": {func(s *paxos.Config) { s.ParallelWrite = false }, 4*oneWay + 2*write, 2},
		"each by itself":          {func(s *paxos.Config) { s.Batching = false }, 4*oneWay + 2*write, 20},
		"one at a time":           {func(s *paxos.Config) { s.Batching, s.Pipelining = false, false }, 10*(2*oneWay+write) + 2*oneWay, 20},
		"no pipelining":           {func(s *paxos.Config) { s.Pipelining = false }, 4*oneWay + write, 2},
	} {
		t.Run(name, func(t *testing.T) {
			config := constantDelay()
			config.Disk.Sync = sim.Constant(write)
			c := newClusterWith(config, 3, test.change)
			require.NoError(t, c.Run(seconds))
			messages := make(counted)
			c.Observe(messages)
			for range 10 {
				c.addClient(0, 1, c.Leader())
			}
			require.NoError(t, c.Run(2*seconds))
			var last time.Duration
			for _, k := range c.clients {
				require.Len(t, k.latencies, 1)
				last = max(last, k.latencies[0])
			}
			require.Equal(t, test.latency, last)
			require.Equal(t, test.accepts, messages["paxos.Accept"])
			require.NoError(t, c.judge.CheckAll())
		})
	}
}

// A server that does not answer is spared what it would have to learn otherwise anyway,
// and comes back when it can.
func TestFlowControl(t *testing.T) {
	c := newClusterWith(constantDelay(), 3, func(s *paxos.Config) { s.Window, s.MaxInFlightSlots = 5, 20 })
	c.addClient(0, 1, 1)
	require.NoError(t, c.Run(seconds))
	to3 := 0
	c.Observe(observer(func(e *sim.Event) {
		if m, ok := e.Message.(paxos.Accept); ok && e.Kind == sim.Sent && e.Peer == 3 {
			to3 += len(m.Requests)
		}
	}))
	k := c.addClient(0, 1<<30, 1)
	c.Inject(sim.Schedule{sim.Crash{Span: sim.Between(seconds, 2*seconds), Target: sim.Machine(3)}})
	require.NoError(t, c.Run(2*seconds))
	require.Greater(t, len(k.latencies), 200)
	require.Equal(t, 20, to3)
	require.NoError(t, c.Run(3*seconds))
	to3 = 0
	before := len(k.latencies)
	require.NoError(t, c.Run(4*seconds))
	require.InDelta(t, len(k.latencies)-before, to3, 1)
	require.InDelta(t, float64(c.server(1).Chosen()), float64(c.server(3).Chosen()), 2)
}

type observer func(e *sim.Event)

func (o observer) Observe(e *sim.Event) { o(e) }

// New servers learn what was chosen before they are members. If one cannot, nothing
// has happened.
func TestNewServersLearnFirst(t *testing.T) {
	config := constantDelay()
	c := newGrowingCluster(config, 5, func(s *paxos.Config) { s.SnapshotSlots, s.SnapshotKeep = 100, 0 })
	c.addClient(0, 1<<30, 1)
	require.NoError(t, c.Run(3*seconds))
	c.Inject(sim.Schedule{sim.Crash{Span: sim.Between(3*seconds, 20*seconds), Target: sim.Machine(5)}})
	var knew paxos.Slot
	c.Observe(observer(func(e *sim.Event) {
		if m, ok := e.Message.(paxos.Accept); ok && e.Kind == sim.Sent && knew == 0 && m.Requests[0].Client == 0 {
			knew = c.server(4).Chosen()
		}
	}))
	a := c.addAdministrator(
		order{0, change(1, 1, 2, 3, 4)},
		order{5 * seconds, change(2, 1, 2, 3, 4, 5)},
	)
	require.NoError(t, c.Run(4*seconds))
	require.Equal(t, 1, a.done)
	require.Greater(t, knew, paxos.Slot(700))
	require.Equal(t, []node.ID{1, 2, 3, 4}, c.members(1))
	require.NoError(t, c.Run(12*seconds))
	require.Equal(t, []string{"paxos: the new servers do not learn"}, a.refusals)
	require.Equal(t, []node.ID{1, 2, 3, 4}, c.members(1))
}

// A command that is too long is refused, and says why.
func TestALongCommandIsRefused(t *testing.T) {
	c := newClusterWith(constantDelay(), 3, func(s *paxos.Config) { s.MaxCommandBytes = 10 })
	var reply rsm.Reply
	c.AddClient(func(env node.Env) node.Handler {
		return &onceAsker{env: env, m: rsm.Request{Client: 7, Sequence: 1, Command: make([]byte, 11)}, reply: &reply}
	})
	require.NoError(t, c.Run(seconds))
	require.Equal(t, rsm.Refused, reply.Status)
	require.Equal(t, "a command may have 10 bytes: this one has 11", string(reply.Result))
}

// onceAsker sends a message to server 1 and keeps the answer.
type onceAsker struct {
	env   node.Env
	m     node.Message
	reply *rsm.Reply
}

func (a *onceAsker) Start()                            { a.env.Send(1, a.m) }
func (a *onceAsker) Receive(_ node.ID, m node.Message) { *a.reply = m.(rsm.Reply) }
func (a *onceAsker) Timeout(node.Timer)                {}
func (a *onceAsker) Synced(node.Sync, error)           {}
