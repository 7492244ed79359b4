package experiment

import (
	"fmt"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

// logBook is what the clients of a log saw: a history for the judge, and when each
// operation was called.
type logBook struct {
	events  int64
	history linearizability.History
	called  []time.Duration
}

// call enters an operation of which nothing is known yet.
func (b *logBook) call(now time.Duration, client node.ID, in linearizability.Input) int {
	b.events++
	b.history = append(b.history, linearizability.Operation{
		Client: int(client), Input: in, Call: b.events, Outcome: linearizability.OutcomeUnknown,
	})
	b.called = append(b.called, now)
	return len(b.history) - 1
}

// end enters what became of an operation.
func (b *logBook) end(i int, outcome linearizability.Outcome, output any) {
	b.events++
	op := &b.history[i]
	op.Return, op.Outcome, op.Output = b.events, outcome, output
}

// logClient is what the clients of a log have in common: whom they take for the leader.
type logClient struct {
	silent
	env     node.Env
	book    *logBook
	brokers []node.ID
	asks    int // the broker that is asked
	attempt uint64
}

// patience is how long a client waits for an answer before it asks another broker.
const patience = 60 * time.Millisecond

// next turns to another broker: the one that is said to lead, or the next in turn.
func (c *logClient) next(leader node.ID) {
	c.asks = (c.asks + 1) % len(c.brokers)
	for i, id := range c.brokers {
		if id == leader {
			c.asks = i
		}
	}
}

func (c *logClient) send(m node.Message) {
	c.env.Send(c.brokers[c.asks], m)
	c.env.SetTimer(0, patience)
}

// deliveryTimeout is how long a producer goes on with a record.
const deliveryTimeout = 300 * time.Millisecond

// logProducer sends one record after the other, each until it knows what became of it
// or gives it up.
type logProducer struct {
	logClient
	acks     insync.Acks
	numbered bool
	every    time.Duration
	until    time.Duration

	number  uint64
	sending int  // the operation under way; -1 if none is
	perhaps bool // an attempt had no answer, and may have been stored
}

// Start implements node.Handler.
func (p *logProducer) Start() { p.sending = -1; p.env.SetTimer(0, p.every) }

// Timeout implements node.Handler: it is time for the next record, or an answer is
// overdue.
func (p *logProducer) Timeout(node.Timer) {
	switch {
	case p.sending >= 0 && p.env.Now()-p.book.called[p.sending] < deliveryTimeout:
		p.perhaps = true
		p.next(0)
	case p.env.Now() >= p.until:
		p.sending = -1
		return
	default:
		p.number++
		p.perhaps = false
		p.sending = p.book.call(p.env.Now(), p.env.ID(), linearizability.Send{Value: p.value()})
	}
	p.try()
}

func (p *logProducer) value() string { return fmt.Sprintf("%d of %s", p.number, sim.Name(p.env.ID())) }

// try makes an attempt.
func (p *logProducer) try() {
	p.attempt++
	m := insync.Produce{Acks: p.acks, Attempt: p.attempt, Value: p.value()}
	if p.numbered {
		m.Producer, m.Number = uint64(p.env.ID()), p.number
	}
	p.send(m)
	if p.acks == insync.AcksNone {
		p.done(linearizability.OutcomeOK, nil)
	}
}

// done ends the operation.
func (p *logProducer) done(outcome linearizability.Outcome, output any) {
	p.book.end(p.sending, outcome, output)
	p.sending = -1
	p.env.SetTimer(0, p.every)
}

// Receive implements node.Handler.
func (p *logProducer) Receive(_ node.ID, m node.Message) {
	answer, ok := m.(insync.Produced)
	switch {
	case !ok:
	case p.sending < 0 && answer.Status == insync.NotLeader: // nobody had asked for an answer
		p.next(answer.Leader)
	case p.sending < 0 || answer.Attempt != p.attempt:
		// It comes too late.
	case answer.Status == insync.OK:
		p.done(linearizability.OutcomeOK, answer.Offset)
	case answer.Status == insync.TooFew && !p.perhaps:
		p.done(linearizability.OutcomeFailed, nil)
	case answer.Status == insync.NotLeader, answer.Status == insync.Deposed:
		p.perhaps = p.perhaps || answer.Status == insync.Deposed
		p.next(answer.Leader)
		if answer.Leader != 0 {
			p.try()
		}
	case answer.Status == insync.TooFewNow:
		p.perhaps = true
	}
}

// logConsumer reads from the beginning on.
type logConsumer struct {
	logClient
	start  time.Duration
	every  time.Duration
	latest bool // where to go on if what comes next is not there: at the end, else at the beginning

	position int64
	epoch    uint64 // of the latest leader that was heard
	polling  int    // the operation under way; -1 if none is
}

// Start implements node.Handler.
func (c *logConsumer) Start() { c.polling = -1; c.env.SetTimer(0, c.start+c.every) }

// Timeout implements node.Handler: it is time for the next poll, or an answer is
// overdue.
func (c *logConsumer) Timeout(node.Timer) {
	if c.polling >= 0 {
		c.failed()
		c.next(0)
	}
	c.attempt++
	c.polling = c.book.call(c.env.Now(), c.env.ID(), linearizability.Consume{})
	c.send(insync.Poll{Attempt: c.attempt, Epoch: c.epoch, Offset: c.position})
}

// failed ends a poll without an answer. It has certainly changed nothing: the consumer
// itself keeps where it is.
func (c *logConsumer) failed() { c.book.end(c.polling, linearizability.OutcomeFailed, nil) }

// Receive implements node.Handler.
func (c *logConsumer) Receive(_ node.ID, m node.Message) {
	answer, ok := m.(insync.Polled)
	if !ok || answer.Attempt != c.attempt {
		return
	}
	c.epoch = max(c.epoch, answer.Epoch)
	switch answer.Status {
	case insync.OK:
		records := make([]linearizability.Record, len(answer.Values))
		for i, value := range answer.Values {
			records[i] = linearizability.Record{Offset: c.position + int64(i), Value: value}
		}
		c.book.end(c.polling, linearizability.OutcomeOK, linearizability.NewRecords(records...))
		c.position += int64(len(records))
	case insync.NotLeader:
		c.next(answer.Leader)
		fallthrough
	default:
		c.failed()
	}
	if answer.Status == insync.OutOfRange {
		c.position = answer.Start
		if c.latest {
			c.position = answer.High
		}
	}
	c.polling = -1
	c.env.SetTimer(0, c.every)
}
