package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// TestServices runs the swarms of the log with in-sync replicas and of MQTT.
//
//	go test ./scenarios -run 'TestServices/insync-swarm' -seed 7 -artifacts
func TestServices(t *testing.T) {
	for _, p := range []scenarios.Protocol{scenarios.InSync, scenarios.MQTT} {
		t.Run(p.Scenario, func(t *testing.T) {
			t.Parallel()
			s, err := scenarios.ByName(p.Scenario)
			require.NoError(t, err)
			require.NoError(t, scenarios.Prove(s, p, 1))
			for _, seed := range chosenSeeds(t, s) {
				testSeed(t, s, p, seed)
			}
		})
	}
}

// TestServicesReplay: a run of theirs is frozen, and run again.
func TestServicesReplay(t *testing.T) {
	for _, p := range []scenarios.Protocol{scenarios.InSync, scenarios.MQTT} {
		s, err := scenarios.ByName(p.Scenario)
		require.NoError(t, err)
		r := scenarios.Run(s, p, 3)
		require.Equal(t, linearizability.VerdictOK, r.Verdict, r.Violation)
		assert.Equal(t, r.Fingerprint, r.Freeze().Run(s, p).Fingerprint)
	}
}

// TestSuits: clients speak the language of what they are run on.
func TestSuits(t *testing.T) {
	steady, err := scenarios.ByName("steady")
	require.NoError(t, err)
	swarm, err := scenarios.ByName("insync-swarm")
	require.NoError(t, err)
	assert.NoError(t, steady.Suits(scenarios.Raft))
	assert.NoError(t, swarm.Suits(scenarios.InSync))
	assert.ErrorContains(t, steady.Suits(scenarios.MQTT), "only scenario mqtt-swarm runs")
	assert.ErrorContains(t, swarm.Suits(scenarios.Raft), "runs on insync only")
}
