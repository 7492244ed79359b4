package scenarios_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestTest puts package raft under the swarm as a user does with an implementation
// of their own.
func TestTest(t *testing.T) {
	scenarios.Test(t, scenarios.Scenario{
		Servers: 3,
		Server: func(env node.Env) node.Handler {
			return raft.New(env, raft.DefaultConfig([]node.ID{1, 2, 3}), rsm.NewKeyValue())
		},
		Seeds: 20,
	})
}

// TestTestWithAll uses what else there is: several protocols, faults of a nemesis, a
// workload, a duration.
func TestTestWithAll(t *testing.T) {
	scenarios.Test(t, scenarios.Scenario{
		Name:      "pauses",
		Protocols: scenarios.Protocols(),
		Servers:   5,
		Workload:  scenarios.CounterWorkload(),
		Faults: scenarios.Repeat("pause", scenarios.Often{Every: 500 * time.Millisecond, For: 100 * time.Millisecond}, 0,
			func(_ *rand.Rand, span sim.Span) sim.Fault { return sim.Pause{Span: span, Target: sim.Leader} }).Faults(2 * time.Second),
		Duration: 6 * time.Second,
		Seeds:    1,
		Bites: func(r *scenarios.Result) error {
			assert.Equal(t, linearizability.VerdictOK, r.Verdict)
			assert.Equal(t, "counter", r.Scenario.Workload.Name)
			assert.NotEmpty(t, r.Faults)
			return nil
		},
	})
}

// TestOwnWorkload: a workload of one's own in the swarm is that of the frozen run too.
func TestOwnWorkload(t *testing.T) {
	var frozen []scenarios.Replay
	s := scenarios.Scenario{
		Protocols: []scenarios.Protocol{scenarios.Paxos},
		Workload:  scenarios.CounterWorkload(),
		Set:       map[string]string{"duration": "1s"},
		Seeds:     1,
		Bites: func(r *scenarios.Result) error {
			frozen = append(frozen, r.Freeze())
			again := r.Freeze().Run(r.Scenario, scenarios.Paxos)
			assert.Equal(t, r.Fingerprint, again.Fingerprint)
			assert.Equal(t, "counter", again.Scenario.Workload.Name)
			return nil
		},
	}
	t.Cleanup(func() { assert.Len(t, frozen, 1) })
	scenarios.Test(t, s)
}

// TestSpaceTime draws a few events.
func TestSpaceTime(t *testing.T) {
	drawn := scenarios.SpaceTime([]sim.Event{
		{At: time.Second, Kind: sim.Sent, Machine: 1, Peer: 2, Message: rsm.Request{}},
		{At: 1001 * time.Millisecond, Kind: sim.Delivered, Machine: 2, Peer: 1, Message: rsm.Request{}},
		{At: 1002 * time.Millisecond, Kind: sim.FaultBegan, Note: sim.Crash{Span: sim.Between(1002*time.Millisecond, 2*time.Second), Target: "S1"}},
		{At: 1002 * time.Millisecond, Kind: sim.Crashed, Machine: 1},
		{At: 1003 * time.Millisecond, Kind: sim.Dropped, Machine: 2, Peer: 1, Message: rsm.Reply{}, Reason: sim.MachineDown},
	})
	assert.Equal(t, `              S1            S2
   1.000000s  → S2 Request
   1.001000s                ← S1 Request
   1.002000s                                         begins: S1 down
   1.002000s  crashes
   1.003000s                ✗ S1 Reply machine down
`, drawn)
}
