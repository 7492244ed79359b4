package mqjudge

import (
	"errors"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// Trace is the life of a message in a queue or log. Times that did not come are
// zero.
type Trace struct {
	Queue, Value                              string
	Machine                                   int // the number of the client that made it
	Made, Sent, Confirmed, Delivered, Settled time.Duration
	Deliveries                                int
	Dead                                      bool // came as a dead letter
}

// tracer puts a record together.
type tracer struct {
	*Evidence
	record       *Record
	traces       map[queueValue]*Trace
	names        []queueValue // of the traces, in the order in which they were begun
	depth, again map[string][]step
}

// trace returns the trace of a message, which may be a new one.
func (t *tracer) trace(queue, value string) *Trace {
	name := queueValue{queue, value}
	if t.traces[name] == nil {
		making := t.Transcript.Made[value]
		t.traces[name] = &Trace{Queue: queue, Value: value, Machine: making.Machine, Made: making.At}
		t.names = append(t.names, name)
	}
	return t.traces[name]
}

func (t *tracer) stored(e *enqueue) {
	trace := t.trace(e.queue, e.value)
	if trace.Sent == 0 || e.called < trace.Sent {
		trace.Sent = e.called
	}
	if e.outcome == linearizability.OutcomeOK && (trace.Confirmed == 0 || e.ended < trace.Confirmed) {
		trace.Confirmed = e.ended
	}
}

func (t *tracer) delivered(queue, value string, at time.Duration) *Trace {
	trace := t.trace(queue, value)
	trace.Deliveries++
	if trace.Delivered == 0 || at < trace.Delivered {
		trace.Delivered = at
	}
	return trace
}

// deliver takes all deliveries. Records of a log are delivered to a group when its members
// have dealt with them.
func (t *tracer) deliver() {
	seen := make(map[queueMessage]bool)
	for _, d := range t.deliveries {
		trace := t.delivered(d.origin, d.value, d.ended)
		trace.Dead = trace.Dead || d.reason != 0
		name := queueMessage{d.origin, d.number}
		if seen[name] || d.lease.Attempt > 1 {
			t.record.Redelivered = append(t.record.Redelivered, d.ended)
			t.again[d.origin] = append(t.again[d.origin], step{d.ended, 1})
		}
		seen[name] = true
	}
	for _, w := range t.record.Worked {
		if w.Group != "" {
			t.delivered(w.Queue, w.Value, w.Ended)
		}
	}
}

// settle takes all that was said about leases.
func (t *tracer) settle() {
	values := t.values()
	for _, s := range t.settled {
		if s.known && (errors.Is(s.err, mq.ErrLeaseExpired) || errors.Is(s.err, mq.ErrSettled)) {
			t.record.Refused++
		}
		value, known := values[queueMessage{s.queue, s.lease.Message}]
		if known && s.known && s.err == nil && (s.how == mq.Acknowledging || s.how == mq.Rejecting) {
			if trace := t.trace(t.originOf(s), value); trace.Settled == 0 {
				trace.Settled = s.ended
			}
		}
	}
}

// deepen adds to the depth of a message's queue, from when it was confirmed until it was
// settled.
func (t *tracer) deepen(trace *Trace) {
	options, isQueue := t.Topology.Queues[trace.Queue]
	if !isQueue || trace.Confirmed == 0 {
		return
	}
	gone := trace.Settled
	if options.Contract == mq.AtMostOnce {
		gone = trace.Delivered
	}
	t.depth[trace.Queue] = append(t.depth[trace.Queue], step{trace.Confirmed, 1})
	if gone > 0 {
		t.depth[trace.Queue] = append(t.depth[trace.Queue], step{max(gone, trace.Confirmed), -1})
	}
}
