package scenarios

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/mq"
)

// deliveriesDiffer looks for a message that is another one when it comes again.
func (j messageJudge) deliveriesDiffer() {
	names, all := j.byMessage()
	for _, name := range names {
		for _, d := range all[name] {
			if d.value != all[name][0].value {
				j.blame(unexpectedMessage, "message %d of queue %s is %s, and was %s", name.number, name.queue, d.value, all[name][0].value)
			}
		}
	}
}

// leases judges by the service's own time, which answers tell, whether a message came
// to two consumers within one lease: so it does not matter what clocks were worth.
func (j messageJudge) leases() {
	names, all := j.byMessage()
	settled := j.settlements()
	for _, name := range names {
		list := all[name]
		for i, d := range list[1:] {
			before := list[i]
			switch {
			case d.lease == before.lease:
				j.blame(leaseExclusion, "message %d of queue %s (%s) was delivered twice as attempt %d, to C%d and C%d",
					name.number, name.queue, d.value, d.lease.Attempt, before.machine, d.machine)
			case d.now < before.now+before.length && !given(settled[name], before, d):
				j.blame(leaseExclusion, "message %d of queue %s (%s) was delivered to C%d at %v, and at %v to C%d within the lease of %v",
					name.number, name.queue, d.value, before.machine, before.now, d.now, d.machine, before.length)
			}
		}
	}
}

// given reports whether a lease may have been given back before the next delivery.
func given(said []settlement, d, next delivery) bool {
	for _, s := range said {
		if s.lease == d.lease && s.how != mq.Acknowledging && s.call < next.end {
			return true
		}
	}
	return false
}

// settling judges what consumers were told about their leases.
func (j messageJudge) settling() {
	_, all := j.byMessage()
	granted := make(map[queueMessage]settlement)
	for i, s := range j.settled {
		if !s.known {
			continue
		}
		name := queueMessage{s.queue, s.lease.Message}
		what := fmt.Sprintf("C%d's lease of message %d of queue %s, attempt %d", s.machine, name.number, name.queue, s.lease.Attempt)
		switch {
		case s.err == nil:
			for _, d := range all[name] {
				if d.lease.Attempt > s.lease.Attempt && d.end < s.call {
					j.blame(settledTwice, "%s was good though C%d had got attempt %d before", what, d.machine, d.lease.Attempt)
				}
			}
			if s.how == mq.Returning {
				continue
			}
			if earlier, any := granted[name]; any {
				j.blame(settledTwice, "%s was good after the message had been settled by C%d as attempt %d", what, earlier.machine, earlier.lease.Attempt)
			}
			granted[name] = s
		case errors.Is(s.err, mq.ErrUnknownLease) || errors.Is(s.err, mq.ErrNotHolder) || errors.Is(s.err, mq.ErrUnknownQueue):
			j.blame(settledTwice, "%s is said to be none: %v", what, s.err)
		case errors.Is(s.err, mq.ErrSettled) && !j.mayBeSettled(i):
			j.blame(settledTwice, "%s is settled, which nobody has done", what)
		}
	}
}

// mayBeSettled reports whether the message of a settlement may be gone: others have
// settled it, or its queue has given it up.
func (j messageJudge) mayBeSettled(place int) bool {
	s := j.settled[place]
	o := j.crew.topology.queues[s.queue]
	if o.TTL > 0 || o.MaxLength > 0 || limitOf(o) > 0 && s.lease.Attempt >= limitOf(o) {
		return true
	}
	for i, other := range j.settled {
		if i != place && other.queue == s.queue && other.lease.Message == s.lease.Message && other.call < s.end {
			return true
		}
	}
	for _, d := range j.deliveries { // a later delivery may have reached the limit
		if d.queue == s.queue && d.lease.Message == s.lease.Message && d.lease.Attempt > s.lease.Attempt && limitOf(o) > 0 {
			return true
		}
	}
	return limitOf(o) > 0 && j.unknownReceives(s.queue)
}

// unknownReceives reports whether somebody got no answer from a queue, and so may hold
// messages that nobody knows of.
func (j messageJudge) unknownReceives(queue string) bool {
	for _, r := range j.receives {
		if r.queue == queue && !r.known {
			return true
		}
	}
	return false
}

