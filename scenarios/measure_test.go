package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestMeasure: a run that is only counted is the run that is judged.
func TestMeasure(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	sent := 0
	r, err := scenarios.Measure(s, scenarios.Paxos, 3, func(w *sim.World) {
		w.Observe(sim.ObserverFunc(func(*sim.Event) { sent++ }), sim.Sent)
	})
	require.NoError(t, err)
	judged := scenarios.Run(s, scenarios.Paxos, 3)
	assert.Equal(t, judged.Fingerprint, r.Fingerprint)
	assert.Equal(t, judged.Operations, r.Operations)
	assert.Equal(t, r.Stats.MessagesSent, sent)
}
