package mq

import (
	"encoding/binary"
	"slices"
)

// Publish stores messages in every queue to which the exchange routes the key, and
// in every log. It is all or nothing: all messages in all queues, or none in any.
// When a client is told that it is done, the messages are on a majority of servers
// and will not be lost.
//
// Errors: ErrTooMany, ErrTooLarge, ErrBadName, ErrBadPattern, ErrUnknownExchange,
// ErrUnroutable, ErrQueueFull, ErrProducerRequired, ErrSequenceGap,
// ErrSequenceReused; with the default exchange ErrUnknownQueue and ErrWrongType.
type Publish struct {
	change
	// Exchange is empty for the default exchange, which routes to the queue that Key
	// names.
	Exchange string
	Key      string
	// Mandatory has a publish refused that reaches no queue. Otherwise its messages
	// are dropped.
	Mandatory bool
	Number    Number // of the command, for a producer that wants it carried out once
	Messages  [][]byte
}

// Published is the answer to Publish.
type Published struct {
	Copies uint64 // to how many queues and logs it went; 0 also if that is forgotten
	Repetition
}

func (c Publish) kind() kind { return kindPublish }

func (c Publish) appendTo(b []byte) []byte {
	b = appendBytes(b, c.Exchange)
	b = appendBytes(b, c.Key)
	b = appendBool(b, c.Mandatory)
	b = c.Number.appendTo(b)
	b = binary.AppendUvarint(b, uint64(len(c.Messages)))
	for _, m := range c.Messages {
		b = appendBytes(b, m)
	}
	return b
}

func decodePublish(r *reader) Publish {
	c := Publish{Exchange: r.string(), Key: r.string(), Mandatory: r.bool(), Number: decodeNumber(r)}
	n := r.count()
	r.bodies = r.bodies[:0]
	for ; n > 0 && !r.failed; n-- {
		r.bodies = append(r.bodies, r.bytes())
	}
	c.Messages = r.bodies
	return c
}

// Result reads the answer.
func (c Publish) Result(answer []byte) (Published, error) {
	copies, repetition, err := readOnce(answer)
	return Published{Copies: copies, Repetition: repetition}, err
}

func (c Publish) apply(m *Machine) ([]byte, *Error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return m.once(c.Number, func() (uint64, *Error) {
		targets, err := c.route(m)
		if err != nil {
			return 0, err
		}
		for i := range targets {
			if err := targets[i].admits(c); err != nil {
				return 0, err
			}
		}
		if len(targets) > 0 {
			c.store(m, targets)
		}
		return uint64(len(targets)), nil
	})
}

func (c Publish) check() *Error {
	if len(c.Messages) < 1 || len(c.Messages) > MaxBatch {
		return refuse(ErrTooMany, "%d Messages: must be 1 to %d", len(c.Messages), MaxBatch)
	}
	for i, body := range c.Messages {
		if len(body) > MaxMessageBytes {
			return refuse(ErrTooLarge, "message %d has %d bytes: must be at most %d", i, len(body), MaxMessageBytes)
		}
	}
	return nil
}

// route returns where the messages go.
func (c Publish) route(m *Machine) ([]target, *Error) {
	m.targets = m.targets[:0]
	if c.Exchange == "" {
		q, err := m.queue(c.Key)
		if err != nil {
			return nil, err
		}
		m.targets = append(m.targets, target{queue: q})
		return m.targets, nil
	}
	x, ok := m.exchanges.get(c.Exchange)
	if !ok {
		return nil, refuse(ErrUnknownExchange, "%q", c.Exchange)
	}
	if err := x.kind.checkKey(c.Key); err != nil {
		return nil, err
	}
	m.targets = x.route(m.targets, c.Key)
	if len(m.targets) == 0 && c.Mandatory {
		return nil, refuse(ErrUnroutable, "key %q at exchange %q", c.Key, c.Exchange)
	}
	return m.targets, nil
}

// admits says whether a target can take the messages.
func (t target) admits(c Publish) *Error {
	q := t.queue
	if q == nil {
		return nil
	}
	if q.options.Contract == EffectivelyOnce && c.Number.Producer == 0 {
		return refuse(ErrProducerRequired, "queue %q has the contract %v", q.name, EffectivelyOnce)
	}
	o, n := &q.options, uint64(len(c.Messages))
	if o.MaxLength > 0 && o.Overflow == RejectPublish && q.ready+n > o.MaxLength {
		return refuse(ErrQueueFull, "queue %q has %d messages of at most %d", q.name, q.ready, o.MaxLength)
	}
	return nil
}

// store puts the messages into all targets, which share one copy of each.
func (c Publish) store(m *Machine, targets []target) {
	key := c.Key
	if c.Exchange == "" {
		key = targets[0].queue.name
	}
	for _, body := range c.Messages {
		body = slices.Clone(body)
		for _, t := range targets {
			if t.queue != nil {
				t.queue.store(m, message{key: key, body: body})
				t.queue.Published++
			} else {
				t.log.append(m, Partition(key, t.log.options.Partitions), Record{Key: key, Body: body})
			}
		}
	}
	for _, t := range targets {
		if t.queue != nil {
			t.queue.limit(m)
		}
	}
}
