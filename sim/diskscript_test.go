package sim

import (
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
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
	counts := make([]int, maxSectors)
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
		for counts[sector] = range m.appendsTo(name, sector) + 1 {
			try(sector + 1)
		}
	}
	try(0)
	return found
}

// choices counts the sectors of which a crash may keep an append or not: there are no
// more ways to crash than two to the power of this, for each change of the journal.
func (m *diskModel) choices() (count int) {
	for _, name := range []string{"f", "g"} {
		for sector := range maxSectors {
			count += m.appendsTo(name, sector)
		}
	}
	return count
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
