package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// states returns all that a crash may leave: for each number of changes of the
// journal, whatever each of the files may hold, as they are independent of each
// other.
func (m *diskModel) states() []string {
	found := map[string]bool{}
	for journal := range len(m.pending) + 1 {
		for f := range m.statesOf("f", journal) {
			for g := range m.statesOf("g", journal) {
				found[f+g] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// statesOf returns what one file may hold: it tries for each sector every number
// of appends that survive.
func (m *diskModel) statesOf(name string, journal int) map[string]bool {
	found := map[string]bool{}
	most := len(m.pending)
	counts := make([]int, 16)
	used := 0 // sectors that any append reaches
	for _, p := range m.pending {
		if p.kind == appended && p.name == name {
			used = max(used, (p.offset+p.size+m.sectorSize-1)/m.sectorSize)
		}
	}
	var try func(sector int)
	try = func(sector int) {
		if sector == used {
			found[shownFile(name, m.survivor(name, journal, counts))] = true
			return
		}
		for counts[sector] = 0; counts[sector] <= most; counts[sector]++ {
			if counts[sector] > m.appendsTo(name, sector) {
				break
			}
			try(sector + 1)
		}
	}
	try(0)
	return found
}

// appendsTo counts the appends to a sector.
func (m *diskModel) appendsTo(name string, sector int) (count int) {
	for _, p := range m.pending {
		first, last := p.offset/m.sectorSize, (p.offset+p.size-1)/m.sectorSize
		if p.kind == appended && p.name == name && p.size > 0 && first <= sector && sector <= last {
			count++
		}
	}
	return count
}

// shownFile writes a file such as "f:aab_ "; one that is not there is nothing.
func shownFile(name string, content []byte) string {
	if content == nil {
		return ""
	}
	return name + ":" + strings.ReplaceAll(string(content), "\x00", "_") + " "
}

func shownState(files map[string][]byte) (shown string) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		shown += shownFile(name, files[name])
	}
	return shown
}

// crashStates returns the enumerated states, sorted, none of them twice.
func crashStates(t require.TestingT, w *World) []string {
	var found []string
	for files := range w.CrashStates(1) {
		found = append(found, shownState(files))
	}
	slices.Sort(found)
	require.Equal(t, len(found), len(slices.Compact(slices.Clone(found))), "each state once")
	return found
}

// diskScript drives a disk and its model alike.
type diskScript struct {
	t      require.TestingT
	world  *World
	disk   *disk
	model  diskModel
	letter byte
}

func newDiskScript(t require.TestingT, seed uint64, sectorSize int) *diskScript {
	w := New(Config{Seed: seed, Disk: DiskTiming{Sync: Constant(ms), SectorSize: sectorSize}})
	w.AddServer(idle)
	require.NoError(t, w.Run(0))
	return &diskScript{t: t, world: w, disk: &w.machines[0].disk, letter: 'a',
		model: diskModel{sectorSize: sectorSize, durable: map[string][]byte{}}}
}

// diskSteps are the letters of which scripts are made.
const diskSteps = "1G3rtxsSwc"

func (s *diskScript) do(step byte) {
	switch step {
	case '1':
		s.write(add("f", s.letter, 1))
	case '3':
		s.write(add("f", s.letter, 3))
	case 'G':
		s.write(add("g", s.letter, 2))
	case 'r':
		s.write(replace("f", s.letter, 3))
	case 't':
		s.write(truncate("f", 1))
	case 'x':
		s.write(remove("f"))
	case 'S': // a sync begins
		s.disk.Sync()
		s.model.syncs = append(s.model.syncs, len(s.model.pending))
	case 'w': // a sync ends
		require.NoError(s.t, s.world.Run(s.world.Now()+ms))
		s.model.endSync()
	case 's': // all syncs end, and one more that covers everything
		s.do('S')
		for len(s.model.syncs) > 0 {
			s.do('w')
		}
	case 'c': // the machine loses power
		crashDisk(s.world)
		left := s.disk.held()
		require.Contains(s.t, s.model.states(), shownState(left))
		s.model.durable, s.model.pending, s.model.syncs = left, nil, nil
	}
}

func (s *diskScript) write(op diskOp) {
	if s.model.visible(op.name) == nil && (op.kind == truncated || op.kind == removed) {
		return
	}
	op.do(s.t, s.disk)
	s.model.write(op)
	s.letter++
}

func (s *diskScript) run(script string) *diskScript {
	for i := range len(script) {
		s.do(script[i])
	}
	return s
}

// allScripts calls do for every script of up to so many steps.
func allScripts(steps int, do func(script string)) {
	do("")
	level := []string{""}
	for range steps {
		var next []string
		for _, script := range level {
			for _, step := range diskSteps {
				next = append(next, script+string(step))
			}
		}
		for _, script := range next {
			do(script)
		}
		level = next
	}
}

// TestCrashStatesAreThoseOfTheRules: no more and no less, for every small script.
func TestCrashStatesAreThoseOfTheRules(t *testing.T) {
	scripts, states, most := 0, 0, 0
	allScripts(4, func(script string) {
		s := newDiskScript(t, uint64(scripts), 2).run(script)
		want := s.model.states()
		if got := crashStates(t, s.world); !slices.Equal(want, got) {
			require.Equal(t, want, got, script)
		}
		scripts++
		states += len(want)
		most = max(most, len(want))
	})
	require.Equal(t, 11111, scripts)
	require.Greater(t, states, 4*scripts, "the scripts leave a crash little choice")
	require.Greater(t, most, 20)
}

// TestCrashStatesOfLongScripts is for what short scripts do not reach.
func TestCrashStatesOfLongScripts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newDiskScript(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 5).Draw(t, "sector size"))
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]byte(diskSteps)), 5, 25).Draw(t, "steps") {
			if len(s.model.pending) == 6 || len(s.model.visible("f")) > 12 || len(s.model.visible("g")) > 12 {
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
		for seed := range uint64(5000) {
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