// limits judges whether a message was delivered more often than permitted.
func (j messageJudge) limits() {
	for _, d := range j.deliveries {
		if limit := limitOf(j.crew.topology.queues[d.queue]); limit > 0 && d.lease.Attempt > limit {
			j.blame(deliveryLimit, "message %d of queue %s (%s) was delivered as attempt %d, and the limit is %d",
				d.lease.Message, d.queue, d.value, d.lease.Attempt, limit)
		}
	}
}

// deadLettersOnce judges whether a message died once.
func (j messageJudge) deadLettersOnce() {
	died := make(map[queueMessage]queueMessage)
	granted := make(map[queueMessage]settlement)
	for _, s := range j.settled {
		if s.known && s.err == nil && s.how == mq.Acknowledging {
			granted[queueMessage{s.queue, s.lease.Message}] = s
		}
	}
	for _, d := range j.deliveries {
		if d.reason == 0 {
			continue
		}
		origin, name := queueMessage{d.origin, d.number}, queueMessage{d.queue, d.lease.Message}
		if earlier, any := died[origin]; any && earlier != name {
			j.blame(deadLetters, "message %d of queue %s (%s) came as a dead letter twice", origin.number, origin.queue, d.value)
		}
		died[origin] = name
		if s, any := granted[origin]; any {
			j.blame(deadLetters, "message %d of queue %s (%s) came as a dead letter, and C%d had acknowledged it", origin.number, origin.queue, d.value, s.machine)
		}
		if want := j.crew.topology.queues[d.origin].DeadLetters; want != d.queue {
			j.blame(deadLetters, "a dead letter of queue %s came to %s, not to %q", d.origin, d.queue, want)
		}
	}
}

// readiness judges whether queues hand out the oldest message that is ready. A message
// is ready for certain from when its publisher was told that it is stored, from
// when it was returned, or from when its lease was over by the service's time, until it
// is delivered as the next attempt: a question in between must not be answered
// with a younger one, or with less than was asked for.
func (j messageJudge) readiness() {
	_, all := j.byMessage()
	settled := j.settlements()
	stored := j.storedAt()
	asked := make(map[string][]receive)
	for _, r := range j.receives {
		if r.known {
			asked[r.queue] = append(asked[r.queue], r)
		}
	}
	names, _ := j.byMessage()
	for _, name := range names {
		list := all[name]
		if j.crew.topology.queues[name.queue].Contract == mq.AtMostOnce {
			continue
		}
		for i, d := range list {
			switch {
			case i == 0 && d.lease.Attempt == 1:
				if at, known := stored[queueValue{name.queue, d.value}]; known && d.origin == d.queue {
					j.inTurn(name, d, asked[name.queue], func(r receive) bool { return r.call > at && r.end < d.call })
				}
			case i > 0 && d.lease.Attempt == list[i-1].lease.Attempt+1:
				before := list[i-1]
				returned := returnedAt(settled[name], before)
				over := before.now + before.length
				j.inTurn(name, d, asked[name.queue], func(r receive) bool {
					return returned > 0 && r.call > returned && r.end < d.call || r.now >= over && r.now < d.now && r.call > before.end
				})
			}
		}
	}
}

// queueValue names a value of a queue.
type queueValue struct{ queue, value string }

// storedAt returns from when on publishers knew that a message is stored, if it was
// attempted once.
func (j messageJudge) storedAt() map[queueValue]int64 {
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
		if s.lease == d.lease && s.how == mq.Returning && s.known && s.err == nil {
			return s.end
		}
	}
	return 0
}

// inTurn looks for questions that were answered while a message was ready, as if it
// was not there.
func (j messageJudge) inTurn(name queueMessage, d delivery, asked []receive, ready func(r receive) bool) {
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
		if len(r.numbers) == 0 {
			j.blame(withheldMessage, "queue %s was said to be empty at %v while message %d (%s) was ready, which came as attempt %d at %v",
				name.queue, r.called.Round(time.Microsecond), name.number, d.value, d.lease.Attempt, d.called.Round(time.Microsecond))
			return
		}
	}
}
