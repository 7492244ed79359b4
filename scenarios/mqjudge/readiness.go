package mqjudge

import (
	"time"

	"quorumlab/mq"
)

// readiness judges whether queues hand out the oldest message that is ready. A message
// is ready for certain from when its publisher was told that it is stored, from
// when it was returned, or from when its lease was over by the service's time, until it
// is delivered as the next attempt: a question in between must not be answered
// with a younger one, or with less than was asked for.
func (j judge) readiness() {
	names, all := j.byMessage()
	settled := j.settlements()
	stored := j.storedAt()
	asked := make(map[string][]receive)
	for _, r := range j.receives {
		if r.known {
			asked[r.queue] = append(asked[r.queue], r)
		}
	}
	purges := make(map[string][]removal)
	for _, r := range j.removals {
		if r.known {
			purges[r.queue] = append(purges[r.queue], r)
		}
	}
	for _, name := range names {
		list := all[name]
		if j.Topology.Queues[name.queue].Contract == mq.AtMostOnce {
			continue
		}
		for i, d := range list {
			switch {
			case i == 0 && d.lease.Attempt == 1:
				if at, known := stored[queueValue{name.queue, d.value}]; known && d.origin == d.queue {
					j.notPurged(name, d, at, purges[name.queue])
					j.inTurn(name, d, asked[name.queue], func(r receive) bool { return r.call > at && r.end < d.call })
				}
			case i > 0 && d.lease.Attempt == list[i-1].lease.Attempt+1:
				before := list[i-1]
				returned := returnedAt(settled[name], before)
				over := termOf(before, settled[name]).latest
				if returned > 0 {
					j.notPurged(name, d, returned, purges[name.queue])
				}
				j.inTurn(name, d, asked[name.queue], func(r receive) bool {
					return returned > 0 && r.call > returned && r.end < d.call || r.now >= over && r.now < d.now && r.call > before.end
				})
			}
		}
	}
}

// notPurged looks for purges that have left a message where it was, ready since a moment.
func (j judge) notPurged(name queueMessage, d delivery, since int64, purges []removal) {
	for _, p := range purges {
		if p.call > since && p.end < d.call {
			j.blame(purgedMessage, "queue %s: message %d (%s) was ready when the queue was emptied at %v, and came as attempt %d at %v",
				name.queue, name.number, d.value, p.called.Round(time.Microsecond), d.lease.Attempt, d.called.Round(time.Microsecond))
			return
		}
	}
}

// storedAt returns from when on publishers knew that a message is stored, if it was
// attempted once.
func (j judge) storedAt() map[queueValue]int64 {
	at := make(map[queueValue]int64)
	twice := make(map[queueValue]bool)
	for _, e := range j.enqueues {
		name := queueValue{e.queue, e.value}
		if _, any := at[name]; any {
			twice[name] = true
		}
		at[name] = e.end
	}
	for name, end := range at {
		if twice[name] || end == 0 {
			delete(at, name)
		}
	}
	return at
}

// returnedAt returns when a consumer was told that its lease is given back, or zero.
func returnedAt(said []settlement, d delivery) int64 {
	for _, s := range said {
		returns := s.how == mq.Returning || s.how == mq.Extending && s.timeout == 0
		if s.lease == d.lease && returns && s.known && s.err == nil {
			return s.end
		}
	}
	return 0
}

// inTurn looks for questions that were answered while a message was ready, as if it
// was not there.
func (j judge) inTurn(name queueMessage, d delivery, asked []receive, ready func(r receive) bool) {
	for _, r := range asked {
		if !ready(r) {
			continue
		}
		for _, number := range r.numbers {
			if number > name.number {
				j.blame(queueOrder, "queue %s: message %d was delivered while message %d (%s) was ready, which came later, as attempt %d at %v",
					name.queue, number, name.number, d.value, d.lease.Attempt, d.called.Round(time.Microsecond))
				return
			}
		}
		if n := len(r.numbers); n < r.max {
			j.blame(withheldMessage, "queue %s gave %d of %d messages asked for at %v while message %d (%s) was ready, which came as attempt %d at %v",
				name.queue, n, r.max, r.called.Round(time.Microsecond), name.number, d.value, d.lease.Attempt, d.called.Round(time.Microsecond))
			return
		}
	}
}
