package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// diskWorld returns a world with one running machine, and its disk.
func diskWorld(t require.TestingT, seed uint64) (*World, *disk) {
	w := New(Config{Seed: seed, Disk: DiskTiming{Sync: Constant(ms)}})
	w.AddServer(idle)
	require.NoError(t, w.Run(0))
	return w, &w.machines[0].disk
}

// crashDisk makes the machine of a disk lose power, and boots it again.
func crashDisk(w *World) {
	w.Crash(1)
	w.Restart(1)
}

// syncDisk makes all that was written durable.
func syncDisk(t require.TestingT, w *World) {
	w.machines[0].disk.Sync()
	require.NoError(t, w.Run(w.Now()+time.Hour))
}

func read(t require.TestingT, d *disk, name string) string {
	content, err := d.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "(none)"
	}
	require.NoError(t, err)
	return string(content)
}

func TestDisk(t *testing.T) {
	_, d := diskWorld(t, 1)
	names, err := d.List()
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = d.Read("log")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, d.Truncate("log", 0), fs.ErrNotExist)
	require.ErrorIs(t, d.Remove("log"), fs.ErrNotExist)

	require.NoError(t, d.Append("log", []byte("one")))
	require.NoError(t, d.Append("log", []byte("two")))
	require.NoError(t, d.Append("empty", nil))
	require.NoError(t, d.Replace("a snapshot", []byte("state")))
	names, err = d.List()
	require.NoError(t, err)
	require.Equal(t, []string{"a snapshot", "empty", "log"}, names)
	require.Equal(t, "onetwo", read(t, d, "log"))
	require.Equal(t, "", read(t, d, "empty"))

	require.NoError(t, d.Truncate("log", 4))
	require.Equal(t, "onet", read(t, d, "log"))
	require.NoError(t, d.Truncate("log", 99))
	require.Equal(t, "onet", read(t, d, "log"), "there is nothing to cut off")
	require.NoError(t, d.Append("log", []byte("hree")))
	require.Equal(t, "onethree", read(t, d, "log"))

	require.NoError(t, d.Replace("a snapshot", []byte("new")))
	require.Equal(t, "new", read(t, d, "a snapshot"))
	require.NoError(t, d.Remove("a snapshot"))
	require.Equal(t, "(none)", read(t, d, "a snapshot"))
	require.NoError(t, d.Append("a snapshot", []byte("anew")))
	require.Equal(t, "anew", read(t, d, "a snapshot"))
}

// TestDiskAgainstMap compares what the process sees, over syncs and ends of the
// process, with a map of files. Contents that were handed out never change, and
// data that was handed in may.
func TestDiskAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, d := diskWorld(t, 1)
		want := map[string]string{}
		type handedOut struct{ content, copy []byte }
		var out []handedOut
		name := rapid.SampledFrom([]string{"a", "b"})
		data := rapid.SliceOfN(rapid.Byte(), 0, 20)
		scribble := func(data []byte) {
			for i := range data {
				data[i] ^= 0xff
			}
		}
		requireErr := func(exists bool, err error) {
			if exists {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, fs.ErrNotExist)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				name, data := name.Draw(t, "name"), data.Draw(t, "data")
				want[name] += string(data)
				require.NoError(t, d.Append(name, data))
				scribble(data)
			},
			"replace": func(t *rapid.T) {
				name, data := name.Draw(t, "name"), data.Draw(t, "data")
				want[name] = string(data)
				require.NoError(t, d.Replace(name, data))
				scribble(data)
			},
			"truncate": func(t *rapid.T) {
				name, size := name.Draw(t, "name"), rapid.IntRange(0, 40).Draw(t, "size")
				content, exists := want[name]
				requireErr(exists, d.Truncate(name, size))
				if exists {
					want[name] = content[:min(size, len(content))]
				}
			},
			"remove": func(t *rapid.T) {
				name := name.Draw(t, "name")
				_, exists := want[name]
				requireErr(exists, d.Remove(name))
				delete(want, name)
			},
			"sync": func(t *rapid.T) { d.Sync() },
			"wait": func(t *rapid.T) { require.NoError(t, w.Run(w.Now()+1500*us)) },
			"exit": func(t *rapid.T) { exit(w, 1); w.Restart(1) },
			"crash with all synced": func(t *rapid.T) {
				syncDisk(t, w)
				crashDisk(w)
			},
			"": func(t *rapid.T) {
				names, err := d.List()
				require.NoError(t, err)
				require.Len(t, names, len(want))
				require.True(t, slices.IsSorted(names))
				for _, name := range names {
					content, err := d.Read(name)
					require.NoError(t, err)
					require.Equal(t, want[name], string(content))
					out = append(out, handedOut{content, slices.Clone(content)})
				}
			},
		})
		for _, o := range out {
			require.True(t, bytes.Equal(o.copy, o.content), "a content that was handed out changed")
		}
	})
}

