package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/planted"
)

// TestBugs plants a bug in the real source, catches it, and replays what is left of the run
// in a program built anew with the bug.
func TestBugs(t *testing.T) {
	if testing.Short() {
		return // it builds the program twice
	}
	const name = "commit-previous-term"
	dir := t.TempDir()
	// The theme brings soon what the outside judge needs.
	code, out, complaint := call("bugs", name, "--json", "--out", dir, "--set", "theme=reigns")
	require.Equal(t, exitOK, code, complaint)
	var report struct {
		Bugs  []map[string]any
		Clean []struct{ Seeds, OK int }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Bugs, 1)
	row := report.Bugs[0]
	for _, field := range []string{"name", "caught", "judge", "seeds", "cpuSeconds", "faults"} {
		assert.Contains(t, row, field)
	}
	assert.Equal(t, name, row["name"])
	assert.Equal(t, true, row["caught"])
	assert.Equal(t, "inside", row["judge"])
	assert.LessOrEqual(t, row["faults"], 5.0)
	assert.Equal(t, true, row["cleanOk"])
	require.NotEmpty(t, report.Clean)
	for _, clean := range report.Clean {
		assert.Equal(t, clean.Seeds, clean.OK)
		assert.NotZero(t, clean.Seeds)
	}

	code, out, complaint = call("replay", filepath.Join(dir, name+"-inside.json"))
	assert.Equal(t, exitViolation, code, complaint)
	assert.Contains(t, out, "State Machine Safety")
	assert.Contains(t, out, "replayed        as in the file")
}

// TestForeignPatches: what cannot be planted is named, and the rest is run all the
// same.
func TestForeignPatches(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	write("moved-on.patch", "--- a/raft/election.go\n+++ b/raft/election.go\n@@ -1 +1 @@\n-never was there\n+x\n")
	write("words.patch", "nothing but words")
	write("only a test.patch", "--- a/raft/log_test.go\n+++ b/raft/log_test.go\n@@ -1,1 +1,1 @@\n-package raft\n+package raft // it is\n")
	write("told.diff", "Protocol: that of the acceptors\n--- a/paxos/state_test.go\n+++ b/paxos/state_test.go\n@@ -1,1 +1,1 @@\n-package paxos\n+package paxos // it is\n")
	code, out, complaint := call("bugs", "--dir", dir, "--json")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, complaint, `told: protocol: "that" is unknown`)
	assert.Contains(t, complaint, "told: changes no Go source but tests", "it is tried all the same")
	assert.Contains(t, complaint, "words: no diff in it")
	assert.Contains(t, complaint, "moved-on: does not apply to raft/election.go")
	assert.Contains(t, out, `"name":"moved-on"`)
	assert.Contains(t, out, `only a test: changes no Go source but tests`)
	code, out, complaint = call("bugs", "vote-twice", "--list", "--json")
	assert.Equal(t, exitOK, code, complaint)
	assert.Contains(t, out, `"bugs":[{"name":"vote-twice","story":`)
}

// TestInterruptedHunt: who stops a hunt gets what it has found.
func TestInterruptedHunt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	f := &bugsFlags{seeds: 1, cpuSeconds: 1}
	chosen := []planted.Bug{{Name: "one"}, {Name: "two"}}
	report, err := f.hunt(ctx, newBugs(), t.TempDir(), chosen)
	require.EqualError(t, err, "interrupted: 0 of 2 bugs were tried")
	assert.Empty(t, report.Bugs)
}
