package sim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// shown writes all that is on a disk, such as "a X100 Y12; b": file a has 100
// times the letter X and 12 times Y, and b is empty. Zeros are shown as "_".
func shown(t require.TestingT, d *disk) string {
	names, err := d.List()
	require.NoError(t, err)
	for i, name := range names {
		content, err := d.Read(name)
		require.NoError(t, err)
		for len(content) > 0 {
			letter := content[0]
			rest := bytes.TrimLeft(content, string(letter))
			names[i] += fmt.Sprintf(" %c%d", max(letter, '_'), len(content)-len(rest))
			content = rest
		}
	}
	return strings.Join(names, "; ")
}

// TestWhatACrashLeaves lists all that a crash may leave, and requires that over
// many seeds all of it comes up and nothing else does.
func TestWhatACrashLeaves(t *testing.T) {
	tests := []struct {
		name   string
		synced []diskOp
		after  []diskOp
		want   []string
	}{
		{"nothing new", ops(add("a", 'x', 100)), nil,
			[]string{"a x100"}},
		{"an append within a sector", ops(add("a", 'x', 100)), ops(add("a", 'y', 100)),
			[]string{"a x100", "a x100 y100"}},
		{"an append over two sectors", ops(add("a", 'x', 100)), ops(add("a", 'y', 600)),
			[]string{"a x100", "a x100 y412", "a x100 _412 y188", "a x100 y600"}},
		{"two appends within a sector", ops(add("a", 'x', 100)), ops(add("a", 'y', 100), startSync, add("a", 'z', 100)),
			[]string{"a x100", "a x100 y100", "a x100 y100 z100"}},
		{"creations", nil, ops(add("a", 'x', 0), add("b", 'x', 0), add("c", 'x', 0)),
			[]string{"", "a", "a; b", "a; b; c"}},
		{"a creation with content", nil, ops(add("a", 'x', 100)),
			[]string{"", "a", "a x100"}},
		{"a replacement", ops(add("a", 'x', 600)), ops(replace("a", 'y', 700)),
			[]string{"a x600", "a y700"}},
		{"a first replacement", nil, ops(replace("a", 'y', 700)),
			[]string{"", "a y700"}},
		{"an append and a replacement", ops(add("a", 'x', 100)), ops(add("a", 'y', 100), replace("a", 'z', 150)),
			[]string{"a x100", "a x100 y100", "a z150"}},
		{"a replacement and an append", ops(add("a", 'x', 600)), ops(replace("a", 'y', 100), add("a", 'z', 100)),
			[]string{"a x600", "a y100", "a y100 z100"}},
		{"a removal", ops(add("a", 'x', 100)), ops(remove("a")),
			[]string{"a x100", ""}},
		{"a removal and a new file of that name", ops(add("a", 'x', 100)), ops(remove("a"), add("a", 'y', 50)),
			[]string{"a x100", "", "a", "a y50"}},
		{"a truncation", ops(add("a", 'x', 600)), ops(truncate("a", 10)),
			[]string{"a x600", "a x10"}},
		{"a truncation and an append", ops(add("a", 'x', 600)), ops(truncate("a", 500), add("a", 'y', 12)),
			[]string{"a x600", "a x500", "a x500 y12", "a x500 y12 x88"}},
		{"an append and a truncation", ops(add("a", 'x', 100)), ops(add("a", 'y', 100), truncate("a", 150)),
			[]string{"a x100", "a x100 y100", "a x100 y50"}},
		{"several files, in the journal's order", ops(add("a", 'x', 100)), ops(replace("b", 'x', 100), remove("a")),
			[]string{"a x100", "a x100; b x100", "b x100"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found []string
			for seed := range uint64(200) {
				w, d := diskWorld(t, seed)
				for _, op := range test.synced {
					op.do(t, d)
				}
				syncDisk(t, w)
				for _, op := range test.after {
					op.do(t, d)
				}
				crashDisk(w)
				found = append(found, shown(t, d))
			}
			slices.Sort(found)
			require.ElementsMatch(t, test.want, slices.Compact(found))
		})
	}
}

// diskOp is something that a process does to its disk.
type diskOp struct {
	kind   writeKind
	name   string
	letter byte
	size   int
	sync   bool
}

var startSync = diskOp{sync: true}

func ops(list ...diskOp) []diskOp { return list }

func add(name string, letter byte, size int) diskOp {
	return diskOp{kind: appended, name: name, letter: letter, size: size}
}

func replace(name string, letter byte, size int) diskOp {
	return diskOp{kind: replaced, name: name, letter: letter, size: size}
}

func truncate(name string, size int) diskOp {
	return diskOp{kind: truncated, name: name, size: size}
}

func remove(name string) diskOp { return diskOp{kind: removed, name: name} }

func (op diskOp) data() []byte { return bytes.Repeat([]byte{op.letter}, op.size) }

