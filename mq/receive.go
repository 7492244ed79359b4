package mq

import (
	"encoding/binary"
	"slices"
	"time"
)

// ConsumerID names who holds a lease. A consumer that comes back after a crash under
// its old name is the holder of its old leases.
type ConsumerID uint64

// Receive asks a queue for up to Max messages, the oldest first. They are leased to
// the consumer for a time, or, if the contract is AtMostOnce, gone.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrTooMany, ErrBadOption.
type Receive struct {
	change
	Queue    string
	Consumer ConsumerID
	Max      int           // 1 to MaxBatch
	Lease    time.Duration // up to MaxLease; zero: as the queue's options say
}

// maxAnswerBytes is when an answer has enough messages even if more are asked for.
const maxAnswerBytes = 1 << 20

// Lease names one delivery of a message.
type Lease struct {
	Message uint64 // its number in the queue, which no other message there ever has
	Attempt uint32 // which delivery this is: 1, 2, 3, ...
}

// Delivery is a message as a consumer gets it.
type Delivery struct {
	Lease
	Published time.Duration // when, in the machine's time
	Key       string        // with which it was published
	Body      []byte
	Death     *Death // how it came here, if it is a dead letter
}

// Redelivered reports whether the message may have been seen before.
func (d Delivery) Redelivered() bool { return d.Attempt > 1 }

// Received is the answer to Receive.
type Received struct {
	Now        time.Duration // the machine's time; leases run from here on
	Lease      time.Duration // for so long; zero if there are none
	Deliveries []Delivery    // none if there is nothing to deliver
}

func (c Receive) kind() kind { return kindReceive }

func (c Receive) appendTo(b []byte) []byte {
	b = appendBytes(b, c.Queue)
	b = binary.AppendUvarint(b, uint64(c.Consumer))
	b = binary.AppendUvarint(b, uint64(max(0, c.Max)))
	return appendDuration(b, c.Lease)
}

func decodeReceive(r *reader) Receive {
	return Receive{
		Queue: r.string(), Consumer: ConsumerID(r.number()), Max: int(r.number32()), Lease: r.duration(),
	}
}

// Result reads the answer.
func (c Receive) Result(answer []byte) (Received, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Received{}, err
	}
	received := Received{Now: r.duration(), Lease: r.duration()}
	for len(r.rest) > 0 {
		received.Deliveries = append(received.Deliveries, decodeDelivery(r))
	}
	if err := r.finish(); err != nil {
		return Received{}, err
	}
	return received, nil
}

func (c Receive) apply(m *Machine) ([]byte, *Error) {
	q, err := m.queue(c.Queue)
	if err != nil {
		return nil, err
	}
	if c.Max < 1 || c.Max > MaxBatch {
		return nil, refuse(ErrTooMany, "Max %d: must be 1 to %d", c.Max, MaxBatch)
	}
	if err := checkDuration("Lease", c.Lease, MaxLease); err != nil {
		return nil, err
	}
	lease := c.Lease
	switch {
	case q.options.Contract == AtMostOnce:
		lease = 0
	case lease == 0:
		lease = q.options.Lease
	}
	answer := appendDuration(append(m.scratch[:0], 0), m.clock.now)
	answer = appendDuration(answer, lease)
	for n := 0; n < c.Max && q.ready > 0 && len(answer) < maxAnswerBytes; n++ {
		if q.options.Contract != AtMostOnce {
			answer = appendDelivery(answer, q.lease(m, c.Consumer, lease))
			continue
		}
		msg := q.takeHead()
		q.count(msg)
		answer = appendDelivery(answer, msg)
		q.segments.remove(msg.place)
	}
	m.scratch = answer
	return slices.Clone(answer), nil
}

func appendDelivery(b []byte, msg *message) []byte {
	b = binary.AppendUvarint(b, msg.place)
	b = binary.AppendUvarint(b, uint64(msg.deliveries))
	b = appendDuration(b, msg.published)
	b = appendBytes(b, msg.key)
	b = appendBytes(b, msg.body)
	b = appendBool(b, msg.death != nil)
	if msg.death != nil {
		b = msg.death.appendTo(b)
	}
	return b
}

func decodeDelivery(r *reader) Delivery {
	d := Delivery{
		Lease:     Lease{Message: r.number(), Attempt: r.number32()},
		Published: r.duration(),
		Key:       r.string(),
		Body:      r.bytes(),
	}
	if r.bool() {
		d.Death = decodeDeath(r)
	}
	return d
}