// TestSyncsEndInOrder, one after the other, at the pace of the device.
func TestSyncsEndInOrder(t *testing.T) {
	var ended []string
	w := New(Config{Seed: 1, Disk: DiskTiming{Sync: Constant(10 * ms)}})
	id := w.AddServer(probing(func(p *probe) {
		p.synced = func(s node.Sync, err error) { ended = append(ended, fmt.Sprint(s, " ", p.env.Now(), " ", err)) }
	}))
	for _, at := range []time.Duration{0, 5 * ms, 5 * ms, 50 * ms} {
		callAt(w, at, id, func(env node.Env) { env.Disk().Sync() })
	}
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []string{"1 10ms <nil>", "2 20ms <nil>", "3 30ms <nil>", "4 60ms <nil>"}, ended)
	require.Equal(t, 4, w.Stats().Syncs)
}

// TestSyncsEndInOrderAtOneInstant, whose events are shuffled; and what each of
// them covers is durable when it ends.
func TestSyncsEndInOrderAtOneInstant(t *testing.T) {
	for seed := range uint64(20) {
		var ended []node.Sync
		w := New(Config{Seed: seed, ShuffleTies: true})
		id := w.AddServer(probing(func(p *probe) {
			p.synced = func(s node.Sync, err error) {
				ended = append(ended, s)
				require.Len(t, w.machines[0].disk.pending, 5-int(s))
			}
		}))
		callAt(w, ms, id, func(env node.Env) {
			for i := range 5 {
				require.NoError(t, env.Disk().Replace("f", []byte{byte(i)}))
				require.EqualValues(t, i+1, env.Disk().Sync())
			}
		})
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, []node.Sync{1, 2, 3, 4, 5}, ended)
	}
}

// TestSyncTakesTime: until it ends, nothing is durable; what is written after it
// has begun is not covered.
func TestSyncTakesTime(t *testing.T) {
	tests := []struct {
		crash time.Duration
		least string // survives in any case
	}{
		{500 * us, "0"}, {999 * us, "0"}, {1001 * us, "0a"}, {1999 * us, "0a"}, {2001 * us, "0ab"},
	}
	for _, test := range tests {
		shortest := "0abc"
		for seed := range uint64(50) {
			w, d := diskWorld(t, seed)
			require.NoError(t, d.Append("log", []byte("0")))
			syncDisk(t, w)
			start := w.Now()
			for _, data := range []string{"a", "b", "c"} {
				require.NoError(t, d.Append("log", []byte(data)))
				if data != "c" {
					d.Sync()
				}
			}
			require.NoError(t, w.Run(start+test.crash))
			crashDisk(w)
			left := read(t, d, "log")
			if len(left) < len(shortest) {
				shortest = left
			}
		}
		require.Equal(t, test.least, shortest, "crash after %v", test.crash)
	}
}

// TestSyncEndsWithItsLife: a sync that was under way is not reported to the next
// life, whose own count goes on. A device that lost power has forgotten it; one
// whose process died finishes it first.
func TestSyncEndsWithItsLife(t *testing.T) {
	tests := []struct {
		end  func(w *World)
		want string
	}{
		{func(w *World) { w.Crash(1) }, "2 at 16ms"},
		{func(w *World) { exit(w, 1) }, "2 at 20ms"},
	}
	for _, test := range tests {
		var ended []string
		w := New(Config{Seed: 1, Disk: DiskTiming{Sync: Constant(10 * ms)}})
		w.AddServer(probing(func(p *probe) {
			p.start = func() { p.env.Disk().Sync() }
			p.synced = func(s node.Sync, err error) { ended = append(ended, fmt.Sprint(s, " at ", p.env.Now())) }
		}))
		w.At(5*ms, func() { test.end(w) })
		w.At(6*ms, func() { w.Restart(1) })
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, []string{test.want}, ended)
	}
}

// TestSyncDoneWhileTheWorkerIsBusy: the bytes are durable, and the machine
// crashes before its handler learns of it.
func TestSyncDoneWhileTheWorkerIsBusy(t *testing.T) {
	for seed := range uint64(20) {
		w := New(Config{Seed: seed, CPU: CPU{PerMessage: Constant(10 * ms)}})
		id := w.AddServer(probing(func(p *probe) {
			p.receive = func(node.ID, node.Message) {
				require.NoError(t, p.env.Disk().Append("log", []byte("safe")))
				p.env.Disk().Sync()
			}
			p.synced = func(node.Sync, error) { t.Error("told after the crash") }
		}))
		trace := observed(w)
		callAt(w, 0, id, func(env node.Env) { env.Send(id, "go") })
		w.At(5*ms, func() { w.Crash(id); w.Restart(id) })
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, "safe", read(t, &w.machines[0].disk, "log"))
		require.Empty(t, trace.of(Synced))
		require.Zero(t, w.Stats().Syncs, "nobody was told")
	}
}

func TestSectorsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9).Draw(t, "size")
		offset := rapid.IntRange(0, 3*size).Draw(t, "offset")
		data := rapid.SliceOfN(rapid.Byte(), 0, 3*size).Draw(t, "data")
		var together []byte
		for piece := range (write{kind: appended, file: &file{}, offset: offset, data: data}).sectors(size) {
			require.NotEmpty(t, piece.data)
			require.Equal(t, offset+len(together), piece.offset)
			require.Equal(t, piece.offset/size, (piece.offset+len(piece.data)-1)/size, "within one sector")
			together = append(together, piece.data...)
		}
		require.True(t, bytes.Equal(data, together))
	})
}
