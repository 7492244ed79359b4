package wal

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// shortScripts are those that tests of damage go through: records are appended and synced,
// segments cut, and the process starts again.
func shortScripts() (all []string) {
	steps := 5
	if testing.Short() {
		steps = 4
	}
	for _, script := range scripts("afscr", steps) {
		all = append(all, "a"+script+"fsa") // something is there, and durable, and a frame may say so
	}
	return all
}

// TestDamageThatAFrameWitnesses: whichever frames in a row are damaged, records that one
// of the others says to be durable are there, or Open reports damage.
func TestDamageThatAFrameWitnesses(t *testing.T) {
	reported := 0
	for _, script := range shortScripts() {
		intact := run(t, script, 3)
		contents := intact.env.disk.contents()
		for _, file := range slices.Sorted(maps.Keys(contents)) {
			frames, _ := readChain(contents[file])
			for first := range frames {
				for last := first; last < len(frames); last++ {
					damaged := maps.Clone(contents)
					damaged[file] = damageFrames(contents[file], frames, first, last)
					log, records, err := Open(&fakeEnv{disk: newFakeDisk(damaged)}, "log")
					if err != nil {
						require.ErrorIs(t, err, ErrCorrupt)
						reported++
						continue
					}
					if found := log.Appended(); found < witnessed(damaged) {
						require.Fail(t, "records are lost that were durable", "%s: frames %d to %d of %s damaged, found %d, of which %d are witnessed",
							script, first, last, file, found, witnessed(damaged))
					}
					require.True(t, slices.Equal(intact.records[:log.Appended()], texts(records)), script)
				}
			}
		}
	}
	require.Greater(t, reported, 100)
}

// damageFrames returns content with a bad byte in each of some frames in a row.
func damageFrames(content []byte, frames []frame, first, last int) []byte {
	content = slices.Clone(content)
	offset := 0
	for i, f := range frames {
		if i >= first && i <= last {
			content[offset+headerLength] ^= 0x10
		}
		offset += len(f.encoded)
	}
	return content
}

// witnessed returns the last record that a whole frame says to be durable.
func witnessed(contents map[string][]byte) (mark uint64) {
	for _, content := range contents {
		for _, f := range findFrames(content) {
			mark = max(mark, f.mark)
		}
	}
	return mark
}

// TestRestartTakesThePlaceOfAll: after Restart the log is what was given to it, and goes on
// from there, whatever was there before; and after a crash in the middle it is the one or
// the other.
func TestRestartTakesThePlaceOfAll(t *testing.T) {
	for _, script := range shortScripts() {
		for _, given := range [][]string{{"x", "y"}, {}} {
			before := run(t, script, 3)
			env := before.env
			env.disk.syncs = nil
			log, err := Restart(env, "log", [][]byte{[]byte("x"), []byte("y")}[:len(given)])
			require.NoError(t, err)
			torn := &fakeEnv{disk: env.disk.clone()}
			torn.disk.crash(func(n int) int { return n - 1 })
			_, found, err := Open(torn, "log")
			require.NoError(t, err, script)
			was := before.records[:min(len(found), len(before.records))]
			require.True(t, slices.Equal(given, texts(found)) || slices.Equal(was, texts(found)), "%s: %q", script, texts(found))

			settle(t, log, env)
			appendAll(t, log, "z")
			settle(t, log, env)
			env.disk.crash(func(int) int { return 0 })
			_, found, err = Open(env, "log")
			require.NoError(t, err, script)
			require.Equal(t, append(slices.Clone(given), "z"), texts(found), script)
		}
	}
}
