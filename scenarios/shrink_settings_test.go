package scenarios

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPlainIsValid: whatever is drawn, the plainest setting of every field is one that
// the swarm takes. A field that is added later and may not be zero needs a word in
// plainest.
func TestPlainIsValid(t *testing.T) {
	for seed := range uint64(50) {
		c := DrawSwarm(seed)
		eachField(&c, func(name string, v reflect.Value) {
			if !slices.Contains(sizes, name) {
				one := DrawSwarm(seed)
				makePlain(&one, name)
				require.NoError(t, one.Validate(), "%s, seed %d", name, seed)
				makePlain(&c, name)
			}
		})
		require.NoError(t, c.Validate(), "seed %d", seed)
		assert.Zero(t, c.Loss)
		assert.Zero(t, c.Crash)
		assert.NotZero(t, c.Latency)
	}
}
