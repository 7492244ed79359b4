// Package lease is an exercise: the leases of a message queue, with three gaps to
// fill. README.md has the task.
package lease

import "time"

// Consumer names who receives messages.
type Consumer uint64

// Delivery is one delivery of a message. Number and Attempt are its lease.
type Delivery struct {
	Number  uint64 // of the message in the queue: 1, 2, 3, ...
	Attempt uint32 // which delivery of it this is: 1, 2, 3, ...
	Body    string
}

// message is one that was published and is still in the queue.
type message struct {
	number   uint64
	body     string
	attempts uint32        // how often it was delivered so far
	leased   bool          // somebody has it now
	holder   Consumer      // who, if leased
	until    time.Duration // when the lease ends, if leased
}

// Queue is a queue of which each message is leased to one consumer at a time. Time
// is what callers say, and never goes back.
type Queue struct {
	Lease time.Duration // how long a delivered message is its consumer's
	Limit uint32        // how often a message is delivered at most
	Dead  []string      // bodies of messages that were given up, in the order in which they were

	last     uint64     // the number that was given to a message last
	messages []*message // those in the queue, leased or not, in the order of their numbers
}

// Publish adds a message.
func (q *Queue) Publish(now time.Duration, body string) {
	q.expire(now)
	q.last++
	q.messages = append(q.messages, &message{number: q.last, body: body})
}

// Receive delivers the oldest message that nobody has, and leases it to the
// consumer. It returns false if there is none.
func (q *Queue) Receive(now time.Duration, consumer Consumer) (Delivery, bool) {
	q.expire(now)
	// GAP 1
	return Delivery{}, false
}

// Acknowledge removes a message whose consumer has dealt with it. It is refused with
// one of these errors of package mq, the first that applies, and then changes nothing:
//
//   - mq.ErrUnknownLease: there never was such a delivery;
//   - mq.ErrSettled: the message is no longer in the queue;
//   - mq.ErrLeaseExpired: the lease is over, whether or not somebody else has the
//     message now;
//   - mq.ErrNotHolder: the lease is another consumer's.
func (q *Queue) Acknowledge(now time.Duration, consumer Consumer, number uint64, attempt uint32) error {
	q.expire(now)
	// GAP 2
	return nil
}

// expire ends the leases that are over, at their very end at the latest: at
// until, and not only after it. Such a message can be delivered again, from its old
// place; but if it was delivered Limit times already, it is removed and its body
// added to Dead. Those whose lease ended first are given up first, and of two that
// ended together the one with the lower number.
func (q *Queue) expire(now time.Duration) {
	// GAP 3
}
