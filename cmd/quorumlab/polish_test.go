package main

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/scenarios/explore"
)

// TestHelp: every command says what it is for, at length and by example, and every
// flag has a word to it.
func TestHelp(t *testing.T) {
	root := newRoot(&bytes.Buffer{}, &bytes.Buffer{})
	for _, c := range append(root.Commands(), root) {
		if !c.Hidden {
			assert.NotEmpty(t, c.Example, c.Name())
			assert.NotEmpty(t, c.Long, c.Name())
		}
		for line := range strings.Lines(c.UsageString() + c.Long + c.Example) {
			assert.LessOrEqual(t, len(line), 130, "%s: %s", c.Name(), line)
		}
	}
	code, out, complaint := call("help", "run")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, complaint)
	assert.Contains(t, out, "quorumlab run leader-crash")
}

// TestComplete presses the tab key.
func TestComplete(t *testing.T) {
	for _, c := range []struct{ typed, want, not string }{
		{"run lea", "leader-crash\tThe leader crashes", "lossy"},
		{"run steady ", "", "lossy"},
		{"run steady --protocol ", "paxos\tMulti-Paxos", "steady"},
		{"run swarm --set ", "servers=", "steady"},
		{"compare steady ", "lossy", "steady"},
		{"explore synod", "synod-retry", "raft-election"},
		{"experiment ", "split-votes", "steady"},
		{"experiment raft-figure-16 --case ", "12-24", "split-votes"},
		{"bugs commit", "commit-minority", "vote-not-persisted"},
		{"list ", "facts", "steady"},
		{"check h.jsonl --model ", "total-queue", "steady"},
		{"check h.jsonl --consistency ", "sequential", "kv"},
	} {
		fields := strings.Split(c.typed, " ")
		code, out, _ := call(append([]string{cobra.ShellCompRequestCmd}, fields...)...)
		assert.Equal(t, exitOK, code)
		assert.Contains(t, out, c.want, c.typed)
		assert.NotContains(t, "\n"+out, "\n"+c.not, c.typed)
	}
	for _, shell := range []string{"bash", "fish", "zsh", "powershell"} {
		code, out, _ := call("completion", shell)
		assert.Equal(t, exitOK, code)
		assert.Contains(t, out, "quorumlab")
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := call("--version")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^quorumlab \S+.*, built with go1\.\d+`, out)

	info := &debug.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"},
		{Key: "vcs.time", Value: "2026-11-26T01:02:03Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	assert.Equal(t, "(devel), commit 0123456789ab of 2026-11-26T01:02:03Z and changes to it, built with go1.26.0", describe(info))
	assert.Equal(t, "v1.2.3, built with go1.26.0", describe(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}}))
}

// TestNoTerminal: where nobody reads along, nothing is shown and nothing is painted.
func TestNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	require.NoError(t, err)
	defer file.Close()
	progressOf(file, "work")(1, 2)
	newPace(10).show(file)(&scenarios.Sweep{Seeds: 3})
	shrinkProgress(file, scenarios.DefaultBudget)(scenarios.Shrinking{Stage: "faults"})
	working(file, "running")()
	assert.Nil(t, searchProgress(file, "synod", explore.Bounds{}))
	assert.Equal(t, "violation", paint(file, "violation"))
	size, err := file.Stat()
	require.NoError(t, err)
	assert.Zero(t, size.Size())
	assert.Equal(t, "\x1b[32mok\x1b[0m", painted("ok"))
	assert.Equal(t, "\x1b[1;31mviolation\x1b[0m", painted("violation"))
	assert.Equal(t, "\x1b[1;33munknown\x1b[0m", painted("unknown"))
}

// TestPace: protocols that mark no situations are not said to reach none.
func TestPace(t *testing.T) {
	p := newPace(10)
	p.before = 3
	assert.Equal(t, "3 of 10 seeds: 1 violations, 0 unknown", p.line(&scenarios.Sweep{Seeds: 3, Violations: 1}))
	marks := map[string]int{"split vote": 3, "split vote during crash": 2, "split vote during pause": 1}
	assert.Equal(t, "3 of 10 seeds: 0 violations, 0 unknown; 1 situations reached, 2 during faults", p.line(&scenarios.Sweep{Seeds: 3, Marks: marks}))
}

func TestSpeed(t *testing.T) {
	for _, c := range []struct {
		done, left int
		took       time.Duration
		want       string
	}{
		{0, 10, time.Second, ""},
		{10, 0, 0, ""},
		{10, 90, time.Second, ", 10 a second, 9s left"},
		{3, 3, 30 * time.Second, ", 10.0 s each, 30s left"},
		{1000, 60_000, time.Second, ", 1000 a second, 1m0s left"},
	} {
		assert.Equal(t, c.want, speed(c.done, c.left, c.took))
	}
}

func TestListJSON(t *testing.T) {
	code, out, complaint := call("list", "--json")
	require.Equal(t, exitOK, code, complaint)
	var all map[string][]listed
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	for _, k := range kinds {
		assert.NotEmpty(t, all[k.name], k.name)
		for _, thing := range all[k.name] {
			assert.NotEmpty(t, thing.Name, k.name)
			assert.NotEmpty(t, thing.Title, thing.Name)
		}
	}
	_, out, _ = call("list", "experiments")
	assert.Contains(t, out, "Ongaro")
	assert.NotContains(t, out, "leader-crash")
}
