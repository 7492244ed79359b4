package scenarios

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
)

// complaints are what a test was told.
type complaints []string

func (*complaints) Helper()        {}
func (*complaints) Cleanup(func()) {}
func (c *complaints) Errorf(format string, arguments ...any) {
	*c = append(*c, fmt.Sprintf(format, arguments...))
}
func (c *complaints) Fatalf(format string, arguments ...any) { c.Errorf(format, arguments...) }

// TestScriptDoesNotPassUnjudged: what no judge could decide does not pass.
func TestScriptDoesNotPassUnjudged(t *testing.T) {
	for verdict, want := range map[linearizability.Verdict]int{linearizability.VerdictOK: 0, linearizability.VerdictUnknown: 1} {
		var told complaints
		NewScript(&told, Raft, 1).report(&Result{Verdict: verdict})
		assert.Len(t, told, want, "%v: %v", verdict, told)
	}
}

// TestScriptHangs: a handler that does not return ends the test, which says where it is.
func TestScriptHangs(t *testing.T) {
	never := make(chan int)
	defer close(never)
	var told complaints
	s := NewScript(&told, Protocol{Name: "stuck", Server: func([]node.ID, func() rsm.StateMachine, Settings) node.Factory {
		return func(env node.Env) node.Handler {
			return &unruly{env: env, misdeed: func(*unruly, node.ID, rsm.Request) { <-never }}
		}
	}}, 1)
	s.limits.call = 20 * time.Millisecond
	s.Wait(time.Second)
	assert.Empty(t, told)
	s.TryPut("k", "v")
	s.Wait(time.Second)
	s.judge()
	require.Len(t, told, 1)
	assert.Contains(t, told[0], "a call of a handler took more than 20ms of real time: chan receive")
	assert.Contains(t, told[0], "TestScriptHangs")
}
