package sim

import (
	"fmt"
	"reflect"
)

// Divergence is the first difference between two runs that should have been the
// same.
type Divergence struct {
	First, Second string // the event in either run; empty if that run had ended
	Number        uint64 // its number in the trace
}

func (d *Divergence) Error() string {
	show := func(s string) string {
		if s == "" {
			return "(the run had ended)"
		}
		return s
	}
	return fmt.Sprintf("not deterministic: event %d differs:\n  %s\n  %s", d.Number, show(d.First), show(d.Second))
}

// Lockstep proves that a run is a function of its configuration. It runs two
// worlds made in the same way side by side, event by event, and returns a
// *Divergence at the first event in which they differ, be it only in the content
// of a message; or nil after the given number of steps, or when both have ended.
// Nothing is kept but the latest step, so any run is short enough.
func Lockstep(a, b *World, steps int) error {
	var left, right recording
	a.Observe(&left)
	b.Observe(&right)
	for range steps {
		left.events, right.events = left.events[:0], right.events[:0]
		more, moreToo := a.Step(), b.Step()
		if d := left.differs(&right); d != nil {
			return d
		}
		if a.Fingerprint() != b.Fingerprint() || more != moreToo {
			return &Divergence{Number: a.Events()}
		}
		if !more {
			return nil
		}
	}
	return nil
}

// recording keeps the events of one step.
type recording struct{ events []Event }

func (r *recording) Observe(e *Event) { r.events = append(r.events, *e) }

func (r *recording) differs(other *recording) *Divergence {
	for i := range max(len(r.events), len(other.events)) {
		var a, b *Event
		if i < len(r.events) {
			a = &r.events[i]
		}
		if i < len(other.events) {
			b = &other.events[i]
		}
		if a != nil && b != nil && reflect.DeepEqual(a, b) {
			continue
		}
		d := &Divergence{}
		if a != nil {
			d.First, d.Number = a.String(), a.Number
		}
		if b != nil {
			d.Second, d.Number = b.String(), b.Number
		}
		return d
	}
	return nil
}
