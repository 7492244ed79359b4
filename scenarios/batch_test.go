package scenarios_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// small is a swarm whose runs are short.
func small(t *testing.T) scenarios.Scenario {
	s, err := scenarios.SwarmScenario(map[string]string{"duration": "300ms", "recovery": "3s"})
	require.NoError(t, err)
	return s
}

func quiet(*scenarios.Sweep) {}

// TestBatchGoesOn stops a batch, goes on, and compares with one that was not stopped.
func TestBatchGoesOn(t *testing.T) {
	s := small(t)
	batch := scenarios.Batch{First: 3, Count: 12}
	whole, err := scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
	require.NoError(t, err)

	batch.Results = filepath.Join(t.TempDir(), "results.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	part, err := scenarios.RunBatch(ctx, s, scenarios.Raft, batch, func(w *scenarios.Sweep) {
		if w.Seeds == 5 {
			cancel()
		}
	})
	require.NoError(t, err)
	require.Less(t, part.Seeds, 12)
	assert.Equal(t, part.Seeds+1, lines(t, batch.Results))

	// The process is killed while it writes a line.
	file, err := os.OpenFile(batch.Results, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"scenario":"swarm","seed":1`)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	runs := 0
	all, err := scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, func(*scenarios.Sweep) { runs++ })
	require.NoError(t, err)
	assert.Equal(t, whole, all)
	assert.Equal(t, 12-part.Seeds, runs, "no seed is run again")
	assert.Equal(t, 13, lines(t, batch.Results))

	again, err := scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, func(*scenarios.Sweep) { t.Error("nothing is left to run") })
	require.NoError(t, err)
	assert.Equal(t, whole, again)
}

func lines(t *testing.T, path string) int {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.Count(text, []byte("\n"))
}

func TestShards(t *testing.T) {
	s := small(t)
	var seeds int
	var messages int
	for shard := 1; shard <= 3; shard++ {
		sweep, err := scenarios.RunBatch(t.Context(), s, scenarios.Paxos, scenarios.Batch{First: 1, Count: 7, Shard: shard, Shards: 3}, quiet)
		require.NoError(t, err)
		seeds += sweep.Seeds
		messages += sweep.Messages.Sent
	}
	assert.Equal(t, 7, seeds)
	assert.Equal(t, scenarios.RunSeeds(t.Context(), s, scenarios.Paxos, 1, 7, quiet).Messages.Sent, messages)
}

// TestFailuresAreKept: what a failed seed had to say is there when the batch goes on.
func TestFailuresAreKept(t *testing.T) {
	s, err := scenarios.ByName("steady")
	require.NoError(t, err)
	s = s.WithFaults(sim.Schedule{
		sim.Crash{Span: sim.Span{Start: 1}, Target: "S1+S2+S3"},
		sim.Heal{Instant: sim.At(time.Second), Target: "S4+S5+" + sim.Clients},
	})
	batch := scenarios.Batch{First: 1, Count: 2, Results: filepath.Join(t.TempDir(), "results.jsonl")}
	first, err := scenarios.RunBatch(t.Context(), s, scenarios.Paxos, batch, quiet)
	require.NoError(t, err)
	second, err := scenarios.RunBatch(t.Context(), s, scenarios.Paxos, batch, quiet)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.Equal(t, "Liveness", second.Failures[0].Invariant)
	assert.Len(t, second.Failures[0].Faults, 2)
}

func TestResultsOfSomethingElse(t *testing.T) {
	s := small(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "results.jsonl")
	batch := scenarios.Batch{First: 1, Count: 1, Results: path}
	_, err := scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
	require.NoError(t, err)
	_, err = scenarios.RunBatch(t.Context(), s, scenarios.Paxos, batch, quiet)
	assert.ErrorContains(t, err, `protocol: the results are of "raft", not "paxos"`)
	steady, err := scenarios.ByName("steady")
	require.NoError(t, err)
	_, err = scenarios.RunBatch(t.Context(), steady, scenarios.Raft, batch, quiet)
	assert.ErrorContains(t, err, `scenario: the results are of "swarm", not "steady"`)
	other, err := scenarios.SwarmScenario(map[string]string{"duration": "400ms"})
	require.NoError(t, err)
	_, err = scenarios.RunBatch(t.Context(), other, scenarios.Raft, batch, quiet)
	assert.ErrorContains(t, err, "flags: ")

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, c := range []struct{ old, new, want string }{
		{`"version":1`, `"version":9`, "version: 9 is not supported"},
		{`"seed":1`, `"seed":"x"`, "line 2: seed: a string does not fit; want a whole number that is not negative"},
		{`{"format"`, `{"farmat"`, "not a file of results"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o644))
		_, err = scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
		assert.ErrorContains(t, err, c.want)
	}
	for _, theirs := range []string{"notes without an end", `{"format":"quorumlab sweep","version":1,"scenario":"steady"`} {
		require.NoError(t, os.WriteFile(path, []byte(theirs), 0o644))
		_, err = scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
		assert.ErrorContains(t, err, "not a file of results")
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, theirs, string(kept))
	}
	require.NoError(t, os.WriteFile(path, text[:20], 0o644)) // killed while it wrote the first line
	_, err = scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
	assert.NoError(t, err)
	batch.Results = dir
	_, err = scenarios.RunBatch(t.Context(), s, scenarios.Raft, batch, quiet)
	assert.ErrorContains(t, err, dir)
	_, err = scenarios.RunBatch(t.Context(), s, scenarios.Raft, scenarios.Batch{Count: 3, Shard: 3, Shards: 2}, quiet)
	assert.ErrorContains(t, err, "shard: 3/2")
}

// TestKilledBatch kills a process in the middle of a batch, again and again, until
// another one finishes it: no seed is lost, and none is run twice.
func TestKilledBatch(t *testing.T) {
	const count = 40
	path := filepath.Join(t.TempDir(), "results.jsonl")
	batch := scenarios.Batch{First: 1, Count: count, Results: path}
	if child := os.Getenv("QUORUMLAB_BATCH"); child != "" {
		batch.Results = child
		_, err := scenarios.RunBatch(t.Context(), small(t), scenarios.Raft, batch, func(*scenarios.Sweep) { os.Stdout.WriteString("seed\n") })
		require.NoError(t, err)
		return
	}
	if testing.Short() {
		return
	}
	for range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledBatch$")
		child.Env = append(os.Environ(), "QUORUMLAB_BATCH="+path)
		told, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		_, err = told.Read(make([]byte, len("seed\nseed\n")))
		require.NoError(t, err)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait() // it was killed
	}
	sweep, err := scenarios.RunBatch(t.Context(), small(t), scenarios.Raft, batch, quiet)
	require.NoError(t, err)
	assert.Equal(t, count, sweep.Seeds)
	assert.Equal(t, count+1, lines(t, path))
	assert.Equal(t, scenarios.RunSeeds(t.Context(), small(t), scenarios.Raft, 1, count, quiet), sweep)
}
