package raft_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// A server alone is its cluster's majority, so all that its clients were told rests
// on one disk. Whenever it crashes, while whatever is being written, and whatever
// that leaves of it, sector by sector, it comes back with all that was acknowledged:
// entries, sessions, snapshots, and its term.
func TestNothingAcknowledgedIsLostInAnyCrash(t *testing.T) {
	const requests = 20
	for _, clients := range []int{1, 2} {
		for _, disk := range []sim.DiskTiming{
			{Sync: sim.Constant(3 * time.Millisecond)},
			{Sync: sim.Constant(3 * time.Millisecond), SectorSize: 48}, // no record in one sector
		} {
			t.Run(fmt.Sprintf("clients=%d/sector=%d", clients, disk.SectorSize), func(t *testing.T) {
				settings := raft.DefaultConfig(ids(1))
				settings.SnapshotEntries, settings.SnapshotKeep = 4, 1
				c := newClusterOf(sim.Config{
					Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}, Disk: disk,
				}, 1, settings, clients, requests)
				crashes := 0
				synced := true // or else began to be written
				c.world.Observe(sim.ObserverFunc(func(*sim.Event) { synced = true }), sim.Synced, sim.Delivered, sim.Expired, sim.Started)
				for len(c.clients) < clients || !c.done() {
					require.True(t, c.world.Step())
					if synced {
						synced = false
						crashes += c.crashEveryWay(t, settings)
					}
				}
				t.Log(crashes, "ways to crash")
				require.Greater(t, crashes, 100)
			})
		}
	}
}

// crashEveryWay boots the only server anew from each content with which a crash at
// this moment could leave its disk.
func (c *cluster) crashEveryWay(t *testing.T, settings raft.Config) (ways int) {
	t.Helper()
	var acknowledged int64
	for _, k := range c.clients {
		acknowledged += int64(len(k.answers))
	}
	promised := raft.Term(0) // the term of a leader that has acknowledged something
	if s, ok := c.world.Handler(1).(*raft.Server); ok && s.Role() == raft.Leader {
		promised = s.Term()
	}
	for files := range c.world.CrashStates(1) {
		ways++
		var counter rsm.Counter
		w := sim.New(sim.Config{Seed: 2, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
		id := w.AddServer(func(env node.Env) node.Handler { return raft.New(env, settings, &counter) })
		w.LoadDisk(id, files)
		var ended error
		w.Observe(sim.ObserverFunc(func(e *sim.Event) { ended = e.Err }), sim.Exited)
		require.NoError(t, w.Run(time.Second))
		require.NoError(t, ended)
		s := w.Handler(id).(*raft.Server)
		require.Equal(t, raft.Leader, s.Role(), "%v", s)
		require.False(t, s.Repairing(), "took a crash for damage")
		require.Greater(t, s.Term(), promised)
		result, err := rsm.DecodeCounterResult(counter.Read(rsm.ReadCounter()))
		require.NoError(t, err)
		require.GreaterOrEqual(t, result.Value, acknowledged, "%v", s)
		for _, k := range c.clients { // a copy of what was acknowledged is not applied again
			c.requireKnown(t, w, k)
		}
	}
	return ways
}

// requireKnown asks a server for what a client was last acknowledged.
func (c *cluster) requireKnown(t *testing.T, w *sim.World, k *client) {
	t.Helper()
	if len(k.answers) == 0 {
		return
	}
	last := k.answers[len(k.answers)-1]
	again := &retry{request: rsm.Request{Client: k.id, Sequence: k.sequence - 1, Command: rsm.Add(1)}}
	w.AddClient(func(env node.Env) node.Handler { again.env = env; return again })
	require.NoError(t, w.Run(w.Now()+10*time.Millisecond))
	if again.reply == nil {
		return // the client's next request was kept as well: this one is of the past
	}
	result, err := rsm.DecodeCounterResult(again.reply.Result)
	require.NoError(t, err)
	require.Equal(t, last, result.Value)
}

// retry is a client that asks once more.
type retry struct {
	env     node.Env
	request rsm.Request
	reply   *rsm.Reply
}

func (r *retry) Start() { r.env.Send(1, r.request) }

func (r *retry) Receive(_ node.ID, m node.Message) {
	reply := m.(rsm.Reply)
	r.reply = &reply
}

func (r *retry) Timeout(node.Timer)      {}
func (r *retry) Synced(node.Sync, error) {}
