package scenarios

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/mq"
)

// deliveriesDiffer looks for a message that is another one when it comes again.
func (j messageJudge) deliveriesDiffer() {
	keys := make(map[queueValue]string)
	for _, e := range j.enqueues {
		keys[queueValue{e.queue, e.value}] = e.key
	}
	names, all := j.byMessage()
	for _, name := range names {
		for _, d := range all[name] {
			leased := d.length
			if j.crew.topology.queues[name.queue].Contract == mq.AtMostOnce {
				leased = 0
			}
			if d.told != leased {
				j.blame(leaseExclusion, "message %d of queue %s (%s) was leased to C%d for %v, not for %v",
					name.number, name.queue, d.value, d.machine, d.told, leased)
			}
			first := all[name][0]
			if d.value != first.value || d.key != first.key || d.publish != first.publish {
				j.blame(unexpectedMessage, "message %d of queue %s is %s with key %s, stored at %v, and was %s with key %s, stored at %v",
					name.number, name.queue, d.value, d.key, d.publish, first.value, first.key, first.publish)
			}
			if want, known := keys[queueValue{d.origin, d.value}]; known && d.key != want {
				j.blame(unexpectedMessage, "message %d of queue %s (%s) has key %s, and was published with %s", name.number, name.queue, d.value, d.key, want)
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
			case d.now < termOf(before, settled[name]).earliest && !given(settled[name], before, d):
				j.blame(leaseExclusion, "message %d of queue %s (%s) was delivered to C%d at %v until %v, and at %v to C%d",
					name.number, name.queue, d.value, before.machine, before.now, termOf(before, settled[name]).earliest, d.now, d.machine)
			}
		}
	}
}

// given reports whether a lease may have been given back before the next delivery.
func given(said []settlement, d, next delivery) bool {
	for _, s := range said {
		if s.lease == d.lease && (s.how == mq.Returning || s.how == mq.Rejecting) && s.call < next.end {
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
			if s.how == mq.Returning || s.how == mq.Extending {
				continue
			}
			if earlier, any := granted[name]; any {
				j.blame(settledTwice, "%s was good after the message had been settled by C%d as attempt %d", what, earlier.machine, earlier.lease.Attempt)
			}
			granted[name] = s
		case errors.Is(s.err, mq.ErrUnknownQueue) && j.removes(s.queue, true, s.end):
		case errors.Is(s.err, mq.ErrUnknownLease) || errors.Is(s.err, mq.ErrNotHolder) || errors.Is(s.err, mq.ErrUnknownQueue) ||
			errors.Is(s.err, mq.ErrBadOption):
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
	if o.TTL > 0 || o.MaxLength > 0 || limitOf(o) > 0 && s.lease.Attempt >= limitOf(o) || j.removes(s.queue, false, s.end) {
		return true
	}
	for i, other := range j.settled {
		if i != place && other.queue == s.queue && other.lease.Message == s.lease.Message && other.call < s.end && other.how != mq.Extending {
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

// limits judges whether a message was delivered more often than permitted, or when it was
// too old.
func (j messageJudge) limits() {
	for _, d := range j.deliveries {
		if ttl := j.crew.topology.queues[d.queue].TTL; ttl > 0 && d.now >= d.publish+ttl {
			j.blame(timeToLive, "message %d of queue %s (%s) was stored at %v and delivered at %v, and may wait for %v",
				d.lease.Message, d.queue, d.value, d.publish, d.now, ttl)
		}
		if limit := limitOf(j.crew.topology.queues[d.queue]); limit > 0 && d.lease.Attempt > limit {
			j.blame(deliveryLimit, "message %d of queue %s (%s) was delivered as attempt %d, and the limit is %d",
				d.lease.Message, d.queue, d.value, d.lease.Attempt, limit)
		}
	}
}

// deadLettersOnce judges whether a message died once.
func (j messageJudge) deadLettersOnce() {
	died := make(map[queueMessage]queueMessage)
	_, all := j.byMessage()
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
		if why := j.wrongDeath(d, all[origin]); why != "" {
			j.blame(deadLetters, "message %d of queue %s (%s) died: %v after %d deliveries, %s", origin.number, origin.queue, d.value, d.reason, d.died, why)
		}
		if want := j.crew.topology.queues[d.origin].DeadLetters; want != d.queue {
			j.blame(deadLetters, "a dead letter of queue %s came to %s, not to %q", d.origin, d.queue, want)
		}
	}
}

// wrongDeath returns what is wrong with how a message died, as its letter tells, given the
// deliveries before.
func (j messageJudge) wrongDeath(letter delivery, alive []delivery) string {
	o := j.crew.topology.queues[letter.origin]
	switch {
	case letter.reason == mq.ReasonTTL && o.TTL == 0:
		return "and the queue keeps its messages for ever"
	case letter.reason == mq.ReasonLength && (o.MaxLength == 0 || o.Overflow != mq.DropHead):
		return "and the queue gives none up for its length"
	case letter.reason == mq.ReasonDeliveryLimit && letter.died != limitOf(o):
		return fmt.Sprintf("and the limit is %d", limitOf(o))
	}
	for _, d := range alive {
		if d.lease.Attempt > letter.died {
			return fmt.Sprintf("and it was delivered as attempt %d", d.lease.Attempt)
		}
		if letter.reason == mq.ReasonTTL && letter.publish < d.publish+o.TTL {
			return fmt.Sprintf("and it was stored at %v, died at %v, and had %v", d.publish, letter.publish, o.TTL)
		}
	}
	if letter.reason != mq.ReasonRejected {
		return ""
	}
	for _, s := range j.settled {
		if s.queue == letter.origin && s.lease.Message == letter.number && s.how == mq.Rejecting && s.lease.Attempt == letter.died && s.call < letter.end && s.err == nil {
			return ""
		}
	}
	return "and nobody had rejected it then"
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
	purges := make(map[string][]removal)
	for _, r := range j.removals {
		if r.known {
			purges[r.queue] = append(purges[r.queue], r)
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
func (j messageJudge) notPurged(name queueMessage, d delivery, since int64, purges []removal) {
	for _, p := range purges {
		if p.call > since && p.end < d.call {
			j.blame(purgedMessage, "queue %s: message %d (%s) was ready when the queue was emptied at %v, and came as attempt %d at %v",
				name.queue, name.number, d.value, p.called.Round(time.Microsecond), d.lease.Attempt, d.called.Round(time.Microsecond))
			return
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
		returns := s.how == mq.Returning || s.how == mq.Extending && s.timeout == 0
		if s.lease == d.lease && returns && s.known && s.err == nil {
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
