package sim

import (
	"fmt"
	"reflect"
	"time"
)

// Divergence is the first difference between two runs that should have been the
// same.
type Divergence struct {
	First, Second string // the event in either run, or how that run failed; empty if there was neither
	Number        uint64 // its number in the trace
}

func (d *Divergence) Error() string {
	show := func(s string) string {
		if s == "" {
			return "(no event)"
		}
		return s
	}
	return fmt.Sprintf("not deterministic: event %d differs:\n  %s\n  %s", d.Number, show(d.First), show(d.Second))
}

// Lockstep proves that a run is a function of its configuration. It runs two
// worlds made in the same way side by side, event by event, and returns a
// *Divergence at the first event in which they differ, be it only in the content
// of a message; or nil when both have reached the given virtual time, have ended,
// or have failed in the same way. Nothing is kept but the latest step, so no run
// is too long.
func Lockstep(a, b *World, until time.Duration) error {
	var left, right recording
	a.Observe(&left)
	b.Observe(&right)
	for {
		left.events, right.events = left.events[:0], right.events[:0]
		more, moreToo := a.steps(int64(until), 1) == 1, b.steps(int64(until), 1) == 1
		if d := left.differs(&right); d != nil {
			return d
		}
		if a.Fingerprint() != b.Fingerprint() || more != moreToo || a.failed() != b.failed() {
			return &Divergence{First: left.ending(a), Second: right.ending(b), Number: a.Events()}
		}
		if !more {
			return nil
		}
	}
}

// failed returns how the run failed, or nothing.
func (w *World) failed() string {
	if w.failure == nil {
		return ""
	}
	return w.failure.Error()
}

// recording keeps the events of one step.
type recording struct{ events []Event }

func (r *recording) Observe(e *Event) { r.events = append(r.events, *e) }

// ending says where a run stands that differs from the other in what the events of
// the step do not show.
func (r *recording) ending(w *World) string {
	if last := len(r.events) - 1; w.failure == nil && last >= 0 {
		return r.events[last].String()
	}
	return w.failed()
}

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