func (op diskOp) do(t require.TestingT, d *disk) {
	switch {
	case op.sync:
		d.Sync()
	case op.kind == appended:
		require.NoError(t, d.Append(op.name, op.data()))
	case op.kind == replaced:
		require.NoError(t, d.Replace(op.name, op.data()))
	case op.kind == truncated:
		require.NoError(t, d.Truncate(op.name, op.size))
	case op.kind == removed:
		require.NoError(t, d.Remove(op.name))
	}
}

// TestUnsyncedBytesLost counts what is gone.
func TestUnsyncedBytesLost(t *testing.T) {
	all, part, none := 0, 0, 0
	for seed := range uint64(200) {
		w, d := diskWorld(t, seed)
		add("a", 'x', 100).do(t, d)
		syncDisk(t, w)
		add("a", 'y', 1000).do(t, d)
		crashDisk(w)
		left := strings.Count(read(t, d, "a"), "y")
		require.Equal(t, 1000-left, w.Stats().UnsyncedBytesLost)
		switch left {
		case 0:
			all++
		case 1000:
			none++
		default:
			part++
		}
	}
	for _, count := range []int{all, part, none} {
		require.Greater(t, count, 20, "all lost %d, part of it %d, nothing %d", all, part, none)
	}
}

// TestCrashesDiffer: what a crash leaves depends on the seed, the machine and the
// life that it ends, and on nothing else.
func TestCrashesDiffer(t *testing.T) {
	left := func(seed uint64, machine, life int) string {
		w := New(Config{Seed: seed})
		w.AddServer(idle)
		w.AddServer(idle)
		require.NoError(t, w.Run(0))
		id := w.servers[machine].id
		for range life {
			w.Crash(id)
			w.Restart(id)
		}
		d := &w.servers[machine].disk
		add("a", 'x', 0).do(t, d)
		d.Sync()
		require.NoError(t, w.Run(w.Now()+ms))
		add("a", 'x', 64*512).do(t, d)
		w.Crash(id)
		w.Restart(id)
		return read(t, d, "a")
	}
	seen := map[string]bool{}
	for seed := range uint64(12) {
		for machine := range 2 {
			for life := range 3 {
				require.Equal(t, left(seed, machine, life), left(seed, machine, life))
				seen[left(seed, machine, life)] = true
			}
		}
	}
	// Of 72 crashes a third leaves all, a third nothing, and the rest some part that
	// is never the same.
	require.Greater(t, len(seen), 12)
}

// TestCrashAgainstTheRules lets processes write at random, crashes their
// machines, and requires that what is left can be explained by the rules: there
// is a number of changes of the journal and, for each sector, a number of appends
// such that these and no others, made one after the other, give just that.
func TestCrashAgainstTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, d := diskWorld(t, rapid.Uint64().Draw(t, "seed"))
		model := diskModel{sectorSize: 512, durable: map[string][]byte{}}
		letter := byte('a')
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"write", "write", "write", "write", "sync", "wait", "exit", "crash"}).Draw(t, "step") {
			case "write":
				letter = 'a' + (letter-'a'+1)%26
				if op, ok := drawWrite(t, d, letter); ok && len(model.pending) < 7 {
					op.do(t, d)
					model.write(op)
				}
			case "sync":
				d.Sync()
				model.syncs = append(model.syncs, len(model.pending))
			case "wait":
				require.NoError(t, w.Run(w.Now()+ms))
				model.endSync()
			case "exit":
				exit(w, 1)
				model.syncs = nil // the device still does them, but nobody is told
				require.NoError(t, w.Run(w.Now()+time.Second))
				w.Restart(1)
			case "crash":
				crashDisk(w)
				model.crash(t, d)
			}
		}
		crashDisk(w)
		model.crash(t, d)
	})
}

// drawWrite draws a change that is possible now and keeps files short.
func drawWrite(t *rapid.T, d *disk, letter byte) (op diskOp, ok bool) {
	const longest = 3 * 512
	name := rapid.SampledFrom([]string{"f", "g"}).Draw(t, "name")
	content, err := d.Read(name)
	size := rapid.IntRange(0, 700).Draw(t, "size")
	switch rapid.SampledFrom([]writeKind{appended, appended, appended, replaced, truncated, removed}).Draw(t, "kind") {
	case appended:
		return add(name, letter, size), len(content)+size <= longest
	case replaced:
		return replace(name, letter, size), true
	case truncated:
		return truncate(name, size), err == nil
	default:
		return remove(name), err == nil
	}
}

// TestDiskTakesOverWhatWasLeft: what the process had not synced is there for the
// next process, and can still be lost with the machine.
func TestDiskTakesOverWhatWasLeft(t *testing.T) {
	lost := 0
	for seed := range uint64(50) {
		w, d := diskWorld(t, seed)
		callAt(w, ms, 1, func(env node.Env) {
			add("a", 'x', 100).do(t, d)
			env.Disk().Sync()
			env.Exit(nil) // before the sync ends
		})
		w.At(2*ms, func() { w.Restart(1) })
		require.NoError(t, w.Run(10*ms))
		require.Equal(t, "a x100", shown(t, d))
		crashDisk(w)
		if shown(t, d) != "a x100" {
			lost++
		}
	}
	require.NotZero(t, lost)
}
