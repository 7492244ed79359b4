package etcdraft_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/etcdraft"
	"quorumlab/scenarios"
)

// TestReproducible: two runs from one seed, side by side, do not part, although
// etcd's raft draws its election timeouts from crypto/rand. Another seed is another
// run.
func TestReproducible(t *testing.T) {
	for _, name := range []string{"leader-crash", "swarm"} {
		s, err := scenarios.ByName(name)
		require.NoError(t, err)
		require.NoError(t, scenarios.Prove(s, etcdraft.Protocol(), 7))
	}
	s, err := scenarios.ByName("leader-crash")
	require.NoError(t, err)
	assert.NotEqual(t, scenarios.Run(s, etcdraft.Protocol(), 7).Fingerprint, scenarios.Run(s, etcdraft.Protocol(), 8).Fingerprint)
}

// TestRandomnessIsGivenBack: after a run crypto/rand is what it was.
func TestRandomnessIsGivenBack(t *testing.T) {
	before := rand.Reader
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	scenarios.Run(s, etcdraft.Protocol(), 1)
	assert.Equal(t, before, rand.Reader)
}

// TestNobodyChangesWhatWasSent: etcd's raft leaves messages alone that were sent or
// received, although nothing is copied on the way.
func TestNobodyChangesWhatWasSent(t *testing.T) {
	s, err := scenarios.ByName("lossy")
	require.NoError(t, err)
	s.World.Strict = true
	s.Duration = 4 * time.Second
	r := scenarios.Run(s, etcdraft.Protocol(), 2)
	assert.NotContains(t, r.Violation, "Message Unchanged After Send")
	assert.NotZero(t, r.Stats.MessagesDuplicated)
}
