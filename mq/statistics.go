package mq

import "encoding/binary"

// Counters count what has happened in a queue since it was declared. Every message
// is accounted for:
//
//	Published + DeadLetters = ready + leased + gone
//
// where gone is Acknowledged + Purged + DeadLettered + Discarded, and of a queue that
// delivers at most once Delivered in the place of Acknowledged.
type Counters struct {
	Published     uint64 // stored, by producers
	DeadLetters   uint64 // stored, given up by other queues
	Delivered     uint64 // deliveries
	Redelivered   uint64 // of those, deliveries that were not the message's first
	Acknowledged  uint64 // messages
	Returned      uint64 // leases ended by Return
	Rejected      uint64 // leases ended by Reject
	LeasesExpired uint64 // leases ended by time, or by Extend
	Purged        uint64 // messages removed by Purge
	DeadLettered  uint64 // messages given up that became dead letters elsewhere
	Discarded     uint64 // messages given up that did not
}

// counters lists the counters in the order in which they are encoded.
func (c *Counters) all() [11]*uint64 {
	return [...]*uint64{
		&c.Published, &c.DeadLetters, &c.Delivered, &c.Redelivered, &c.Acknowledged, &c.Returned,
		&c.Rejected, &c.LeasesExpired, &c.Purged, &c.DeadLettered, &c.Discarded,
	}
}

func (c *Counters) appendTo(b []byte) []byte {
	for _, n := range c.all() {
		b = binary.AppendUvarint(b, *n)
	}
	return b
}

func (c *Counters) decode(r *reader) {
	for _, n := range c.all() {
		*n = r.number()
	}
}

// Statistics asks how a queue does.
//
// Errors: ErrUnknownQueue, ErrWrongType.
type Statistics struct {
	question
	Queue string
}

// QueueStatistics is the answer.
type QueueStatistics struct {
	Options QueueOptions // with the defaults filled in
	Ready   uint64       // messages that wait
	Leased  uint64       // messages that consumers hold
	Counters
}

func (c Statistics) kind() kind               { return kindStatistics }
func (c Statistics) appendTo(b []byte) []byte { return appendBytes(b, c.Queue) }

// Result reads the answer.
func (c Statistics) Result(answer []byte) (QueueStatistics, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return QueueStatistics{}, err
	}
	s := QueueStatistics{Options: decodeQueueOptions(r), Ready: r.number(), Leased: r.number()}
	s.decode(r)
	return s, r.finish()
}

func (c Statistics) apply(m *Machine) ([]byte, *Error) {
	q, err := m.queue(c.Queue)
	if err != nil {
		return nil, err
	}
	b := q.options.appendTo([]byte{0})
	b = binary.AppendUvarint(b, q.ready)
	b = binary.AppendUvarint(b, uint64(len(q.held)))
	return q.Counters.appendTo(b), nil
}
