package mq

import (
	"errors"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// ProducerConfig is what a producer does.
type ProducerConfig struct {
	ClientConfig
	// Producer is the name under which commands are numbered, so that none is carried
	// out twice whatever is repeated, even by a producer that crashed and came back
	// under the same name. Zero is none: then Session alone sees to it, as long as the
	// producer lives.
	Producer ProducerID
	// Last is the number under which an earlier life had sent messages that it did not see
	// confirmed; zero is none. They have to be published first, and nothing else before they
	// are confirmed. They are sent under that number again, for only by their content the
	// service can tell whether it is them that it has stored: copies of commands that were
	// refused, and whose number was used again, may have come late.
	Last uint64

	// Where to: an exchange and a key, or a partition of a log.
	Exchange, Key string
	Mandatory     bool
	Log           string
	Partition     uint32

	// Batch is how many messages go into a command at most, if so many wait. Zero is
	// one.
	Batch int
	// FullPause is how long to wait when a queue is full. Zero is 100 ms.
	FullPause time.Duration
	Timer     node.Timer // which the producer uses
}

// ProducerEvents tells the owner of a producer what it sees; any may be nil.
type ProducerEvents struct {
	// Sent: messages were sent for the first time, under a number.
	Sent func(n Number, messages [][]byte)
	// Confirmed: they are stored, and will not be lost.
	Confirmed func(n Number, messages [][]byte, c Confirmation)
	// Refused: they are not stored, and the number is used again. They never will be, unless
	// a copy that was sent in an earlier session arrives when what they were refused for has
	// passed.
	Refused func(n Number, messages [][]byte, err error)
	// Resumed: a named producer has found out which numbers it has used in an earlier
	// life, but for Last, and goes on from there. What of an earlier life is published now
	// is sent as one batch, if it fits.
	Resumed func()
}

// Confirmation is what a producer was told.
type Confirmation struct {
	Copies uint64 // to how many queues the messages went
	First  uint64 // the offset of the first in a log
	Repetition
}

// Producer sends messages to the service, in the order in which it is given them: a
// batch is sent when the one before it is confirmed. It never gives up.
type Producer struct {
	env     node.Env
	config  ProducerConfig
	events  ProducerEvents
	session *Session

	highest  uint64   // used numbers
	ready    bool     // highest is known
	waiting  [][]byte // oldest first
	underWay int      // of those
	sent     bool     // under their number
	pausing  bool     // a queue is full
}

// NewProducer makes a producer.
func NewProducer(env node.Env, config ProducerConfig, events ProducerEvents) *Producer {
	config.Batch = min(max(config.Batch, 1), MaxBatch)
	if config.FullPause == 0 {
		config.FullPause = 100 * time.Millisecond
	}
	return &Producer{
		env: env, config: config, events: events,
		session: NewSession(env, config.ClientConfig, config.Timer),
	}
}

// Start begins. It is called once, before all else.
func (p *Producer) Start() {
	if p.config.Producer == 0 {
		p.ready = true
		return
	}
	p.session.Ask(DescribeProducer{Producer: p.config.Producer})
}

// Publish has a message sent. It is immutable from now on.
func (p *Producer) Publish(message []byte) {
	p.waiting = append(p.waiting, message)
	p.proceed()
}

// Receive takes a message of the network, and reports whether it was for the
// producer.
func (p *Producer) Receive(from node.ID, m node.Message) bool {
	r, ok := m.(rsm.Reply)
	if !ok {
		return false
	}
	answer, ok := p.session.Receive(from, r)
	if !ok {
		return false
	}
	if !p.ready {
		p.resume(answer)
	} else {
		p.answered(answer)
	}
	p.proceed()
	return true
}

// Timeout takes the expiry of a timer, and reports whether it was the producer's.
func (p *Producer) Timeout(t node.Timer) bool {
	if t != p.config.Timer {
		return false
	}
	p.pausing = false
	p.session.Timeout()
	p.proceed()
	return true
}

func (p *Producer) resume(answer []byte) {
	state, err := DescribeProducer{}.Result(answer)
	if err != nil {
		p.session.Ask(DescribeProducer{Producer: p.config.Producer})
		return
	}
	p.highest = state.Highest
	if p.config.Last > 0 {
		p.highest = min(p.highest, p.config.Last-1)
	}
	if p.events.Resumed != nil {
		p.events.Resumed()
	}
	p.ready = true
}

// proceed sends what waits, unless something is under way.
func (p *Producer) proceed() {
	if !p.ready || p.pausing || p.session.Busy() || len(p.waiting) == 0 {
		return
	}
	if p.underWay == 0 {
		p.underWay = min(len(p.waiting), p.config.Batch)
		p.sent = false
	}
	number, batch := p.number(), p.batch()
	p.session.Ask(p.command(number, batch))
	if !p.sent && p.events.Sent != nil {
		p.events.Sent(number, batch)
	}
	p.sent = true
}

func (p *Producer) batch() [][]byte { return p.waiting[:p.underWay:p.underWay] }

// number returns that of the command under way.
func (p *Producer) number() Number {
	if p.config.Producer == 0 {
		return Number{}
	}
	return Number{Producer: p.config.Producer, Sequence: p.highest + 1}
}

func (p *Producer) command(n Number, batch [][]byte) Command {
	if p.config.Log == "" {
		return Publish{
			Exchange: p.config.Exchange, Key: p.config.Key, Mandatory: p.config.Mandatory,
			Number: n, Messages: batch,
		}
	}
	records := make([]Record, len(batch))
	for i, body := range batch {
		records[i] = Record{Key: p.config.Key, Body: body}
	}
	return Append{Log: p.config.Log, Partition: p.config.Partition, Number: n, Records: records}
}

// answered takes the answer to the command under way.
func (p *Producer) answered(answer []byte) {
	value, repetition, err := readOnce(answer)
	if errors.Is(err, ErrQueueFull) {
		p.pausing = true
		p.env.SetTimer(p.config.Timer, p.config.FullPause)
		return
	}
	if errors.Is(err, ErrSequenceReused) {
		// The number was taken by something that was sent in an earlier session or life. These
		// are not stored under it and never will be, so they take the next one.
		p.highest++
		p.sent = false
		return
	}
	number, batch := p.number(), p.batch()
	p.waiting, p.underWay = p.waiting[p.underWay:], 0
	if err != nil {
		if p.events.Refused != nil {
			p.events.Refused(number, batch, err)
		}
		return
	}
	p.highest++
	if p.events.Confirmed == nil {
		return
	}
	c := Confirmation{Repetition: repetition}
	if p.config.Log == "" {
		c.Copies = value
	} else {
		c.First = value
	}
	p.events.Confirmed(number, batch, c)
}
