package mqjudge

import (
	"errors"
	"fmt"
	"slices"

	"quorumlab/mq"
)

// deliveriesDiffer looks for a message that is another one when it comes again.
func (j judge) deliveriesDiffer() {
	keys := make(map[queueValue]string)
	for _, e := range j.enqueues {
		keys[queueValue{e.queue, e.value}] = e.key
	}
	names, all := j.byMessage()
	for _, name := range names {
		for _, d := range all[name] {
			leased := d.length
			if j.Topology.Queues[name.queue].Contract == mq.AtMostOnce {
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
func (j judge) leases() {
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
func (j judge) settling() {
	_, all := j.byMessage()
	said := j.settlements()
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
		case errors.Is(s.err, mq.ErrLeaseExpired) && j.overTooSoon(s, all[name], said[name]):
			j.blame(settledTwice, "%s is said to be over at %v, and nobody has ended it", what, s.ended)
		}
	}
}

// overTooSoon reports whether a lease cannot have run out when it was said to be over. That
// is counted by servers' clocks: only if nothing befell those, clients can count along.
func (j judge) overTooSoon(s settlement, of []delivery, said []settlement) bool {
	ends := func(other settlement) bool {
		return other.lease == s.lease && other.call != s.call && other.call < s.end && (other.how == mq.Returning || other.how == mq.Extending)
	}
	if j.ClocksFail || slices.ContainsFunc(said, ends) {
		return false
	}
	return slices.ContainsFunc(of, func(d delivery) bool { return d.lease == s.lease && s.ended < d.called+d.length })
}

// mayBeSettled reports whether the message of a settlement may be gone: others have
// settled it, or its queue has given it up.
func (j judge) mayBeSettled(place int) bool {
	s := j.settled[place]
	o := j.Topology.Queues[s.queue]
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
func (j judge) unknownReceives(queue string) bool {
	for _, r := range j.receives {
		if r.queue == queue && !r.known {
			return true
		}
	}
	return false
}

// limits judges whether a message was delivered more often than permitted, or when it was
// too old.
func (j judge) limits() {
	for _, d := range j.deliveries {
		if ttl := j.Topology.Queues[d.queue].TTL; ttl > 0 && d.now >= d.publish+ttl {
			j.blame(timeToLive, "message %d of queue %s (%s) was stored at %v and delivered at %v, and may wait for %v",
				d.lease.Message, d.queue, d.value, d.publish, d.now, ttl)
		}
		if limit := limitOf(j.Topology.Queues[d.queue]); limit > 0 && d.lease.Attempt > limit {
			j.blame(deliveryLimit, "message %d of queue %s (%s) was delivered as attempt %d, and the limit is %d",
				d.lease.Message, d.queue, d.value, d.lease.Attempt, limit)
		}
	}
}
