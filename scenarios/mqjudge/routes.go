package mqjudge

import (
	"quorumlab/linearizability"
	"quorumlab/mq"
)

// route works out which publishes to an exchange went where, if bindings were taken back
// in between: what was certainly not bound is not stored, and of what may not have been
// it is not known.
func (m *Evidence) route() {
	stable := true
	for _, b := range m.bindings {
		stable = stable && b.bound
	}
	if stable {
		return
	}
	for _, e := range m.enqueues {
		m.reconsider(e)
	}
	for _, s := range m.sends {
		m.reconsider(&s.enqueue)
	}
}

func (m *Evidence) reconsider(e *enqueue) {
	if e.exchange == "" || e.outcome == linearizability.OutcomeFailed {
		return
	}
	switch is, isNot := m.bound(e); {
	case isNot:
		e.outcome = linearizability.OutcomeFailed
	case !is:
		e.outcome, e.end = linearizability.OutcomeUnknown, 0
	}
}

// bound reports whether the target of a publish was bound for certain, or for certain
// not, whenever the publish was carried out.
func (m *Evidence) bound(e *enqueue) (is, isNot bool) {
	isNot = true
	for _, b := range m.Topology.bindings {
		if b.Exchange != e.exchange || b.Queue != e.queue || !matches(m.Topology.exchanges[b.Exchange], b.Pattern, e.key) {
			continue
		}
		is = is || m.certain(e.interval, b, true)
		isNot = isNot && m.certain(e.interval, b, false)
	}
	return is, isNot
}

// certain reports whether a binding was there, or was not, for all of an interval: it was
// made so before, and nothing may have changed it since. None is there at first.
func (m *Evidence) certain(of interval, b mq.Bind, bound bool) bool {
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

// routing judges whether a publish went to as many queues and logs as it is told.
func (j judge) routing() {
	told := make(map[attempt]bool)
	judge := func(e *enqueue) {
		a := attempt{e.machine, e.call, e.exchange, e.key}
		if e.copies < 0 || told[a] {
			return
		}
		told[a] = true
		least, most := 0, 0
		for _, target := range j.Topology.targets(e.exchange, e.key) {
			to := *e
			to.queue = target
			is, isNot := e.exchange == "", false
			if !is {
				is, isNot = j.bound(&to)
			}
			if is {
				least++
			}
			if !isNot {
				most++
			}
		}
		if e.copies < least || e.copies > most {
			j.blame(routing, "C%d was told that what it published to exchange %q with key %s, such as %s, went to %d queues and logs, and bound are %d to %d",
				e.machine, e.exchange, e.key, e.value, e.copies, least, most)
		}
	}
	for _, e := range j.enqueues {
		judge(e)
	}
	for _, s := range j.sends {
		judge(&s.enqueue)
	}
}

// attempt names a publish.
type attempt struct {
	machine       int
	call          int64
	exchange, key string
}
