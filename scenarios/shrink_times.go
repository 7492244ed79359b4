package scenarios

import (
	"reflect"
	"slices"
	"time"

	"quorumlab/sim"
)

// times makes faults short, and moves what happens to the beginning.
func (s *shrinker) times() {
	s.begin("times")
	for i := range s.best.Schedule {
		for !s.over() {
			start, end := s.best.Schedule[i].Window()
			length := end - start
			if length < 20*time.Millisecond {
				break
			}
			if !s.try(func(f *Replay) {
				f.Schedule[i] = moved(f.Schedule[i], start, start+(length/2).Round(time.Millisecond))
			}) {
				break
			}
		}
	}
	s.earlier()
}

// earlier moves everything nearer to the beginning by as much as it can.
func (s *shrinker) earlier() {
	const settled = 200 * time.Millisecond
	for !s.over() {
		gap := s.best.begins() - settled
		if gap <= 0 {
			return
		}
		var all []Replay
		for _, by := range []time.Duration{gap, gap / 2, gap / 4} {
			f := s.best.clone()
			f.shift(-by.Round(time.Millisecond))
			all = append(all, f.fromSeeds(s.someSeeds())...)
		}
		if by := gap / 4; by < 50*time.Millisecond || s.first(all) < 0 {
			return
		}
	}
}

// begins returns when the first fault begins or the first of the operations is
// made that have their times.
func (f Replay) begins() time.Duration {
	first := f.Duration
	for _, fault := range f.Schedule {
		start, _ := fault.Window()
		first = min(first, start)
	}
	for _, load := range f.Clients {
		if len(load.Calls) > 0 {
			first = min(first, load.Calls[0].At)
		}
	}
	return first
}

// shift moves everything in time, and so the end of the first phase, with which, for some,
// changes of the membership end.
func (f *Replay) shift(by time.Duration) {
	f.Duration += by
	if f.Config != nil {
		f.Config.shift(by)
	}
	for i, fault := range f.Schedule {
		start, end := fault.Window()
		if end != 0 {
			end += by
		}
		f.Schedule[i] = moved(fault, start+by, end)
	}
	for i, load := range f.Clients {
		calls := slices.Clone(load.Calls)
		for j := range calls {
			calls[j].At += by
		}
		f.Clients[i].Calls = calls
	}
}

// moved is a fault at another time. One that is over in an instant has no end.
func moved(f sim.Fault, start, end time.Duration) sim.Fault {
	v := reflect.New(reflect.TypeOf(f)).Elem()
	v.Set(reflect.ValueOf(f))
	for name, at := range map[string]time.Duration{"Start": start, "At": start, "End": end} {
		if field := v.FieldByName(name); field.IsValid() && field.Type() == reflect.TypeFor[sim.Duration]() {
			field.SetInt(int64(at))
		}
	}
	return v.Interface().(sim.Fault)
}

// grains are the units to which times are rounded, the coarsest first.
var grains = []time.Duration{time.Second, 500 * time.Millisecond, 100 * time.Millisecond, 50 * time.Millisecond,
	10 * time.Millisecond, 5 * time.Millisecond, time.Millisecond}

// numbers makes times round: of faults, of operations, and of the whole.
func (s *shrinker) numbers() {
	s.begin("round numbers")
	for i := range s.best.Schedule {
		s.rounded(func(f *Replay, grain time.Duration) {
			start, end := f.Schedule[i].Window()
			f.Schedule[i] = moved(f.Schedule[i], start.Round(grain), end)
		})
		s.rounded(func(f *Replay, grain time.Duration) {
			start, end := f.Schedule[i].Window()
			if end != 0 { // zero would be never
				f.Schedule[i] = moved(f.Schedule[i], start, max(end.Round(grain), grain))
			}
		})
	}
	s.rounded(func(f *Replay, grain time.Duration) {
		for i, load := range f.Clients {
			calls := slices.Clone(load.Calls)
			for j := range calls {
				calls[j].At = calls[j].At.Round(grain)
			}
			f.Clients[i].Calls = calls
		}
	})
	if s.class.Judge != Live {
		s.rounded(func(f *Replay, grain time.Duration) { f.Duration = (f.Duration + grain - 1).Truncate(grain) })
	}
}

// rounded tries an edit with each grain, the coarsest first.
func (s *shrinker) rounded(edit func(f *Replay, grain time.Duration)) {
	var all []Replay
	for _, grain := range grains {
		f := s.best.clone()
		edit(&f, grain)
		if reflect.DeepEqual(f, s.best) {
			break // it is as round as that
		}
		all = append(all, f)
	}
	s.first(all)
}

// dropSilent takes away the clients who make nothing: those at the end are not
// missed by anybody; without the others some change their names.
func (s *shrinker) dropSilent() {
	s.begin("silent clients")
	s.try(func(f *Replay) {
		for n := len(f.Clients); n > 0 && f.Clients[n-1].silent(); n-- {
			f.Clients = f.Clients[:n-1]
		}
	})
	silent := func(l Load) bool { return l.silent() }
	if slices.ContainsFunc(s.best.Clients, silent) {
		f := s.best.clone()
		f.Clients = slices.DeleteFunc(f.Clients, silent)
		s.first(f.fromSeeds(s.someSeeds()))
	}
}
