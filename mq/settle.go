package mq

import (
	"encoding/binary"
	"time"
)

// settle is what the commands that end leases have in common.
type settle struct {
	change
	Queue    string
	Consumer ConsumerID
	Leases   []Lease // 1 to MaxBatch
}

// Acknowledge says that the consumer has dealt with messages: they are removed.
// It is all or nothing: if one lease is not good, none is used.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrTooMany, ErrUnknownLease, ErrNotHolder,
// ErrLeaseExpired, ErrSettled (which a second acknowledgement gets), ErrNoLeases.
type Acknowledge struct {
	change
	Queue    string
	Consumer ConsumerID
	Leases   []Lease // 1 to MaxBatch
}

// Return gives messages back to the queue, each to its old place, where it is the
// next to be delivered if it was the oldest. A message that was delivered as often
// as the queue permits is given up instead. Errors are as for Acknowledge.
type Return struct {
	change
	Queue    string
	Consumer ConsumerID
	Leases   []Lease // 1 to MaxBatch
}

// Reject has the queue give messages up: they become dead letters or are
// discarded. Errors are as for Acknowledge.
type Reject struct {
	change
	Queue    string
	Consumer ConsumerID
	Leases   []Lease // 1 to MaxBatch
}

func (c Acknowledge) kind() kind { return kindAcknowledge }
func (c Return) kind() kind      { return kindReturn }
func (c Reject) kind() kind      { return kindReject }

func (c Acknowledge) appendTo(b []byte) []byte { return settle(c).appendTo(b) }
func (c Return) appendTo(b []byte) []byte      { return settle(c).appendTo(b) }
func (c Reject) appendTo(b []byte) []byte      { return settle(c).appendTo(b) }

// Result reads the answer.
func (c Acknowledge) Result(answer []byte) error { return readDone(answer) }

// Result reads the answer.
func (c Return) Result(answer []byte) error { return readDone(answer) }

// Result reads the answer.
func (c Reject) Result(answer []byte) error { return readDone(answer) }

func (c settle) appendTo(b []byte) []byte {
	b = appendBytes(b, c.Queue)
	b = binary.AppendUvarint(b, uint64(c.Consumer))
	b = binary.AppendUvarint(b, uint64(len(c.Leases)))
	for _, l := range c.Leases {
		b = binary.AppendUvarint(b, l.Message)
		b = binary.AppendUvarint(b, uint64(l.Attempt))
	}
	return b
}

func decodeSettle(r *reader) settle {
	c := settle{Queue: r.string(), Consumer: ConsumerID(r.number())}
	n := r.count()
	r.leases = r.leases[:0]
	for ; n > 0 && !r.failed; n-- {
		r.leases = append(r.leases, Lease{Message: r.number(), Attempt: r.number32()})
	}
	c.Leases = r.leases
	return c
}

func (c Acknowledge) apply(m *Machine) ([]byte, *Error) {
	return settle(c).each(m, nil, func(q *queue, msg *message) { q.acknowledge(msg) })
}

func (c Return) apply(m *Machine) ([]byte, *Error) {
	answer, err := settle(c).each(m, nil, func(q *queue, msg *message) {
		q.Returned++
		q.release(m, msg)
	})
	if err == nil {
		q, _ := m.queues.get(c.Queue)
		q.limit(m)
	}
	return answer, err
}

func (c Reject) apply(m *Machine) ([]byte, *Error) {
	return settle(c).each(m, nil, func(q *queue, msg *message) {
		q.Rejected++
		q.held.remove(msg)
		q.giveUp(m, msg, ReasonRejected)
	})
}

