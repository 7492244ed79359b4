package scenarios

import (
	"quorumlab/linearizability"
	"quorumlab/mq"
)

// route works out which publishes to an exchange went where, if bindings were taken back
// in between: what was certainly not bound is not stored, and of what may not have been
// it is not known.
func (m *messages) route(t topology) {
	stable := true
	for _, b := range m.bindings {
		stable = stable && b.bound
	}
	if stable {
		return
	}
	for _, e := range m.enqueues {
		m.reconsider(e, t)
	}
	for _, s := range m.sends {
		m.reconsider(&s.enqueue, t)
	}
}

func (m *messages) reconsider(e *enqueue, t topology) {
	if e.exchange == "" || e.outcome == linearizability.OutcomeFailed {
		return
	}
	switch is, isNot := m.bound(e, t); {
	case isNot:
		e.outcome = linearizability.OutcomeFailed
	case !is:
		e.outcome, e.end = linearizability.OutcomeUnknown, 0
	}
}

// bound reports whether the target of a publish was bound for certain, or for certain
// not, whenever the publish was carried out.
func (m *messages) bound(e *enqueue, t topology) (is, isNot bool) {
	isNot = true
	for _, b := range t.bindings {
		if b.Exchange != e.exchange || b.Queue != e.queue || !matches(t.exchanges[b.Exchange], b.Pattern, e.key) {
			continue
		}
		is = is || m.certain(e.interval, b, true)
		isNot = isNot && m.certain(e.interval, b, false)
	}
	return is, isNot
}

// certain reports whether a binding was there, or was not, for all of an interval: it was
// made so before, and nothing may have changed it since. None is there at first.
func (m *messages) certain(of interval, b mq.Bind, bound bool) bool {
	since, known := int64(0), !bound
	for _, x := range m.bindings {
		if x.about(b) && x.bound == bound && x.end != 0 && x.end < of.call {
			since, known = max(since, x.call), true
		}
	}
	for _, x := range m.bindings {
		before := x.end != 0 && x.end < since
		after := of.end != 0 && x.call > of.end
		if x.about(b) && x.bound != bound && !before && !after {
			return false
		}
	}
	return known
}

// about reports whether a change concerns a binding. That of a deleted queue concerns all
// of the queue's.
func (r rebinding) about(b mq.Bind) bool {
	return r.Bind == b || r.Exchange == "" && r.Queue == b.Queue
}
