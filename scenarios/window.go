package scenarios

import (
	"fmt"
	"sort"
	"time"
)

// Window is the part of a run that a space-time diagram shows. The zero value is
// around the violation, or else around what followed the first fault.
type Window struct {
	At     time.Duration // the moment in question; zero is the one that says most
	Length time.Duration // zero is as long as can be read
}

// flags are what sets the window on a command line, with a space before each.
func (w Window) flags() (flags string) {
	if w.At > 0 {
		flags += fmt.Sprintf(" --at %v", w.At)
	}
	if w.Length > 0 {
		flags += fmt.Sprintf(" --window %v", w.Length)
	}
	return flags
}

// Validate reports the first field that is wrong.
func (w Window) Validate() error {
	switch {
	case w.At < 0:
		return fmt.Errorf("at: %v is negative", w.At)
	case w.Length < 0:
		return fmt.Errorf("window: %v is negative", w.Length)
	}
	return nil
}

// stretch is a window on the events of a run.
type stretch struct {
	first, last uint64 // numbers of the events
	start, end  time.Duration
	focus       time.Duration
	label       string // of the focus
	note        string // what a reader must know
}

// stretch finds the events to show, at most limit of them.
func (r *Result) stretch(w Window, times []time.Duration, limit int) stretch {
	s := stretch{first: 1, last: uint64(len(times)), end: r.Length}
	s.focus, s.label = r.focus(w)
	if s.focus > r.Length {
		s.focus, s.label = r.Length, s.label+", which is after the end of the run"
	}
	before := 0.3 // what follows says more
	if w.At == 0 && r.Violation != "" {
		before = 0.9
	}
	low, high := 0, len(times)
	if w.Length > 0 {
		s.start = max(s.focus-time.Duration(before*float64(w.Length)), 0)
		s.end = min(s.start+w.Length, r.Length)
		low, high = within(times, s.start, s.end)
	}
	if high-low > limit {
		all := high - low
		middle := sort.Search(len(times), func(i int) bool { return times[i] >= s.focus })
		low = max(low, min(middle-int(before*float64(limit)), high-limit))
		high = low + limit
		s.start, s.end = times[low], times[high-1]
		if w.Length > 0 {
			s.note = fmt.Sprintf("Of the %d events between the times asked for, %d are shown; ", all, limit)
		}
	}
	s.first, s.last = uint64(low+1), uint64(high)
	s.note += r.windowNote(s, len(times))
	return s
}

// within finds the times from one to another: those from low to before high.
func within(times []time.Duration, start, end time.Duration) (low, high int) {
	low = sort.Search(len(times), func(i int) bool { return times[i] >= start })
	high = sort.Search(len(times), func(i int) bool { return times[i] > end })
	return low, high
}

// windowNote says that a stretch is not all of the run, if it is not.
func (r *Result) windowNote(s stretch, all int) string {
	shown := int(s.last + 1 - s.first)
	if shown == all {
		return ""
	}
	return fmt.Sprintf("this is a window of %d of the run's %d events, from %v to %v of %v.",
		shown, all, s.start.Round(time.Microsecond), s.end.Round(time.Microsecond), r.Length.Round(time.Microsecond))
}

// focus is the moment that says most about a run, and what is there.
func (r *Result) focus(w Window) (time.Duration, string) {
	if w.At > 0 {
		return w.At, fmt.Sprintf("%v", w.At)
	}
	if r.Violation != "" {
		name := r.Failure.Invariant
		if name == "" {
			name = "violation"
		}
		return r.failedAt(), name
	}
	var first time.Duration
	label := ""
	for _, f := range r.Faults {
		if start, _ := f.Window(); label == "" || start < first {
			first, label = start, f.Label()
		}
	}
	for _, l := range r.Leaders {
		if label != "" && l.At > first {
			return first, label
		}
	}
	if label == "" && len(r.Leaders) > 0 {
		return r.Leaders[0].At, "first leader"
	}
	return min(first, r.Length), label
}
