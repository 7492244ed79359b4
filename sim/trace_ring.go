package sim

import (
	"fmt"
	"io"
	"strings"
)

// Ring is an observer that keeps the last events of a run: what led to the moment
// at which the run went wrong, at a few nanoseconds per event and in bounded
// memory. The events can be shown to another observer later.
type Ring struct {
	events []Event // the oldest is at next, once there are as many as there is room for
	next   int
	size   int
}

// NewRing makes a ring that keeps the last size events. It panics if size is not
// positive.
func NewRing(size int) *Ring {
	if size <= 0 {
		panic(fmt.Sprintf("sim: a ring of %d events", size))
	}
	return &Ring{size: size}
}

// Observe implements Observer.
func (r *Ring) Observe(e *Event) {
	if len(r.events) < r.size {
		r.events = append(r.events, *e)
		return
	}
	r.events[r.next] = *e
	r.next = (r.next + 1) % r.size
}

// Events returns the events kept, oldest first. The slice is the caller's.
func (r *Ring) Events() []Event {
	events := make([]Event, 0, len(r.events))
	events = append(events, r.events[r.next:]...)
	return append(events, r.events[:r.next]...)
}

// String prints the events kept, oldest first, one per line.
func (r *Ring) String() string {
	var b strings.Builder
	for _, part := range [][]Event{r.events[r.next:], r.events[:r.next]} {
		for i := range part {
			b.WriteString(oneLine(part[i].String()))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// WriteTo writes what String returns. It implements io.WriterTo.
func (r *Ring) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, r.String())
	return int64(n), err
}
