package insync

import (
	"time"

	"quorumlab/node"
)

// ProducerConfig is what a producer does.
type ProducerConfig struct {
	ClientConfig
	Acks     Acks
	Numbered bool // under the producer's name, so that none is stored twice
	// DeliveryTimeout is how long the producer goes on with a record
	// (delivery.timeout.ms).
	DeliveryTimeout time.Duration
	Value           func(number uint64) string // of the record of a number: 1, 2, 3, ...
	More            func() bool                // whether there is another record to send
}

// ProducerEvents tells the owner of a producer what it sees. None may be nil.
type ProducerEvents struct {
	Sent    func(value string)            // for the first time
	Stored  func(offset int64, told bool) // it was acknowledged; told: at which offset
	Refused func()                        // it was certainly not stored
	GaveUp  func()                        // it may be stored, or may be yet
}

// Producer sends one record after the other, each until it knows what became of it, or
// gives it up.
type Producer struct {
	caller
	config  ProducerConfig
	events  ProducerEvents
	number  uint64
	sending bool
	since   time.Duration // when the record under way was first sent
	perhaps bool          // an attempt had no answer, and may have been stored
}

// NewProducer makes a producer.
func NewProducer(env node.Env, config ProducerConfig, events ProducerEvents) *Producer {
	return &Producer{caller: caller{env: env, config: config.ClientConfig}, config: config, events: events}
}

// Start implements node.Handler.
func (p *Producer) Start() { p.rest() }

// Idle reports whether nothing is under way.
func (p *Producer) Idle() bool { return !p.sending }

// Timeout implements node.Handler: it is time for the next record, or an answer is
// overdue.
func (p *Producer) Timeout(node.Timer) {
	if p.sending && p.env.Now()-p.since < p.config.DeliveryTimeout {
		p.perhaps = true
		p.next(0)
		p.try()
		return
	}
	if p.sending {
		p.sending = false
		p.events.GaveUp()
	}
	if !p.config.More() {
		return
	}
	p.number++
	p.sending, p.perhaps, p.since = true, false, p.env.Now()
	p.events.Sent(p.config.Value(p.number))
	p.try()
}

// try makes an attempt.
func (p *Producer) try() {
	p.attempt++
	m := Produce{Acks: p.config.Acks, Attempt: p.attempt, Value: p.config.Value(p.number)}
	if p.config.Numbered {
		m.Producer, m.Number = uint64(p.env.ID()), p.number
	}
	p.send(m)
	if p.config.Acks == AcksNone {
		p.done(func() { p.events.Stored(0, false) })
	}
}

// done ends the record under way.
func (p *Producer) done(tell func()) {
	p.sending = false
	tell()
	p.rest()
}

// Receive implements node.Handler.
func (p *Producer) Receive(_ node.ID, m node.Message) {
	answer, ok := m.(Produced)
	switch {
	case !ok:
	case !p.sending && answer.Status == NotLeader: // nobody had asked for an answer
		p.next(answer.Leader)
	case !p.sending || answer.Attempt != p.attempt:
		// It comes too late.
	case answer.Status == OK:
		p.done(func() { p.events.Stored(answer.Offset, true) })
	case answer.Status == TooFew && !p.perhaps:
		p.done(p.events.Refused)
	case answer.Status == NotLeader, answer.Status == Deposed:
		p.perhaps = p.perhaps || answer.Status == Deposed
		p.next(answer.Leader)
		if answer.Leader != 0 {
			p.try()
		}
	case answer.Status == TooFewNow:
		p.perhaps = true
	}
}
