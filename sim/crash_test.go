package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// crashes returns which machines crashed, and when.
func crashes(trace *recording) []string {
	var found []string
	for _, e := range trace.of(Crashed) {
		found = append(found, fmt.Sprint(Name(e.Machine), " at ", e.At))
	}
	return found
}

// ups returns which servers run at each of the given milliseconds.
func ups(t *testing.T, servers int, schedule Schedule, script func(w *World), at ...time.Duration) []string {
	t.Helper()
	w := New(Config{Seed: 1})
	for range servers {
		w.AddServer(idle)
	}
	w.Inject(schedule)
	if script != nil {
		script(w)
	}
	var found []string
	for _, moment := range at {
		require.NoError(t, w.Run(moment*ms))
		up := ""
		for _, m := range w.servers {
			if m.up {
				up += Name(m.id)
			}
		}
		found = append(found, up)
	}
	return found
}

func TestCrashFault(t *testing.T) {
	s1 := func(start, end time.Duration) Crash { return Crash{Between(start*ms, end*ms), "S1"} }
	tests := []struct {
		name     string
		schedule Schedule
		script   func(w *World)
		want     []string // at 5, 15, 25, 35, 45 ms
	}{
		{"none", nil, nil, []string{"S1S2", "S1S2", "S1S2", "S1S2", "S1S2"}},
		{"one", Schedule{s1(10, 20)}, nil, []string{"S1S2", "S2", "S1S2", "S1S2", "S1S2"}},
		{"from the beginning", Schedule{s1(0, 10)}, nil, []string{"S2", "S1S2", "S1S2", "S1S2", "S1S2"}},
		{"to the end", Schedule{s1(10, 0)}, nil, []string{"S1S2", "S2", "S2", "S2", "S2"}},
		{"overlapping", Schedule{s1(10, 30), s1(20, 40)}, nil, []string{"S1S2", "S2", "S2", "S2", "S1S2"}},
		{"one within another", Schedule{s1(10, 40), s1(20, 30)}, nil, []string{"S1S2", "S2", "S2", "S2", "S1S2"}},
		{"the same twice", Schedule{s1(10, 20), s1(10, 20)}, nil, []string{"S1S2", "S2", "S1S2", "S1S2", "S1S2"}},
		{"back to back", Schedule{s1(10, 20), s1(20, 30)}, nil, []string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"of all", Schedule{Crash{Between(10*ms, 20*ms), All}}, nil, []string{"S1S2", "", "S1S2", "S1S2", "S1S2"}},
		{"restarted in vain", Schedule{s1(10, 30)}, func(w *World) { w.At(12*ms, func() { w.Restart(1) }) },
			[]string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"the script holds it down", Schedule{s1(10, 20)}, func(w *World) { w.At(12*ms, func() { w.Crash(1) }) },
			[]string{"S1S2", "S2", "S2", "S2", "S2"}},
		{"the script lets it go", Schedule{s1(10, 30)}, func(w *World) {
			w.At(12*ms, func() { w.Crash(1) })
			w.At(22*ms, func() { w.Restart(1) })
		}, []string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
		{"the process had ended", Schedule{s1(20, 30)}, func(w *World) { w.At(12*ms, func() { exit(w, 1) }) },
			[]string{"S1S2", "S2", "S2", "S1S2", "S1S2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, ups(t, 2, test.schedule, test.script, 5, 15, 25, 35, 45))
		})
	}
}

// TestCrashOfAnExitedMachine: the process is gone already, but its operating
// system still held writes.
func TestCrashOfAnExitedMachine(t *testing.T) {
	lostBytes := 0
	for seed := range uint64(20) {
		w := New(Config{Seed: seed})
		id := w.AddServer(idle)
		callAt(w, ms, id, func(env node.Env) {
			require.NoError(t, env.Disk().Append("log", make([]byte, 100)))
			env.Exit(nil)
		})
		w.Inject(Schedule{Crash{Between(2*ms, 3*ms), "S1"}})
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, Stats{Boots: 2, Exits: 1, Crashes: 1, UnsyncedBytesLost: w.Stats().UnsyncedBytesLost}, w.Stats())
		lostBytes += w.Stats().UnsyncedBytesLost
	}
	require.NotZero(t, lostBytes)
}

// TestCrashIsRecordedOnce, also if several faults want it.
func TestCrashIsRecordedOnce(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(Schedule{Crash{Between(10*ms, 30*ms), "S1"}, Crash{Between(20*ms, 40*ms), "S1+S2"}})
	trace := observed(w)
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []string{"S1 at 10ms", "S2 at 20ms"}, crashes(trace))
	require.Equal(t, []time.Duration{0, 0, 40 * ms, 40 * ms}, trace.times(Started))
	require.Equal(t, []time.Duration{10 * ms, 20 * ms}, trace.times(FaultBegan))
	require.Equal(t, []time.Duration{30 * ms, 40 * ms}, trace.times(FaultEnded))
	require.Equal(t, Crash{Between(10*ms, 30*ms), "S1"}, trace.of(FaultEnded)[0].Note)
}
