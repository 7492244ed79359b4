package scenarios

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/sim"
)

// cutTail drops what comes after the failure.
func (s *shrinker) cutTail() {
	s.begin("what comes after the failure")
	if s.class.Judge == Live {
		return // the failure is what does not come
	}
	end := max(s.last.failedAt(), time.Millisecond)
	if end >= s.best.Duration && !slices.ContainsFunc(s.best.Schedule, beginsAfter(end)) {
		return
	}
	s.try(func(f *Replay) {
		f.Duration = min(f.Duration, end)
		f.Schedule = slices.DeleteFunc(f.Schedule, beginsAfter(end))
	})
}

func beginsAfter(end time.Duration) func(sim.Fault) bool {
	return func(f sim.Fault) bool {
		start, _ := f.Window()
		return start > end
	}
}

// faults leaves out faults.
func (s *shrinker) faults() {
	s.begin("faults")
	s.minimizeFaults(1)
}

// faultsWithOtherSeeds leaves out faults and runs what remains from other seeds
// too: more of them, the fewer faults there are to try.
func (s *shrinker) faultsWithOtherSeeds() {
	loose, _ := s.loose()
	if !s.reseedable || len(loose) <= 1 {
		return
	}
	s.begin("faults, with other seeds")
	s.minimizeFaults(min(max(200/len(loose), 3), 24))
}

func (s *shrinker) minimizeFaults(seeds int) {
	loose, pinned := s.loose()
	minimize([]sim.Fault(loose), func(candidates [][]sim.Fault) int {
		var all []Replay
		for _, c := range candidates {
			f := s.best.clone()
			f.Schedule = slices.Concat(c, pinned)
			all = append(all, f.fromSeeds(seeds)...)
		}
		at := s.first(all)
		if at < 0 {
			return -1
		}
		return at / seeds
	})
}

// loose returns the faults that may be left out. Without its end the failure to
// come back would mean something else.
func (s *shrinker) loose() (loose, pinned sim.Schedule) {
	for _, f := range s.best.Schedule {
		if _, heals := f.(sim.Heal); heals && s.class.Judge == Live {
			pinned = append(pinned, f)
		} else {
			loose = append(loose, f)
		}
	}
	return loose, pinned
}

// fewFaults is with how many faults there is no need to guess.
const fewFaults = 5

// guess is for failures that few faults make possible, but a rare chance makes happen:
// every fault that is left may only have kept that chance as it was. It tries a few
// faults from many seeds: each by itself, the last first, then pairs.
func (s *shrinker) guess() {
	loose, pinned := s.loose()
	if !s.reseedable || len(loose) <= fewFaults {
		return
	}
	s.begin("few faults, with many seeds")
	defer s.atMost(2000)()
	sorted := slices.Clone(loose)
	slices.SortStableFunc(sorted, func(a, b sim.Fault) int {
		startA, _ := a.Window()
		startB, _ := b.Window()
		return cmp.Compare(startB, startA)
	})
	sorted = sorted[:min(len(sorted), 24)]
	with := func(kept ...sim.Fault) Replay {
		f := s.best.clone()
		f.Schedule = slices.Concat(kept, pinned)
		return f
	}
	var all []Replay
	for _, f := range sorted {
		all = append(all, with(f).fromSeeds(48)...)
	}
	for i, f := range sorted[:min(len(sorted), 6)] {
		for _, g := range sorted[i+1:] {
			all = append(all, with(f, g).fromSeeds(16)...)
		}
	}
	s.first(all)
}

// fromSeeds is the replay from its own seed and those that follow.
func (f Replay) fromSeeds(seeds int) []Replay {
	all := make([]Replay, seeds)
	for i := range all {
		all[i] = f
		all[i].Seed += uint64(i)
	}
	return all
}

// clients silences clients. They stay as machines, so that the others keep their
// names, on which what they draw depends.
func (s *shrinker) clients() {
	if s.fragile() {
		return
	}
	s.begin("clients")
	var speaking []int
	for i, load := range s.best.Clients {
		if !load.silent() {
			speaking = append(speaking, i)
		}
	}
	least := 0
	if s.class.Judge != Inside {
		least = 1 // without clients nobody could tell
	}
	if len(speaking) <= least {
		return
	}
	minimize(speaking, func(candidates [][]int) int {
		var all []Replay
		for _, kept := range candidates {
			f := s.best.clone()
			for i := range f.Clients {
				if !slices.Contains(kept, i) {
					f.Clients[i] = Load{}
				}
			}
			all = append(all, f)
		}
		return s.first(all)
	})
}

// servers makes the cluster smaller.
func (s *shrinker) servers() {
	s.begin("servers")
	if s.protocol.fixed {
		return // they would send to others that are not there
	}
	if s.class.Judge == Live && slices.ContainsFunc(s.best.Schedule, func(f sim.Fault) bool { return hurts(f) || s.lasts(f) }) {
		return // fewer servers can bear less
	}
	for n := max(s.protocol.least, 1); n < s.best.Servers; n++ {
		f := s.best.clone()
		f.Servers = n
		seeds := 1
		if s.reseedable {
			seeds = 8
		}
		if s.first(f.fromSeeds(seeds)) >= 0 {
			return
		}
	}
}

// lasts reports whether a fault goes on to the end of the run, and nobody is healed.
func (s *shrinker) lasts(f sim.Fault) bool {
	if slices.ContainsFunc(s.best.Schedule, func(f sim.Fault) bool { _, heals := f.(sim.Heal); return heals }) {
		return false
	}
	_, end := f.Window()
	return end == 0 || end >= s.best.Duration
}

// maxOperations is how many operations are tried one by one.
const maxOperations = 3000

// operations leaves out operations. First it fixes when each is made.
func (s *shrinker) operations() {
	if s.fragile() {
		return
	}
	s.begin("operations")
	type place struct {
		client int
		call   Call
	}
	var made []place
	counted, others := make(map[int]bool), make(map[int]bool) // clients whose operations have numbers, or not
	for _, o := range s.last.Operations {
		if o.Number == 0 {
			others[o.Machine-1] = true // it comes of others, such as a delivery
			continue
		}
		counted[o.Machine-1] = true
		made = append(made, place{o.Machine - 1, Call{o.Made, o.Number}})
	}
	if len(made) > maxOperations {
		return
	}
	defer s.atMost(1500)()
	with := func(kept []place) Replay {
		f := s.best.clone()
		for i := range f.Clients {
			if counted[i] || !others[i] {
				f.Clients[i] = Load{Calls: []Call{}}
			}
		}
		for _, p := range kept {
			f.Clients[p.client].Calls = append(f.Clients[p.client].Calls, p.call)
		}
		return f
	}
	if s.first([]Replay{with(made)}) < 0 {
		return
	}
	// What befalls a message depends on how many were sent before it, so that without
	// an operation later ones may fare otherwise: other seeds are worth a try.
	left := made
	for _, seeds := range []int{1, s.someSeeds()} {
		left = minimize(left, func(candidates [][]place) int {
			var all []Replay
			for _, c := range candidates {
				all = append(all, with(c).fromSeeds(seeds)...)
			}
			at := s.first(all)
			if at < 0 {
				return -1
			}
			return at / seeds
		})
		if len(left) <= 3 {
			return
		}
	}
}
