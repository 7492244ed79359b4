package scenarios_test

import (
	"context"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/naive"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// primaryBackup is an implementation that does not survive much.
var primaryBackup = scenarios.Protocol{
	Name: "naive",
	Server: func(servers []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
		return func(env node.Env) node.Handler { return naive.New(env, servers, machine()) }
	},
}

// manyFaults is a run of 300 faults that fails.
func manyFaults(t *testing.T, p scenarios.Protocol) (scenarios.Scenario, scenarios.Replay) {
	s, err := scenarios.SwarmScenario(map[string]string{
		"duration": "8s", "crash": "200ms/100ms", "partition": "100ms/50ms", "pause": "100ms/50ms",
		"disturbance": "100ms/50ms", "servers": "5", "clients": "3", "think": "20ms", "openRate": "0",
	})
	require.NoError(t, err)
	h := scenarios.Hunt(t.Context(), s, []scenarios.Protocol{p}, 1, scenarios.Budget{Runs: 100}, func(c scenarios.Class) bool { return true })
	require.NotNil(t, h.Caught)
	f := h.Caught.Freeze()
	require.Greater(t, len(f.Schedule), 250)
	return s, f
}

func TestShrink(t *testing.T) {
	p := primaryBackup
	s, f := manyFaults(t, p)
	stages := map[string]bool{}
	small, done, err := scenarios.Shrink(t.Context(), f, s, p, scenarios.Budget{Runs: 1500}, func(s scenarios.Shrinking) { stages[s.Stage] = true })
	require.NoError(t, err)
	assert.Equal(t, f.Failure, small.Failure)
	assert.LessOrEqual(t, len(small.Schedule), 5)
	assert.LessOrEqual(t, small.Servers, f.Servers)
	assert.LessOrEqual(t, done.Runs, 1500+runtime.GOMAXPROCS(0))
	assert.True(t, stages["faults"])
	t.Logf("%d of %d faults, %d servers, %d clients, %d operations, %d runs, %.1f s of CPU\n%v",
		len(small.Schedule), len(f.Schedule), small.Servers, done.Clients, done.Operations, done.Runs, done.CPUSeconds, small.Schedule)

	r := small.Run(s, p)
	assert.Equal(t, small.Failure, r.Failure)
	assert.Equal(t, small.Fingerprint, r.Summary().Fingerprint)
}

// TestShrinkDoesNotDependOnCores compares what one core finds with what several do.
func TestShrinkDoesNotDependOnCores(t *testing.T) {
	p := primaryBackup
	s, f := manyFaults(t, p)
	shrunk := func(cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		small, _, err := scenarios.Shrink(t.Context(), f, s, p, scenarios.Budget{Runs: 30}, func(scenarios.Shrinking) {})
		require.NoError(t, err)
		text, err := json.Marshal(small)
		require.NoError(t, err)
		return string(text)
	}
	assert.JSONEq(t, shrunk(1), shrunk(3))
}

func TestShrinkRefuses(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	f := scenarios.Run(s, scenarios.Raft, 1).Freeze()
	_, _, err = scenarios.Shrink(t.Context(), f, s, scenarios.Raft, scenarios.Budget{}, func(scenarios.Shrinking) {})
	assert.ErrorContains(t, err, "does not fail")

	f.Schedule = sim.Schedule{
		sim.Crash{Span: sim.Span{Start: 1}, Target: "S1+S2+S3"},
		sim.Heal{Instant: sim.At(time.Second), Target: "S4+S5+" + sim.Clients},
	}
	f.Duration = 5 * time.Second
	f.Failure = scenarios.Class{Judge: scenarios.Inside, Invariant: "Log Matching"}
	_, _, err = scenarios.Shrink(t.Context(), f, s, scenarios.Raft, scenarios.Budget{}, func(scenarios.Shrinking) {})
	assert.ErrorContains(t, err, "fails as live: Liveness, not as inside: Log Matching")

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	f.Failure = scenarios.Class{}
	small, done, err := scenarios.Shrink(cancelled, f, s, scenarios.Raft, scenarios.Budget{}, func(scenarios.Shrinking) {})
	require.NoError(t, err)
	assert.Equal(t, f.Schedule, small.Schedule)
	assert.Zero(t, done.Runs)
}
