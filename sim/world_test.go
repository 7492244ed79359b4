package sim

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestRunLetsTimePass(t *testing.T) {
	w := New(Config{})
	require.Zero(t, w.Now())
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, time.Second, w.Now())
	require.NoError(t, w.Run(ms))
	require.Equal(t, time.Second, w.Now(), "it does not run backwards")
}

func TestRunIncludesItsEnd(t *testing.T) {
	w := New(Config{})
	var done []time.Duration
	for _, at := range []time.Duration{2 * ms, 3*ms + 1, 3 * ms} {
		w.At(at, func() { done = append(done, w.Now()) })
	}
	require.NoError(t, w.Run(3*ms))
	require.Equal(t, []time.Duration{2 * ms, 3 * ms}, done)
	require.Equal(t, 1, w.Pending())
	w.At(3*ms, func() { done = append(done, w.Now()) }) // now is not past
	require.NoError(t, w.Run(3*ms))
	require.Len(t, done, 3)
	require.PanicsWithValue(t, "sim: At(2ms) is past: it is 3ms", func() { w.At(2*ms, func() {}) })
}

func TestStep(t *testing.T) {
	w := New(Config{})
	count := 0
	w.At(ms, func() { count++; w.At(5*ms, func() { count++ }) })
	require.True(t, w.Step())
	require.Equal(t, ms, w.Now())
	require.True(t, w.Step())
	require.Equal(t, 5*ms, w.Now())
	require.False(t, w.Step())
	require.Equal(t, 2, count)
}

func TestScriptsOfOneInstantRunInOrder(t *testing.T) {
	var order []int
	w := New(Config{})
	for i := range 5 {
		w.At(ms, func() {
			order = append(order, i)
			w.At(ms, func() { order = append(order, 10+i) })
		})
	}
	require.NoError(t, w.Run(ms))
	require.Equal(t, []int{0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, order)
}

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		config Config
		want   string
	}{
		{Config{Disk: DiskTiming{Sync: Constant(-1)}}, "disk: sync: constant(-1ns): parameters must be finite and not negative"},
		{Config{CPU: CPU{PerMessage: Uniform(2, 1)}}, "cpu: per message: uniform(2ns,1ns): the upper end lies below the lower"},
		{Config{CPU: CPU{PerByte: -1}}, "cpu: per byte: -1ns is negative"},
		{Config{Network: Network{Loss: 2}}, "network: loss: 2 is not a probability between 0 and 1"},
	}
	for _, test := range tests {
		require.EqualError(t, test.config.Validate(), test.want)
		require.PanicsWithValue(t, "sim: "+test.want, func() { New(test.config) })
	}
	require.NoError(t, Config{}.Validate())
}

// fingerprints returns the fingerprint of a run at each of ten moments.
func fingerprints(t *testing.T, seed uint64, shuffle, watched bool) (prints [10]uint64) {
	t.Helper()
	w := newGossip(seed, shuffle)
	if watched {
		observed(w)
		w.Watch(func(node.ID, node.Handler) error { return nil })
	}
	for i := range prints {
		require.NoError(t, w.Run(time.Duration(i+1)*40*ms))
		prints[i] = w.Fingerprint()
	}
	require.Greater(t, w.Events(), uint64(1000))
	return prints
}

// TestSameSeedSameRun, whatever the number of processors, and whoever looks on.
func TestSameSeedSameRun(t *testing.T) {
	for _, shuffle := range []bool{false, true} {
		first := fingerprints(t, 1, shuffle, false)
		require.Equal(t, first, fingerprints(t, 1, shuffle, false))
		require.Equal(t, first, fingerprints(t, 1, shuffle, true), "an observer has no effect on the run")
		for _, processors := range []int{1, 2} {
			before := runtime.GOMAXPROCS(processors)
			again := fingerprints(t, 1, shuffle, false)
			runtime.GOMAXPROCS(before)
			require.Equal(t, first, again, "with %d processors", processors)
		}
	}
}

func TestOtherSeedOtherRun(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(10) {
		for _, shuffle := range []bool{false, true} {
			seen[fingerprints(t, seed, shuffle, false)[0]] = true
		}
	}
	require.Len(t, seen, 20)
}