// each does something to the message of each lease, if all are good and pass a
// further check, if any.
func (c settle) each(m *Machine, check func(msg *message) *Error, do func(q *queue, msg *message)) ([]byte, *Error) {
	q, err := m.queue(c.Queue)
	if err != nil {
		return nil, err
	}
	if len(c.Leases) < 1 || len(c.Leases) > MaxBatch {
		return nil, refuse(ErrTooMany, "%d Leases: must be 1 to %d", len(c.Leases), MaxBatch)
	}
	for i, l := range c.Leases {
		msg, err := q.holds(c.Consumer, l)
		if err == nil && msg.named {
			err = refuse(ErrSettled, "lease %d.%d is named twice", l.Message, l.Attempt)
		}
		if err == nil && check != nil {
			err = check(msg)
		}
		if err != nil {
			q.unname(c.Leases[:i])
			return nil, err
		}
		msg.named = true
	}
	q.unname(c.Leases)
	for _, l := range c.Leases {
		do(q, q.segments.at(l.Message))
	}
	return doneAnswer, nil
}

// unname forgets which messages a command has named.
func (q *queue) unname(leases []Lease) {
	for _, l := range leases {
		q.segments.at(l.Message).named = false
	}
}

// holds returns the message that a consumer has by a lease, or why it has none.
func (q *queue) holds(consumer ConsumerID, l Lease) (*message, *Error) {
	switch {
	case q.options.Contract == AtMostOnce:
		return nil, refuse(ErrNoLeases, "queue %q delivers at most once", q.name)
	case l.Message >= q.next || l.Attempt == 0:
		return nil, refuse(ErrUnknownLease, "%d.%d of queue %q", l.Message, l.Attempt, q.name)
	}
	msg := q.segments.at(l.Message)
	switch {
	case msg == nil:
		return nil, refuse(ErrSettled, "message %d of queue %q", l.Message, q.name)
	case l.Attempt > msg.deliveries:
		return nil, refuse(ErrUnknownLease, "%d.%d of queue %q", l.Message, l.Attempt, q.name)
	case msg.state != leased || l.Attempt < msg.deliveries:
		return nil, refuse(ErrLeaseExpired, "%d.%d of queue %q", l.Message, l.Attempt, q.name)
	case msg.consumer != consumer:
		return nil, refuse(ErrNotHolder, "%d.%d of queue %q is held by consumer %d", l.Message, l.Attempt, q.name, msg.consumer)
	}
	return msg, nil
}

// Extend lets leases end at another time: Timeout from now on, whatever they were
// (as ChangeMessageVisibility of SQS). Zero ends them now. No lease lasts for longer
// than MaxLease from its beginning. It is all or nothing. Errors are as for
// Acknowledge, and ErrBadOption.
type Extend struct {
	change
	Queue    string
	Consumer ConsumerID
	Leases   []Lease       // 1 to MaxBatch
	Timeout  time.Duration // up to MaxLease
}

func (c Extend) kind() kind { return kindExtend }

func (c Extend) settle() settle {
	return settle{Queue: c.Queue, Consumer: c.Consumer, Leases: c.Leases}
}

func (c Extend) appendTo(b []byte) []byte {
	return c.settle().appendTo(appendDuration(b, c.Timeout))
}

func decodeExtend(r *reader) Extend {
	timeout := r.duration()
	s := decodeSettle(r)
	return Extend{Queue: s.Queue, Consumer: s.Consumer, Leases: s.Leases, Timeout: timeout}
}

// Extended is the answer to Extend.
type Extended struct {
	Now time.Duration // the machine's time; the new timeout runs from here on
}

// Result reads the answer.
func (c Extend) Result(answer []byte) (Extended, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Extended{}, err
	}
	return Extended{Now: r.duration()}, r.finish()
}

func (c Extend) apply(m *Machine) ([]byte, *Error) {
	if err := checkDuration("Timeout", c.Timeout, MaxLease); err != nil {
		return nil, err
	}
	deadline := m.clock.now + c.Timeout
	check := func(msg *message) *Error {
		return checkDuration("Timeout since the message was received", deadline-msg.leasedAt, MaxLease)
	}
	_, err := c.settle().each(m, check, func(q *queue, msg *message) {
		msg.deadline = deadline
		q.held.moved(msg)
		q.segments.changed(msg.place)
		m.dueAt(msg.deadline)
	})
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		q, _ := m.queues.get(c.Queue)
		q.expire(m)
	}
	return appendDuration([]byte{0}, m.clock.now), nil
}
