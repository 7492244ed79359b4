package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/scenarios/planted"
)

// bitten waits for a watchdog to end the program, and returns what it has printed last.
func bitten(t *testing.T, judge string, l limits, before func(d *watchdog)) catch {
	t.Helper()
	var b bytes.Buffer
	exited := make(chan int)
	d := newWatchdog(&b, judge, l, func(code int) { exited <- code })
	before(d)
	require.Equal(t, exitOK, <-exited)
	found, done := lastLine(b.Bytes())
	assert.True(t, done)
	return found
}

func TestWatchdog(t *testing.T) {
	const long = time.Hour
	soon := limits{hangs: time.Millisecond, memory: 1 << 60}
	found := bitten(t, "", soon, func(*watchdog) {})
	assert.Equal(t, catch{Caught: true, Judge: scenarios.Live, Invariant: "Handlers Return", Seeds: 1, CleanOK: true,
		Violation: "a run did not end in 1ms, where all others take less than a second", Sentences: []string{}}, found)
	found = bitten(t, "outside", soon, func(*watchdog) {})
	assert.False(t, found.Caught, "the judge who has to catch it has not")

	found = bitten(t, "live", limits{hangs: long, memory: 1}, func(d *watchdog) {
		d.progress(scenarios.Hunted{Seeds: 6, CPUSeconds: 2})
		go d.look()
	})
	assert.Equal(t, "Memory Is Bounded", found.Invariant)
	assert.Equal(t, 7, found.Seeds)
	assert.Equal(t, 2.0, found.CPUSeconds)

	found = bitten(t, "inside", limits{hangs: long}, func(d *watchdog) {
		d.caught(catch{Caught: true, Judge: scenarios.Inside, Seeds: 3})
		d.hang.Reset(0)
	})
	assert.Equal(t, catch{Caught: true, Judge: scenarios.Inside, Seeds: 3}, found, "what was being made small is not lost")
}

func TestSuddenEnd(t *testing.T) {
	bug := planted.Bug{Name: "deep"}
	var b bytes.Buffer
	require.NoError(t, catch{Seeds: 8}.print(&b, false))
	b.WriteString(`{"caught":tr`) // the process ended here
	found, done := lastLine(b.Bytes())
	assert.False(t, done)
	caught, err := found.suddenEnd(bug, scenarios.Class{}, nil, "fatal error: stack overflow\n")
	require.NoError(t, err)
	assert.True(t, caught.Caught)
	assert.Equal(t, 9, caught.Seeds)
	assert.True(t, strings.HasSuffix(caught.Violation, "without a word: fatal error: stack overflow"), caught.Violation)
	assert.Empty(t, caught.where(), "nobody has seen its run")
	assert.Equal(t, ", on raft from seed 3", catch{Protocol: "raft", Seed: 3}.where())
	_, err = found.suddenEnd(bug, scenarios.Class{Judge: scenarios.Outside}, nil, "")
	assert.ErrorContains(t, err, "deep: the program with the bug in it failed: it ended itself")
}
