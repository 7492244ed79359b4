package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// TestCrashStatesAreThoseOfTheRules: no more and no less, for every small script.
func TestCrashStatesAreThoseOfTheRules(t *testing.T) {
	scripts, states, most := 0, 0, 0
	length, count := 4, 11111
	if testing.Short() {
		length, count = 3, 1111
	}
	allScripts(length, func(script string) {
		s := newDiskScript(t, uint64(scripts), 2).run(script)
		want := s.model.states()
		if got := crashStates(t, s.world); !slices.Equal(want, got) {
			require.Equal(t, want, got, script)
		}
		scripts++
		states += len(want)
		most = max(most, len(want))
	})
	require.Equal(t, count, scripts)
	require.Greater(t, states, (length-1)*scripts, "the scripts leave a crash little choice")
	require.Greater(t, most, 5*length)
}

// TestCrashStatesOfLongScripts is for what short scripts do not reach.
func TestCrashStatesOfLongScripts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newDiskScript(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 5).Draw(t, "sector size"))
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]byte(diskSteps)), 5, 25).Draw(t, "steps") {
			if len(s.model.pending) == 6 || s.model.choices() > 7 || len(s.model.visible("f")) > 12 || len(s.model.visible("g")) > 12 {
				s.run("sx") // few ways to crash, and short files
			}
			s.do(step)
		}
		require.Equal(t, s.model.states(), crashStates(t, s.world))
	})
}

// TestCrashesLeaveEachState: what the seed draws is among the enumerated states
// (see diskScript), and over many seeds it is each of them.
func TestCrashesLeaveEachState(t *testing.T) {
	for _, script := range []string{"", "1", "3", "33", "1s1S1", "GsGs", "3srx", "s3t1", "3st1r", "rsx1", "31G", "G1rx3", "3sS1w3"} {
		want := newDiskScript(t, 1, 2).run(script).model.states()
		left := map[string]bool{}
		for seed := uint64(0); seed < 500 || seed < 5000 && len(left) < len(want); seed++ {
			s := newDiskScript(t, seed, 2).run(script)
			crashDisk(s.world)
			left[shownState(s.disk.held())] = true
		}
		require.Equal(t, want, slices.Sorted(maps.Keys(left)), script)
	}
}

// TestCrashStatesInOrder: the first is what is durable, the last all that was
// written; and the world is as it was.
func TestCrashStatesInOrder(t *testing.T) {
	s := newDiskScript(t, 1, 2).run("3s3")
	print := s.world.Fingerprint()
	var found []string
	for range 2 {
		found = nil
		for files := range s.world.CrashStates(1) {
			found = append(found, shownState(files))
			for _, content := range files {
				clear(content) // it is ours
			}
		}
	}
	require.Equal(t, []string{"f:aaa ", "f:aaa_bb ", "f:aaab ", "f:aaabbb "}, found)
	require.Equal(t, "aaabbb", read(t, s.disk, "f"))
	require.Equal(t, print, s.world.Fingerprint())
	for range s.world.CrashStates(1) {
		break // it can be left early
	}
}

func TestCrashStatesAreBounded(t *testing.T) {
	s := newDiskScript(t, 1, 1)
	w := s.world
	require.NoError(t, s.disk.Append("f", make([]byte, 9))) // or it is not created
	require.Len(t, crashStates(t, w), 11, "zeros look alike, however they came about")
	require.NoError(t, s.disk.Append("f", make([]byte, 7)))
	require.PanicsWithValue(t, "sim: there are more than 65536 ways in which S1 may crash", func() {
		for range w.CrashStates(1) {
		}
	})
	require.PanicsWithValue(t, "sim: there is no machine 2", func() { w.CrashStates(2) })
}

// ExampleWorld_CrashStates lists what a crash may leave of a file whose second
// half was never synced.
func ExampleWorld_CrashStates() {
	w := New(Config{Disk: DiskTiming{SectorSize: 4}})
	id := w.AddServer(probing(func(p *probe) {
		p.start = func() {
			p.env.Disk().Append("log", []byte("safe"))
			p.env.Disk().Sync()
		}
		p.synced = func(node.Sync, error) { p.env.Disk().Append("log", []byte("riskyend")) }
	}))
	w.Run(time.Second)
	for files := range w.CrashStates(id) {
		fmt.Printf("%q\n", files["log"])
	}
	// Output:
	// "safe"
	// "safe\x00\x00\x00\x00yend"
	// "saferisk"
	// "saferiskyend"
}
