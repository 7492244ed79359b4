package mq

import "time"

// queue is a work queue: messages in the order of their places, of which each is
// ready for delivery or leased to a consumer.
type queue struct {
	name        string
	options     QueueOptions
	deadLetters *queue // nil: none
	sources     int    // how many queues have this one for their dead letters
	Counters

	next     uint64 // the place of the next message
	cursor   uint64 // from here on nothing was ever delivered, and all is ready
	returned places // what is ready before the cursor
	ready    uint64 // how many are
	held     deadlines
	segments segments
}

func (q *queue) getName() string { return q.name }

// store adds a message at the end.
func (q *queue) store(m *Machine, content message) {
	slot := q.segments.put(q.next)
	place := slot.place
	*slot = content
	slot.place, slot.state = place, ready
	slot.published = m.clock.now
	q.next++
	q.ready++
	if q.options.TTL > 0 {
		m.dueAt(m.clock.now + q.options.TTL)
	}
}

// head returns the oldest message that is ready; there is one.
func (q *queue) head() *message {
	if len(q.returned) > 0 {
		return q.segments.at(q.returned[0])
	}
	return q.segments.at(q.cursor)
}

// takeHead takes the oldest message that is ready out of those that are. It is
// still at its place.
func (q *queue) takeHead() *message {
	msg := q.head()
	if len(q.returned) > 0 {
		q.returned.pop()
	} else {
		q.cursor++
	}
	q.ready--
	return msg
}

// lease delivers the oldest message that is ready to a consumer, for a time.
func (q *queue) lease(m *Machine, consumer ConsumerID, d time.Duration) *message {
	msg := q.takeHead()
	q.count(msg)
	msg.state = leased
	msg.consumer = consumer
	msg.leasedAt, msg.deadline = m.clock.now, m.clock.now+d
	q.segments.changed(msg.place)
	q.held.push(msg)
	m.dueAt(msg.deadline)
	return msg
}

// count counts a delivery.
func (q *queue) count(msg *message) {
	q.Delivered++
	if msg.deliveries > 0 {
		q.Redelivered++
	}
	msg.deliveries++
}

// release ends a lease without acknowledgement: the message goes back to its place,
// unless it was delivered as often as the queue permits.
func (q *queue) release(m *Machine, msg *message) {
	q.held.remove(msg)
	if msg.deliveries >= q.options.DeliveryLimit && q.options.DeliveryLimit != NoDeliveryLimit {
		q.giveUp(m, msg, ReasonDeliveryLimit)
		return
	}
	msg.state = ready
	msg.consumer, msg.leasedAt, msg.deadline = 0, 0, 0
	q.segments.changed(msg.place)
	q.returned.push(msg.place)
	q.ready++
	if q.options.TTL > 0 {
		m.dueAt(msg.published + q.options.TTL)
	}
}

// acknowledge ends a lease for good.
func (q *queue) acknowledge(msg *message) {
	q.held.remove(msg)
	q.segments.remove(msg.place)
	q.Acknowledged++
}

// giveUp removes a message that is neither in the heap of leases nor among those
// that are ready, and has its dead letter stored in the same step.
func (q *queue) giveUp(m *Machine, msg *message, reason Reason) {
	if q.deadLetters == nil {
		q.Discarded++
		q.segments.remove(msg.place)
		return
	}
	letter := message{key: msg.key, body: msg.body, death: &Death{
		Queue: q.name, Message: msg.place, Reason: reason, Deliveries: msg.deliveries,
	}}
	q.DeadLettered++
	q.segments.remove(msg.place)
	q.deadLetters.DeadLetters++
	q.deadLetters.store(m, letter)
	q.deadLetters.limit(m)
}

// limit gives up what is too much.
func (q *queue) limit(m *Machine) {
	if q.options.MaxLength == 0 || q.options.Overflow != DropHead {
		return
	}
	for q.ready > q.options.MaxLength {
		q.giveUp(m, q.takeHead(), ReasonLength)
	}
}

// expire ends the leases that have run out, and gives up what has waited too long.
func (q *queue) expire(m *Machine) {
	now := m.clock.now
	for len(q.held) > 0 && q.held[0].deadline <= now {
		q.LeasesExpired++
		q.release(m, q.held[0])
	}
	for q.options.TTL > 0 && q.ready > 0 && q.head().published+q.options.TTL <= now {
		q.giveUp(m, q.takeHead(), ReasonTTL)
	}
	q.limit(m)
}

// due returns when expire has something to do.
func (q *queue) due() time.Duration {
	due := never
	if len(q.held) > 0 {
		due = q.held[0].deadline
	}
	if q.options.TTL > 0 && q.ready > 0 {
		due = min(due, q.head().published+q.options.TTL)
	}
	return due
}
