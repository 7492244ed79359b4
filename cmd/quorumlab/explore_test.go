package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplore(t *testing.T) {
	code, out, errOut := call("explore", "synod", "raft-election", "--depth", "3")
	require.Equal(t, exitOK, code, errOut)
	require.Contains(t, out, "synod: ")
	require.Contains(t, out, "nothing is broken in all schedules of up to 3 steps")

	code, out, errOut = call("explore", "synod", "--walks", "5", "--depth", "50", "--json")
	require.Equal(t, exitOK, code, errOut)
	var result exploreResult
	require.NoError(t, json.Unmarshal([]byte(out), &result))
	require.Equal(t, "synod", result.Fact)
	require.Equal(t, "ok", result.Verdict)
	require.Equal(t, 5, result.Walks)
	require.Positive(t, result.Depth)
	require.Zero(t, result.Seed)
}
