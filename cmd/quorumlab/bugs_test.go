package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/story"
)

// TestBugs plants bugs in the real source and catches them. They are those of the stories
// that show the right rule only: the wrong one must be caught, and the right one be clean on
// the same seeds.
func TestBugs(t *testing.T) {
	if testing.Short() {
		return // it builds the program anew for each
	}
	// The themes in which chance brings soon what they need.
	soon := map[string]string{"commit-previous-term": "theme=reigns", "fsync-retry-believed": "theme=syncs"}
	for _, s := range story.All() {
		if slices.ContainsFunc(s.Acts, func(a story.Act) bool { return a.Wrong }) {
			continue
		}
		require.NotEmpty(t, s.Bugs, s.Name)
		for _, name := range s.Bugs {
			t.Run(name, func(t *testing.T) { huntBug(t, name, cmp.Or(soon[name], "theme=")) })
		}
	}
}

// huntBug plants one bug, and hunts it with a field of the swarm set.
func huntBug(t *testing.T, name, set string) {
	dir := t.TempDir()
	code, out, complaint := call("bugs", name, "--json", "--out", dir, "--set", set)
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
	assert.LessOrEqual(t, row["faults"], 5.0)
	assert.Equal(t, true, row["cleanOk"])
	require.NotEmpty(t, report.Clean)
	for _, clean := range report.Clean {
		assert.Equal(t, clean.Seeds, clean.OK)
		assert.NotZero(t, clean.Seeds)
	}

	if name == "commit-previous-term" { // one will do: it builds the program again
		code, out, complaint = call("replay", filepath.Join(dir, name+"-inside.json"))
		assert.Equal(t, exitViolation, code, complaint)
		assert.Contains(t, out, "State Machine Safety")
		assert.Contains(t, out, "replayed        as in the file")
	}
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
