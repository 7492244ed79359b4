package scenarios

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReadResults: what can be read of a file of results can be summed up, and printed.
func FuzzReadResults(f *testing.F) {
	head := resultsHead{Format: resultsFormat, Version: resultsVersion, Scenario: "steady", Protocol: "raft"}
	first, err := json.Marshal(head)
	require.NoError(f, err)
	f.Add([]byte(`{"seed":1,"verdict":"ok"}` + "\n"))
	f.Add([]byte(`{"seed":2,"verdict":"violation","marks":{"a":1},"faults":{"version":1,"faults":[{"kind":"crash","start":"1s","target":"S1"}]},"config":{"servers":3}}` + "\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		done, err := readResults(slices.Concat(first, []byte("\n"), lines), head)
		if err != nil {
			return
		}
		sweep := newSweep(Scenario{Name: "steady"}, Raft, 1, len(done))
		for _, summary := range done {
			sweep.add(summary)
		}
		_, err = json.Marshal(sweep)
		require.NoError(t, err)
	})
}
