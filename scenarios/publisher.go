package scenarios

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/scenarios/mqjudge"
)

// outbox is what a publisher keeps through crashes: the messages that were not
// confirmed, oldest first, how many of them it has sent and not seen answered, and
// under which number.
type outbox struct {
	messages [][]byte
	sent     int
	number   mq.Number
	made     int    // messages so far
	calls    []Call // when to make the next ones, if that is given
}

// publisher is a client machine in the role of a Publisher.
type publisher struct {
	Publisher
	env      node.Env
	crew     *messagingCrew
	number   int
	load     Load
	outbox   *outbox
	setup    *setup
	producer *mq.Producer
	given    int // messages of the outbox that the producer has
	// again says that the producer has only what an earlier life had sent: that is
	// dealt with before it is given anything else.
	again  bool
	exited bool
}

func (p Publisher) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	p.Servers, p.Timer = c.servers, askTimer
	b := &publisher{Publisher: p, env: env, crew: c, number: number, load: load, outbox: c.outboxes[number-1]}
	b.setup = newSetup(env, c, number, b.begin)
	return b
}

// plan is what the publisher asks for, but for messages.
func (p Publisher) plan() mq.Command {
	n := mq.Number{Producer: p.Producer}
	if p.Log == "" {
		return mq.Publish{Exchange: p.Exchange, Key: p.Key, Mandatory: p.Mandatory, Number: n}
	}
	return mq.Append{Log: p.Log, Partition: p.Partition, Number: n, Records: []mq.Record{{Key: p.Key}}}
}

// Start implements node.Handler.
func (p *publisher) Start() {
	p.awaitMessage()
	p.setup.begin()
}

// begin lets a producer begin, or begin anew with what was not confirmed.
func (p *publisher) begin() {
	p.given, p.again = 0, p.outbox.sent > 0
	p.Last = 0
	if p.again {
		p.Last = p.outbox.number.Sequence
	}
	p.producer = mq.NewProducer(p.env, p.ProducerConfig, mq.ProducerEvents{
		Sent: p.onSent, Confirmed: p.onConfirmed, Refused: p.onRefused, Resumed: p.give,
	})
	p.producer.Start()
	if p.Producer == 0 {
		p.give()
	}
}

// give hands the producer what it may have by now.
func (p *publisher) give() {
	until := len(p.outbox.messages)
	if p.again {
		until = p.outbox.sent
	}
	for p.given < until {
		p.given++
		p.producer.Publish(p.outbox.messages[p.given-1])
	}
}

// onSent writes down what is sent. A producer goes on to the end of the call in which it
// was refused; what it asks for then, after the process has ended, never leaves.
func (p *publisher) onSent(n mq.Number, messages [][]byte) {
	if p.exited {
		return
	}
	p.outbox.sent, p.outbox.number = len(messages), n
}

func (p *publisher) onConfirmed(n mq.Number, messages [][]byte, c mq.Confirmation) {
	p.crew.record.Tell(p.number, mqjudge.Confirmed{Number: n, Messages: messages, Confirmation: c})
	p.drop(len(messages))
}

// drop forgets messages that are dealt with.
func (p *publisher) drop(n int) {
	p.outbox.messages = p.outbox.messages[n:]
	p.outbox.sent = max(0, p.outbox.sent-n)
	p.given -= n
	p.again = p.again && p.outbox.sent > 0
	p.give()
}

func (p *publisher) onRefused(n mq.Number, messages [][]byte, err error) {
	p.crew.record.Tell(p.number, mqjudge.Refused{Number: n, Messages: messages, Code: mqjudge.CodeOf(err)})
	if errors.Is(err, mq.ErrUnroutable) || errors.Is(err, mq.ErrRefused) {
		p.drop(len(messages))
		return
	}
	// The service has forgotten what was declared, or how far the numbers are used.
	p.exited = true
	p.env.Exit(err)
}

// Receive implements node.Handler.
func (p *publisher) Receive(from node.ID, m node.Message) {
	if !p.setup.receive(from, m) && p.producer != nil {
		p.producer.Receive(from, m)
	}
}

// Timeout implements node.Handler.
func (p *publisher) Timeout(t node.Timer) {
	switch {
	case t == madeTimer:
		p.make()
	case t == setupTimer:
		p.setup.session.Timeout()
	case p.producer != nil:
		p.producer.Timeout(t)
	}
}

// Synced implements node.Handler.
func (p *publisher) Synced(node.Sync, error) {}

// awaitMessage sets the timer for the next message.
func (p *publisher) awaitMessage() {
	switch {
	case p.load.Calls != nil && len(p.outbox.calls) == 0:
	case p.load.Calls != nil:
		p.env.SetTimer(madeTimer, max(0, p.outbox.calls[0].At-p.crew.now()))
	case p.load.Rate > 0:
		p.env.SetTimer(madeTimer, time.Duration(p.env.Rand().ExpFloat64()/p.load.Rate*float64(time.Second)))
	}
}

// make makes a message, unless the time for that is over.
func (p *publisher) make() {
	if p.crew.draining() {
		return
	}
	p.outbox.made++
	call := Call{p.crew.now(), p.outbox.made}
	if p.load.Calls != nil {
		call.Number = p.outbox.calls[0].Number
		p.outbox.calls = p.outbox.calls[1:]
	}
	value := fmt.Sprintf("C%d-%d", p.number, call.Number)
	poison := p.Poison > 0 && stream(p.crew.seed, value).Float64() < p.Poison
	p.crew.record.Made[value] = mqjudge.Making{At: call.At, Machine: p.number, Number: call.Number, Poison: poison}
	p.outbox.messages = append(p.outbox.messages, []byte(value))
	resuming := p.again && p.given == 0 // what was sent may be stored
	if p.producer != nil && !resuming {
		p.give()
	}
	p.awaitMessage()
}
