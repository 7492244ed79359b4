package mqjudge

import (
	"cmp"
	"slices"
	"time"
)

// Record is what became of the messages of a run, in plain data.
type Record struct {
	// Messages are all that were made, once for each queue or log that they went to.
	Messages []Trace
	// Redelivered are the times of deliveries that were not the message's first.
	Redelivered []time.Duration
	// Depth is how many messages were confirmed and not settled, and Redeliveries how
	// many there were so far, of each queue; Lag is how many records a group had not
	// committed yet. All are as clients could know them, and change at these points.
	Depth, Redeliveries, Lag []Series
	// Worked is when clients worked on messages.
	Worked []Work
	// Lost, Duplicated and Reordered count messages: confirmed and never delivered;
	// delivered more than once in any way; first delivered later than one that the same
	// client had sent after it.
	Confirmed, Delivered, Lost, Duplicated, Reordered int
	// Dead counts messages that came as dead letters, and Refused what consumers said of
	// leases that were over.
	Dead, Refused int
}

// WorkedTwice counts the messages that were worked on more than once.
func (r *Record) WorkedTwice() int {
	times := make(map[queueValue]int)
	for _, w := range r.Worked {
		times[queueValue{w.Queue, w.Value}]++
	}
	count := 0
	for _, n := range times {
		if n > 1 {
			count++
		}
	}
	return count
}

// WorksAtOnce counts how often two clients worked on the same message at the same time.
func (r *Record) WorksAtOnce() int {
	count := 0
	for i, a := range r.Worked {
		for _, b := range r.Worked[:i] {
			if a.Machine != b.Machine && a.Queue == b.Queue && a.Value == b.Value && a.Began < b.Ended && b.Began < a.Ended {
				count++
			}
		}
	}
	return count
}

// Series is a number that changes over time.
type Series struct {
	Name string
	At   []time.Duration
	To   []int
}

// Record works out what became of the messages.
func (m *Evidence) Record() *Record {
	t := tracer{
		Evidence: m, record: &Record{Worked: m.Transcript.Work}, traces: make(map[queueValue]*Trace),
		depth: make(map[string][]step), again: make(map[string][]step),
	}
	for _, e := range m.enqueues {
		t.stored(e)
	}
	for _, s := range m.sends {
		t.stored(&s.enqueue)
	}
	t.deliver()
	t.settle()
	r := t.record
	for _, name := range t.names {
		t.deepen(t.traces[name])
		r.Messages = append(r.Messages, *t.traces[name])
		r.count(t.traces[name])
	}
	r.Reordered = reordered(r.Messages)
	r.Depth, r.Redeliveries, r.Lag = series(t.depth), series(t.again), series(m.lag())
	return r
}

// originOf is the queue where a message was first, before it died.
func (m *Evidence) originOf(s settlement) string {
	for _, d := range m.deliveries {
		if d.queue == s.queue && d.lease.Message == s.lease.Message {
			return d.origin
		}
	}
	return s.queue
}

func (r *Record) count(t *Trace) {
	if t.Confirmed > 0 {
		r.Confirmed++
		if t.Deliveries == 0 {
			r.Lost++
		}
	}
	if t.Deliveries > 0 {
		r.Delivered++
	}
	if t.Deliveries > 1 {
		r.Duplicated++
	}
	if t.Dead {
		r.Dead++
	}
}

// reordered counts messages that were delivered later than one of the same client
// that was sent after it.
func reordered(all []Trace) int {
	byMaker := make(map[queueMessage][]Trace)
	for _, t := range all {
		if t.Delivered > 0 {
			name := queueMessage{t.Queue, uint64(t.Machine)}
			byMaker[name] = append(byMaker[name], t)
		}
	}
	count := 0
	for _, list := range byMaker {
		slices.SortStableFunc(list, func(a, b Trace) int { return cmp.Compare(a.Made, b.Made) })
		earliest := time.Duration(1<<63 - 1)
		for _, t := range slices.Backward(list) {
			if t.Delivered > earliest {
				count++
			}
			earliest = min(earliest, t.Delivered)
		}
	}
	return count
}
