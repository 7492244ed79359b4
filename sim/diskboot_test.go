package sim

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestLoadDisk: a machine boots from each crash state of another.
func TestLoadDisk(t *testing.T) {
	s := newDiskScript(t, 1, 2).run("3sG1")
	booted := []string{}
	for files := range s.world.CrashStates(1) {
		w := New(Config{Seed: 1})
		id := w.AddServer(probing(func(p *probe) {
			p.start = func() {
				names, err := p.env.Disk().List()
				require.NoError(t, err)
				require.Equal(t, slices.Sorted(maps.Keys(files)), names)
				state := map[string][]byte{}
				for _, name := range names {
					state[name], err = p.env.Disk().Read(name)
					require.NoError(t, err)
				}
				booted = append(booted, shownState(state))
			}
		}))
		w.LoadDisk(id, files)
		for _, content := range files {
			clear(content) // it was copied
		}
		require.NoError(t, w.Run(ms))
		require.PanicsWithValue(t, "sim: LoadDisk: S1 is running", func() { w.LoadDisk(id, nil) })
		w.Crash(id)
		require.Equal(t, booted[len(booted)-1:], crashStates(t, w), "it is durable")
		w.LoadDisk(id, nil)
		require.Equal(t, []string{""}, crashStates(t, w), "and in place of what was there")
	}
	slices.Sort(booted)
	require.Equal(t, s.model.states(), booted)
}

// TestBootReadsTheDisk: it takes time after a crash, not for a process that
// starts again over what the operating system holds; and a crash meanwhile, or
// another wish to boot, is nothing special.
func TestBootReadsTheDisk(t *testing.T) {
	tests := []struct {
		name   string
		script func(w *World)
		want   []time.Duration // starts after the first
	}{
		{"crash", func(w *World) { w.Crash(1); w.Restart(1) }, []time.Duration{2 * time.Second}},
		{"exit", func(w *World) { exit(w, 1); w.Restart(1) }, []time.Duration{time.Second}},
		{"exit and crash", func(w *World) { exit(w, 1); w.Crash(1); w.Restart(1) }, []time.Duration{2 * time.Second}},
		{"restarted twice", func(w *World) { w.Crash(1); w.Restart(1); w.Restart(1) }, []time.Duration{2 * time.Second}},
		{"crash while booting", func(w *World) {
			w.Crash(1)
			w.Restart(1)
			w.At(1500*ms, func() { w.Crash(1) })
			w.At(1600*ms, func() { w.Restart(1) })
		}, []time.Duration{2600 * ms}},
		{"stays down", func(w *World) { w.Crash(1); w.Restart(1); w.Crash(1) }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1, Disk: DiskTiming{ReadRate: 1000}})
			w.AddServer(idle)
			trace := observed(w)
			callAt(w, 0, 1, func(env node.Env) {
				require.NoError(t, env.Disk().Append("f", make([]byte, 600)))
				require.NoError(t, env.Disk().Append("g", make([]byte, 400)))
				env.Disk().Sync()
			})
			w.At(time.Second, func() { test.script(w) })
			require.NoError(t, w.Run(10*time.Second))
			require.Equal(t, test.want, append([]time.Duration(nil), trace.times(Started)[1:]...))
			require.Equal(t, test.want != nil, w.Handler(1) != nil)
		})
	}
}

// TestMessagesToABootingMachine are lost: nobody is there yet.
func TestMessagesToABootingMachine(t *testing.T) {
	w := New(Config{Seed: 1, Disk: DiskTiming{ReadRate: 1}})
	w.AddServer(idle)
	w.LoadDisk(1, map[string][]byte{"f": []byte("ab")})
	client := w.AddClient(idle)
	trace := observed(w)
	for _, at := range []time.Duration{time.Second, 3 * time.Second} {
		callAt(w, at, client, func(env node.Env) { env.Send(1, "x") })
	}
	require.NoError(t, w.Run(time.Second))
	require.Panics(t, func() { w.LoadDisk(1, nil) })
	require.NoError(t, w.Run(5*time.Second))
	require.Equal(t, []time.Duration{time.Second}, trace.times(Dropped))
	require.Equal(t, []time.Duration{3 * time.Second}, trace.times(Delivered))
}

func TestDiskTimingValidate(t *testing.T) {
	for want, timing := range map[string]DiskTiming{
		"disk: sync: ":                        {Sync: Uniform(2, 1)},
		"disk: read rate: -1 is negative":     {ReadRate: -1},
		"disk: sector size: -512 is negative": {SectorSize: -512},
	} {
		require.ErrorContains(t, Config{Disk: timing}.Validate(), want)
	}
	require.NoError(t, Config{Disk: DiskTiming{Constant(ms), 100, 4096}}.Validate())
}
