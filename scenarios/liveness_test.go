package scenarios_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// refuser is a server that carries nothing out, and says so.
type refuser struct{ env node.Env }

func (refuser) Start()                  {}
func (refuser) Timeout(node.Timer)      {}
func (refuser) Synced(node.Sync, error) {}

func (s refuser) Receive(from node.ID, m node.Message) {
	if r, ok := m.(rsm.Request); ok {
		s.env.Send(from, rsm.Reply{Client: r.Client, Sequence: r.Sequence, Status: rsm.Refused})
	}
}

// TestWhoRefusesAllDoesNotServe: an answer is no service yet.
func TestWhoRefusesAllDoesNotServe(t *testing.T) {
	steady, err := scenarios.ByName("steady")
	require.NoError(t, err)
	p := scenarios.Protocol{Name: "refuser", Server: func([]node.ID, func() rsm.StateMachine, scenarios.Settings) node.Factory {
		return func(env node.Env) node.Handler { return refuser{env} }
	}}
	r := scenarios.Run(steady, p, 1)
	assert.Equal(t, scenarios.Class{Judge: scenarios.Live, Invariant: "Liveness"}, r.Failure)
	assert.Contains(t, r.Violation, "were refused")
}

// TestNobodyIsDueWhoIsNeverHealed: of a fault that never ends nobody knows how long the service
// may be away, and so nothing is proved.
func TestNobodyIsDueWhoIsNeverHealed(t *testing.T) {
	for _, p := range []scenarios.Protocol{scenarios.InSync, scenarios.MQTT} {
		s, err := scenarios.ByName(p.Scenario)
		require.NoError(t, err)
		s = s.WithFaults(sim.Schedule{sim.Partition{Span: sim.Between(500*time.Millisecond, 0), Side: sim.All, Other: sim.Clients}})
		r := scenarios.Run(s, p, 0)
		assert.Equal(t, linearizability.VerdictUnknown, r.Verdict, "%s: %s", p.Name, r.Violation)
	}
}
