package wal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/sim"
)

// journalist keeps a log on a simulated disk. It does one step of its script each
// millisecond and promises a record once the log says that it is durable.
type journalist struct {
	env      node.Env
	script   string
	log      *wal.Log
	found    []string // by Open
	records  []string // in the log now
	promised int      // so many of them are durable, by the log's account
	err      error
}

func (j *journalist) Start() {
	var payloads [][]byte
	if j.log, payloads, j.err = wal.Open(j.env, "log"); j.err != nil {
		return
	}
	for _, p := range payloads {
		j.found = append(j.found, string(p))
	}
	j.records = slices.Clone(j.found)
	j.promised = int(j.log.Durable())
	j.env.SetTimer(0, time.Millisecond)
}

func (j *journalist) Receive(node.ID, node.Message) {}

func (j *journalist) Timeout(node.Timer) {
	if j.script == "" || j.err != nil {
		return
	}
	step := j.script[0]
	j.script = j.script[1:]
	switch step {
	case 'a', 'A': // append, a short record or a long one
		record := fmt.Sprint(len(j.records), strings.Repeat(string(step), 1+int('a'-step)/2))
		j.err = j.log.Append([]byte(record))
		j.records = append(j.records, record)
	case 'f':
		j.log.Flush()
	case '.': // wait: a sync takes a moment longer than a step
	}
	j.env.SetTimer(0, time.Millisecond)
}

func (j *journalist) Synced(s node.Sync, err error) {
	j.err = j.log.Synced(s, err)
	j.promised = max(j.promised, int(j.log.Durable()))
}

// newJournalist makes a world with a journalist whose machine boots from files.
func newJournalist(script string, files map[string][]byte) *sim.World {
	const sectorSize = 16 // a frame reaches over two or three
	w := sim.New(sim.Config{Disk: sim.DiskTiming{Sync: sim.Constant(1500 * time.Microsecond), SectorSize: sectorSize}})
	w.AddServer(func(env node.Env) node.Handler { return &journalist{env: env, script: script} })
	w.LoadDisk(1, files)
	return w
}

// crashCount counts crash states: all, those that lost a record, and those that
// kept one that was not promised yet.
type crashCount struct{ states, lossy, lucky int }

// crashEverywhere runs a script and, after each event, boots a machine from every
// state in which a crash at that moment may leave the disk. No record may be lost
// that was promised, here or before, and none invented. It goes on with each
// script of the rest from each of the states.
func crashEverywhere(t *testing.T, script string, files map[string][]byte, durable []string, rest []string, count *crashCount) {
	w := newJournalist(script, files)
	for step := true; step; step = w.Step() {
		j, ok := w.Handler(1).(*journalist)
		if !ok { // it has not booted yet
			continue
		}
		require.NoError(t, j.err)
		promised := durable
		if j.promised > len(promised) {
			promised = j.records[:j.promised]
		}
		for state := range w.CrashStates(1) {
			next := newJournalist("", state)
			require.NoError(t, next.Run(0))
			found := next.Handler(1).(*journalist)
			require.NoError(t, found.err, script)
			requirePrefix(t, promised, found.found, "a promised record is lost")
			requirePrefix(t, found.found, j.records, "a record was invented")
			count.states++
			if len(found.found) < len(j.records) {
				count.lossy++
			}
			if len(found.found) > len(promised) {
				count.lucky++
			}
			if len(rest) > 0 {
				crashEverywhere(t, rest[0], state, promised, rest[1:], count)
			}
		}
	}
}

func requirePrefix(t *testing.T, short, long []string, message string) {
	t.Helper()
	if len(short) > len(long) || !slices.Equal(short, long[:len(short)]) {
		require.Fail(t, message, "%q is not a prefix of %q", short, long)
	}
}

// TestEveryCrashStateOfTheSimulatedDisk: after each event of small logs, whatever
// a crash may leave has all that was reported durable, and torn tails are dropped.
func TestEveryCrashStateOfTheSimulatedDisk(t *testing.T) {
	var count crashCount
	scripts := []string{""}
	steps := 4
	if testing.Short() {
		steps = 3
	}
	for range steps {
		var longer []string
		for _, script := range scripts {
			for _, step := range "aAf." {
				longer = append(longer, script+string(step))
			}
		}
		scripts = longer
	}
	if !testing.Short() {
		scripts = append(scripts, "af..af..", "aaf..aaf..", "afa.aaf..A")
	}
	for _, script := range scripts {
		crashEverywhere(t, script, nil, nil, nil, &count)
	}
	require.Greater(t, count.states, 500)
	require.Greater(t, count.lossy, 50, "the crashes did not bite")
	require.Greater(t, count.lucky, 50, "what was not promised never survived")
}

// TestEveryCrashStateAfterACrash does it twice: the second log is opened over what
// the first crash left.
func TestEveryCrashStateAfterACrash(t *testing.T) {
	var count crashCount
	for _, first := range []string{"af..a", "aaf..", "af.af"} {
		for _, second := range []string{"f..a", "af...", "Af.."} {
			crashEverywhere(t, first, nil, nil, []string{second}, &count)
		}
	}
	require.Greater(t, count.states, 5000)
	require.Greater(t, count.lossy, 2000)
}

// TestRecoveryAfterAFailedSync: a log dies of a failed sync, and what the next one
// reads from the operating system's cache is not durable until it has written it
// anew.
func TestRecoveryAfterAFailedSync(t *testing.T) {
	w := newJournalist("af..af..", nil)
	w.Inject(sim.Schedule{sim.FailedSync{Span: sim.Between(4*time.Millisecond, 10*time.Millisecond), Target: "S1"}})
	require.NoError(t, w.Run(9*time.Millisecond))
	j := w.Handler(1).(*journalist)
	require.ErrorIs(t, j.err, node.ErrIO)
	require.Equal(t, 1, j.promised)
	require.Equal(t, 1, w.Stats().DiskErrors)
	recovered := func(w *sim.World) (shortest int) {
		shortest = 99
		for state := range w.CrashStates(1) {
			next := newJournalist("", state)
			require.NoError(t, next.Run(0))
			shortest = min(shortest, len(next.Handler(1).(*journalist).found))
		}
		return shortest
	}
	require.Equal(t, 1, recovered(w), "the second record never reached the disk")

	// The process dies of it, the machine goes on, and so does the next process.
	w.At(11*time.Millisecond, func() { w.Handler(1).(*journalist).env.Exit(node.ErrIO) })
	w.At(12*time.Millisecond, func() { w.Restart(1) })
	require.NoError(t, w.Run(13*time.Millisecond))
	next := w.Handler(1).(*journalist)
	require.Len(t, next.found, 2, "the cache has both")
	require.Equal(t, 1, recovered(w), "the disk has not")
	require.Equal(t, 1, next.promised, "what the log itself says is durable, and no more")
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, 4, recovered(w), "and two more were appended")
}
