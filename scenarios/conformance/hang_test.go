package conformance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
)

// stuck is a server that waits for what nobody sends.
type stuck struct{ never chan int }

func (s stuck) Start()                        {}
func (s stuck) Timeout(node.Timer)            {}
func (s stuck) Synced(node.Sync, error)       {}
func (s stuck) Receive(node.ID, node.Message) { <-s.never }

// TestHandlerThatDoesNotReturn: its run is left behind, and the other parts are not tried.
func TestHandlerThatDoesNotReturn(t *testing.T) {
	never := make(chan int)
	defer close(never)
	p := scenarios.Protocol{
		Name: "stuck", Family: "Stuck",
		Server: func([]node.ID, func() rsm.StateMachine, scenarios.Settings) node.Factory {
			return func(node.Env) node.Handler { return stuck{never} }
		},
	}
	m := Parts()[1].within(20*time.Millisecond, p)
	assert.Zero(t, m.Passed)
	assert.EqualValues(t, 1, m.Seed)
	assert.Contains(t, m.Wrong, "a call of a handler took more than 20ms")
	require.True(t, m.hangs)
	r := Report{hangs: true}
	assert.Contains(t, r.grade(Parts()[2], p).Wrong, "not tried")
	assert.Len(t, r.Marks, 1)
	assert.NotContains(t, r.String(), "seed", "none was run")
}
