package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestFailedSyncIsForgotten: reads show what a failed sync covered, a later one
// does not make it durable, and what goes to a file whose creation was forgotten
// is lost with it.
func TestFailedSyncIsForgotten(t *testing.T) {
	tests := []struct {
		before, covered, later []diskOp
		sees, finds            string
	}{
		{ops(add("a", 'x', 2)), ops(add("a", 'y', 1)), nil, "a x2 y1", "a x2"},
		{ops(add("a", 'x', 2)), ops(add("a", 'y', 1)), ops(add("a", 'z', 1)), "a x2 y1 z1", "a x2 _1 z1"},
		{nil, ops(add("a", 'y', 1)), ops(add("a", 'z', 1)), "a y1 z1", ""},
		{nil, ops(add("a", 'y', 1)), ops(replace("a", 'z', 3), add("a", 'w', 1)), "a z3 w1", "a z3 w1"},
		{ops(add("a", 'x', 2)), ops(replace("a", 'y', 1)), ops(add("a", 'z', 1), truncate("a", 1)), "a y1", "a x2"},
		{ops(add("a", 'x', 3)), ops(truncate("a", 1)), ops(add("a", 'z', 1)), "a x1 z1", "a x1 z1 x1"},
		{ops(add("a", 'x', 2)), ops(remove("a")), nil, "", "a x2"},
		{ops(add("a", 'x', 2)), ops(remove("a")), ops(add("a", 'z', 1)), "a z1", "a z1"},
		{ops(add("a", 'x', 2)), ops(replace("a", 'y', 1)), ops(remove("a")), "", ""},
	}
	for _, test := range tests {
		w, d := diskWorld(t, 1)
		do := func(list []diskOp) {
			for _, op := range list {
				op.do(t, d)
			}
			d.Sync()
			require.NoError(t, w.Run(w.Now()+10*ms))
		}
		w.Inject(Schedule{FailedSync{Between(15*ms, 25*ms), "S1"}})
		do(test.before)
		require.NoError(t, w.Run(15*ms))
		do(test.covered)
		exit(w, 1)
		w.Restart(1) // the next process sees the same
		do(test.later)
		require.Equal(t, test.sees, shown(t, d))
		require.Len(t, crashStates(t, w), 1, "nothing is pending")
		crashDisk(w)
		require.Equal(t, test.finds, shown(t, d))
		require.Equal(t, 1, w.Stats().DiskErrors)
	}
}

// TestLyingDiskLosesWhatItAcknowledged, if the machine crashes before the fault
// ends, or before a sync after that.
func TestLyingDiskLosesWhatItAcknowledged(t *testing.T) {
	crashAt := func(at time.Duration) (worst string) {
		worst = "abcdefgh"
		for seed := range uint64(40) {
			w := New(Config{Seed: seed, Disk: DiskTiming{Sync: Constant(ms)}})
			w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
			w.Inject(Schedule{LyingDisk{Between(25*ms, 55*ms), "S1"}})
			require.NoError(t, w.Run(at))
			require.Empty(t, w.Handler(1).(*recorder).told)
			crashDisk(w)
			if left := read(t, &w.machines[0].disk, "log"); len(left) < len(worst) {
				worst = left
			}
		}
		return worst
	}
	require.Equal(t, "ab", crashAt(24*ms))
	require.Equal(t, "ab", crashAt(45*ms))
	require.Equal(t, "ab", crashAt(58*ms))
	require.Equal(t, "abcdef", crashAt(65*ms))
}
