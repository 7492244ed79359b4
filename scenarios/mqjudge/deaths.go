package mqjudge

import (
	"fmt"

	"quorumlab/mq"
)

// deadLettersOnce judges whether a message died once.
func (j judge) deadLettersOnce() {
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
		if want := j.Topology.Queues[d.origin].DeadLetters; want != d.queue {
			j.blame(deadLetters, "a dead letter of queue %s came to %s, not to %q", d.origin, d.queue, want)
		}
	}
}

// wrongDeath returns what is wrong with how a message died, as its letter tells, given the
// deliveries before.
func (j judge) wrongDeath(letter delivery, alive []delivery) string {
	o := j.Topology.Queues[letter.origin]
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
