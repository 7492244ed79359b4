package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBugs plants a bug in the real source, catches it, and replays what is left of
// the run in other processes.
func TestBugs(t *testing.T) {
	if testing.Short() {
		return // it builds the program twice
	}
	dir := t.TempDir()
	code, out, complaint := call("bugs", "commit-minority", "--json", "--out", dir, "--seeds", "200")
	require.Equal(t, exitOK, code, complaint)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	bugs := report["bugs"].([]any)
	require.Len(t, bugs, 1)
	row := bugs[0].(map[string]any)
	for _, field := range []string{"name", "caught", "judge", "seeds", "cpuSeconds", "faults"} {
		assert.Contains(t, row, field)
	}
	assert.Equal(t, "commit-minority", row["name"])
	assert.Equal(t, true, row["caught"])
	assert.Equal(t, "inside", row["judge"])
	assert.LessOrEqual(t, row["faults"], 5.0)
	assert.Equal(t, true, row["cleanOk"])
	clean := report["clean"].([]any)[0].(map[string]any)
	assert.Equal(t, clean["seeds"], clean["ok"])
	assert.NotZero(t, clean["seeds"])

	file := filepath.Join(dir, "commit-minority-inside.json")
	code, out, complaint = call("replay", file)
	assert.Equal(t, exitViolation, code, complaint)
	assert.Contains(t, out, "Committed Entries Are on a Majority")
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
	code, out, complaint := call("bugs", "--dir", dir, "--json")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, complaint, "words: no diff in it")
	assert.Contains(t, complaint, "moved-on: does not apply to raft/election.go")
	assert.Contains(t, out, `"name":"moved-on"`)
	assert.Contains(t, out, `only a test: changes no Go source but tests`)
	code, out, complaint = call("bugs", "vote-twice", "--list", "--json")
	assert.Equal(t, exitOK, code, complaint)
	assert.Contains(t, out, `"bugs":[{"name":"vote-twice","story":`)
}
