package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// syncTimes returns how long each of ten syncs takes.
func syncTimes(t *testing.T, timing Distribution, faults ...Fault) (took []time.Duration) {
	t.Helper()
	w := New(Config{Seed: 1, Disk: DiskTiming{Sync: timing}})
	w.AddServer(probing(func(p *probe) {
		p.synced = func(s node.Sync, err error) {
			took = append(took, p.env.Now()%time.Second)
			require.NoError(t, err)
		}
	}))
	w.Inject(faults)
	for i := range 10 {
		callAt(w, time.Duration(i+1)*time.Second, 1, func(env node.Env) { env.Disk().Sync() })
	}
	require.NoError(t, w.Run(time.Minute))
	require.Len(t, took, 10)
	return took
}

// TestSlowDisk multiplies and adds, and neither it nor another one changes what
// the disk, or the first of them, draws.
func TestSlowDisk(t *testing.T) {
	timing, extra, more := Uniform(ms, 5*ms), Exponential(7*ms), Uniform(0, 9*ms)
	during, early := Between(3500*ms, 8500*ms), Between(0, 5500*ms) // syncs 4 to 8, and 1 to 5
	sound := syncTimes(t, timing)
	double := syncTimes(t, timing, SlowDisk{Span: during, Target: "S1", Factor: 2})
	longer := syncTimes(t, timing, SlowDisk{Span: during, Target: "S1", PerSync: extra})
	other := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: more})
	both := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: more}, SlowDisk{Span: during, Target: "S1", PerSync: extra})
	require.Equal(t, sound, syncTimes(t, timing, SlowDisk{Span: during, Target: "S2", Factor: 9}))
	require.Equal(t, sound, syncTimes(t, timing, SlowDisk{Span: during, Target: "S1"}))
	distinct := map[time.Duration]bool{}
	for i := range sound {
		n := i + 1
		extraHere := longer[i] - sound[i]
		if n < 4 || n > 8 {
			require.Equal(t, sound[i], double[i])
			require.Zero(t, extraHere)
		} else {
			require.Equal(t, 2*sound[i], double[i])
			require.Positive(t, extraHere)
			distinct[extraHere] = true
		}
		require.Equal(t, sound[i]+extraHere+(other[i]-sound[i]), both[i])
	}
	require.Len(t, distinct, 5)
	another := syncTimes(t, timing, SlowDisk{Span: early, Target: "S1", PerSync: extra})
	require.NotEqual(t, longer[3:5], another[3:5], "each fault draws for itself")
}
