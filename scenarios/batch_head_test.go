package scenarios

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestResultsOfAnotherCommit: runs of two programs are not summed up as those of one.
func TestResultsOfAnotherCommit(t *testing.T) {
	of := func(commit string) resultsHead {
		return resultsHead{Format: resultsFormat, Version: resultsVersion, Commit: commit}
	}
	for _, c := range []struct {
		begun, goesOn string
		refused       bool
	}{{"a", "a", false}, {"", "a", false}, {"a", "", false}, {"a", "b", true}, {"a", "a and changes to it", true}} {
		line, err := json.Marshal(of(c.begun))
		require.NoError(t, err)
		err = checkHead(line, of(c.goesOn))
		assert.Equal(t, c.refused, err != nil, "%q, %q: %v", c.begun, c.goesOn, err)
	}
}
