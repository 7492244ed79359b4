package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestDiskErrorsHitAtTheirRate, each kind of operation by itself; and a write that
// fails leaves nothing, some or all.
func TestDiskErrorsHitAtTheirRate(t *testing.T) {
	const n = 4000
	rates := DiskErrors{Target: "S1", Read: 0.1, Write: 0.2, Sync: 0.3}
	failed := func(faults ...Fault) (reads, writes, syncs int, left map[int]int) {
		w := New(Config{Seed: 1})
		w.AddServer(probing(func(p *probe) {
			p.synced = func(_ node.Sync, err error) {
				if err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					syncs++
				}
			}
		}))
		w.Inject(faults)
		left = map[int]int{}
		callAt(w, ms, 1, func(env node.Env) {
			disk, size := env.Disk(), 0
			for range n {
				if _, err := disk.List(); err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					reads++
				}
				err := disk.Append("log", []byte("abc"))
				content := env.(*machine).disk.files["log"].content.bytes()
				if err != nil {
					require.ErrorIs(t, err, node.ErrIO)
					writes++
					left[len(content)-size]++
				} else {
					require.Equal(t, size+3, len(content))
				}
				size = len(content)
				disk.Sync()
			}
		})
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, reads+writes+syncs, w.Stats().DiskErrors)
		require.Equal(t, n-syncs, w.Stats().Syncs)
		return reads, writes, syncs, left
	}
	reads, writes, syncs, left := failed(rates)
	requireRate(t, 0.1, reads, n)
	requireRate(t, 0.2, writes, n)
	requireRate(t, 0.3, syncs, n)
	requireRate(t, 0.5+0.5/4, left[0], writes)
	for size := 1; size <= 3; size++ {
		requireRate(t, 0.5/4, left[size], writes)
	}
	twice, _, _, _ := failed(rates, DiskErrors{Target: "S1", Read: 0.5})
	requireRate(t, 0.55, twice, n)
	none, nor, neither, _ := failed()
	require.Zero(t, none+nor+neither)
}

// TestWriteErrors: a failed change of the journal is done or not, never half; and
// full disks still shrink.
func TestWriteErrors(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(60) {
		w, d := diskWorld(t, seed)
		require.NoError(t, d.Append("f", []byte("12345")))
		w.Inject(Schedule{DiskErrors{Span: Between(ms, 2*ms), Target: "S1", Write: 1}})
		require.NoError(t, w.Run(ms))
		switch seed % 3 {
		case 0:
			require.ErrorIs(t, d.Replace("f", []byte("new")), node.ErrIO)
		case 1:
			require.ErrorIs(t, d.Truncate("f", 2), node.ErrIO)
		case 2:
			require.ErrorIs(t, d.Remove("f"), node.ErrIO)
		}
		require.NoError(t, w.Run(3*ms))
		seen[fmt.Sprint(seed%3, " ", read(t, d, "f"))] = true
	}
	require.Equal(t, map[string]bool{"0 12345": true, "0 new": true, "1 12345": true, "1 12": true, "2 12345": true, "2 (none)": true}, seen)

	w, d := diskWorld(t, 1)
	require.NoError(t, d.Append("f", []byte("12345")))
	w.Inject(Schedule{FullDisk{Between(ms, 2*ms), "S1"}})
	require.NoError(t, w.Run(ms))
	require.ErrorIs(t, d.Replace("f", nil), node.ErrNoSpace)
	require.ErrorIs(t, d.Append("g", nil), node.ErrNoSpace)
	require.Equal(t, "(none)", read(t, d, "g"))
	require.Equal(t, "12345", read(t, d, "f"))
	require.NoError(t, d.Truncate("f", 1))
	require.Equal(t, "1", read(t, d, "f"))
	require.NoError(t, d.Remove("f"))
	require.NoError(t, w.Run(3*ms))
	require.NoError(t, d.Append("g", []byte("room")))
}

// TestReadErrors are seen by a process that starts.
func TestReadErrors(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(func(env node.Env) node.Handler { return &recorder{env: env} })
	w.Inject(Schedule{DiskErrors{Span: Between(0, time.Second), Target: "S1", Read: 1}})
	require.NoError(t, w.Run(0))
	w.Restart(1)
	exit(w, 1)
	w.Restart(1)
	require.Equal(t, " input/output error", w.Handler(1).(*recorder).found)
	require.NoError(t, w.Run(2*time.Second))
	exit(w, 1)
	w.Restart(1)
	require.NotContains(t, w.Handler(1).(*recorder).found, "error")
}

// TestSyncErrorsLeaveThingsPending: a crash may lose what a failed sync covered,
// and a later sync makes it durable.
func TestSyncErrorsLeaveThingsPending(t *testing.T) {
	s := newDiskScript(t, 1, 2).run("1s")
	s.world.Inject(Schedule{DiskErrors{Span: Between(10*ms, 20*ms), Target: "S1", Sync: 1}})
	require.NoError(t, s.world.Run(10*ms))
	s.write(add("f", 'x', 1))
	s.disk.Sync() // fails
	require.NoError(t, s.world.Run(15*ms))
	require.Equal(t, 1, s.world.Stats().DiskErrors)
	require.Equal(t, []string{"f:a ", "f:ax "}, crashStates(t, s.world))
	require.NoError(t, s.world.Run(20*ms))
	s.disk.Sync()
	require.NoError(t, s.world.Run(25*ms))
	require.Equal(t, []string{"f:ax "}, crashStates(t, s.world))
}