// TestFingerprintSeesEverything: runs that differ in a single respect have
// different fingerprints.
func TestFingerprintSeesEverything(t *testing.T) {
	run := func(do func(env node.Env)) uint64 {
		w := New(Config{})
		w.AddServer(idle)
		w.AddServer(idle)
		callAt(w, ms, 1, do)
		require.NoError(t, w.Run(time.Second))
		return w.Fingerprint()
	}
	runs := []func(env node.Env){
		func(env node.Env) {},
		func(env node.Env) { env.Send(1, text("a")) },
		func(env node.Env) { env.Send(2, text("a")) },
		func(env node.Env) { env.Send(2, text("aa")) },
		func(env node.Env) { env.Send(2, text("a")); env.Send(1, 5) },
		func(env node.Env) { env.Send(1, 5); env.Send(2, text("a")) },
		func(env node.Env) { env.SetTimer(0, ms) },
		func(env node.Env) { env.SetTimer(1, ms) },
		func(env node.Env) { env.SetTimer(0, 2*ms) },
		func(env node.Env) { env.Disk().Sync() },
		func(env node.Env) { env.Disk().Sync(); env.Disk().Sync() },
		func(env node.Env) { env.Note("a") },
		func(env node.Env) { env.Exit(nil) },
	}
	seen := map[uint64]bool{}
	for _, do := range runs {
		require.Equal(t, run(do), run(do))
		seen[run(do)] = true
	}
	require.Len(t, seen, len(runs))
}

// TestStatsAreWhatAnObserverCounts, and each of them shows that it can be other
// than zero.
func TestStatsAreWhatAnObserverCounts(t *testing.T) {
	for seed := range uint64(5) {
		w := newGossip(seed, seed%2 == 1)
		var counted Stats
		duplicates := 0
		w.Observe(ObserverFunc(func(e *Event) {
			switch e.Kind {
			case Sent:
				counted.MessagesSent++
				counted.BytesSent += sizeOf(e.Message)
			case Delivered:
				counted.MessagesDelivered++
				if e.Duplicate {
					duplicates++
				}
			case Dropped:
				counted.MessagesDropped++
			case Expired:
				counted.TimersExpired++
			case Synced:
				require.NoError(t, e.Err)
				counted.Syncs++
			case Started:
				counted.Boots++
			case Crashed:
				counted.Crashes++
			case Exited:
				counted.Exits++
			}
		}))
		require.NoError(t, w.Run(time.Second))
		require.Zero(t, w.Pending(), "it has come to rest")

		stats := w.Stats()
		counted.MessagesDuplicated, counted.UnsyncedBytesLost = stats.MessagesDuplicated, stats.UnsyncedBytesLost
		require.Equal(t, counted, stats)
		require.Equal(t, stats.MessagesSent+stats.MessagesDuplicated, stats.MessagesDelivered+stats.MessagesDropped,
			"no message is unaccounted for")
		require.GreaterOrEqual(t, stats.MessagesDuplicated, duplicates)
		for _, count := range []int{stats.MessagesDelivered, stats.MessagesDropped, duplicates, stats.BytesSent, stats.TimersExpired,
			stats.Syncs, stats.Crashes, stats.Exits, stats.UnsyncedBytesLost} {
			require.NotZero(t, count, "seed %d: %+v", seed, stats)
		}
	}
}

// TestDispatchDoesNotAllocate: an event that nobody observes costs no memory.
func TestDispatchDoesNotAllocate(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Uniform(ms, 2*ms), Duplication: 1e-9}, CPU: CPU{PerMessage: Constant(us)}})
	var message node.Message = text("a")
	for range 3 {
		w.AddServer(probing(func(p *probe) {
			p.start = func() { p.env.Send(p.env.ID()%3+1, message) }
			p.receive = func(node.ID, node.Message) {
				p.env.Send(p.env.ID()%3+1, message)
				p.env.SetTimer(0, 10*ms)
				p.env.SetTimer(1, 0)
			}
		}))
	}
	require.NoError(t, w.Run(time.Second)) // memory grows to what is needed
	require.Zero(t, testing.AllocsPerRun(10, func() { w.steps(1<<62, 1000) }))
}
