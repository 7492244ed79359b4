package mq

import (
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// ConsumerConfig is what a consumer does.
type ConsumerConfig struct {
	ClientConfig
	Queue    string
	Consumer ConsumerID
	// Prefetch is how many messages the owner is given that it has not settled yet.
	// Zero is one.
	Prefetch int
	Lease    time.Duration // as of Receive
	// Poll is how long to wait before an empty queue is asked again: at first. It is
	// doubled as long as the queue stays empty, up to PollMax. Zeros are 10 ms and 16
	// times Poll. The service cannot hold a request until there is something to
	// answer, for it is a state machine, so this is what makes a poll a long one.
	Poll, PollMax time.Duration
	// Remember is of how many messages the consumer remembers that they were
	// acknowledged. One that comes again is acknowledged again without the owner.
	Remember int
	Timers   [2]node.Timer // which the consumer uses
}

// ConsumerEvents tells the owner of a consumer what it sees; Delivered must not be
// nil.
type ConsumerEvents struct {
	// Delivered: here is a message. The owner settles it when it likes, now or later.
	Delivered func(d Delivery)
	// Settled: what the owner has said about a lease has arrived, or comes too late
	// and has had no effect, which err tells. A lease that could not be extended is
	// over.
	Settled func(l Lease, how Settlement, err error)
	// Repeated: a message came again, which the consumer remembers.
	Repeated func(d Delivery)
	// Failed: the queue cannot be received from, and will be tried again.
	Failed func(err error)
}

// Settlement is what a consumer's owner says of a lease: all but Extending end it.
type Settlement uint8

const (
	Acknowledging Settlement = iota
	Returning
	Rejecting
	// Extending has the lease end later, or sooner.
	Extending
	// Postponing has the message come back, but not at once: as with SQS, its lease is
	// left to run out after another timeout.
	Postponing
)

// Consumer receives messages from a queue. It never gives up. When it crashes its
// leases run out; a new one under the same name starts from nothing.
type Consumer struct {
	env    node.Env
	config ConsumerConfig
	events ConsumerEvents

	receiving *Session
	settling  *Session
	held      []Lease // by the owner, oldest first
	poll      time.Duration
	stopped   bool

	settlements []settlement // to be sent, oldest first
	underWay    int          // of those
	apart       int          // so many are to be sent one by one
	remembered  map[uint64]bool
	memory      []uint64 // what is remembered, oldest first

	asked time.Duration           // when what is being received was asked for
	said  time.Duration           // when what is being settled was sent
	ends  map[Lease]time.Duration // when leases that are held are over
}

// settlement is what the owner has said about a lease.
type settlement struct {
	lease   Lease
	how     Settlement
	timeout time.Duration // of Extending and Postponing
}

// NewConsumer makes a consumer.
func NewConsumer(env node.Env, config ConsumerConfig, events ConsumerEvents) *Consumer {
	config.Prefetch = min(max(config.Prefetch, 1), MaxBatch)
	if config.Poll == 0 {
		config.Poll = 10 * time.Millisecond
	}
	if config.PollMax == 0 {
		config.PollMax = 16 * config.Poll
	}
	return &Consumer{
		env: env, config: config, events: events, poll: config.Poll,
		receiving:  NewSession(env, config.ClientConfig, config.Timers[0]),
		settling:   NewSession(env, config.ClientConfig, config.Timers[1]),
		remembered: make(map[uint64]bool),
		ends:       make(map[Lease]time.Duration),
	}
}

// Start begins to receive.
func (c *Consumer) Start() { c.receive() }

// Stop ends receiving, but for what is under way. Messages that are held can still be
// settled.
func (c *Consumer) Stop() { c.stopped = true }

// Settle says how the owner is done with a message: Acknowledging, Returning or
// Rejecting.
func (c *Consumer) Settle(l Lease, how Settlement) {
	if how == Acknowledging {
		c.remember(l.Message)
	}
	c.say(settlement{lease: l, how: how})
}

// Extend asks for a lease to end so long after the service has heard of it, at the
// earliest. The owner goes on with the message meanwhile.
func (c *Consumer) Extend(l Lease, timeout time.Duration) {
	c.say(settlement{l, Extending, timeout})
}

// Postpone gives a message back that is not to be delivered again for a time.
func (c *Consumer) Postpone(l Lease, delay time.Duration) {
	c.say(settlement{l, Postponing, delay})
}

func (c *Consumer) say(s settlement) {
	c.settlements = append(c.settlements, s)
	c.settle()
}

// Forget says that the owner will not settle a message, and leaves it to its lease.
func (c *Consumer) Forget(l Lease) {
	if slices.Contains(c.held, l) {
		c.drop(l)
		c.receive()
	}
}

// Held returns the leases that the owner has and has not settled.
func (c *Consumer) Held() []Lease { return slices.Clone(c.held) }

// Receive takes a message of the network, and reports whether it was for the
// consumer.
func (c *Consumer) Receive(from node.ID, m node.Message) bool {
	r, ok := m.(rsm.Reply)
	if !ok {
		return false
	}
	if answer, ok := c.receiving.Receive(from, r); ok {
		c.received(answer)
		return true
	}
	if answer, ok := c.settling.Receive(from, r); ok {
		c.settled(answer)
		return true
	}
	return false
}

// Timeout takes the expiry of a timer, and reports whether it was the consumer's.
func (c *Consumer) Timeout(t node.Timer) bool {
	switch t {
	case c.config.Timers[0]:
		c.receiving.Timeout()
		c.receive()
	case c.config.Timers[1]:
		c.settling.Timeout()
	default:
		return false
	}
	return true
}

// receive asks for as many messages as the owner can be given.
func (c *Consumer) receive() {
	n := c.config.Prefetch - len(c.held)
	if n > 0 && !c.stopped && !c.receiving.Busy() {
		c.asked = c.env.Now()
		c.receiving.Ask(Receive{Queue: c.config.Queue, Consumer: c.config.Consumer, Max: n, Lease: c.config.Lease})
	}
}

func (c *Consumer) received(answer []byte) {
	received, err := Receive{}.Result(answer)
	if err != nil && c.events.Failed != nil {
		c.events.Failed(err)
	}
	if len(received.Deliveries) == 0 {
		c.env.SetTimer(c.config.Timers[0], c.poll)
		c.poll = min(2*c.poll, c.config.PollMax)
		return
	}
	c.poll = c.config.Poll
	for _, d := range received.Deliveries {
		c.held = append(c.held, d.Lease)
		if received.Lease > 0 {
			c.ends[d.Lease] = c.asked + received.Lease
		}
	}
	for _, d := range received.Deliveries {
		if !c.remembered[d.Message] {
			c.events.Delivered(d)
			continue
		}
		if c.events.Repeated != nil {
			c.events.Repeated(d)
		}
		c.Settle(d.Lease, Acknowledging)
	}
	c.receive()
}

// settle sends what the owner has said: as much of one kind as there is in a row.
func (c *Consumer) settle() {
	if c.settling.Busy() || len(c.settlements) == 0 {
		return
	}
	if c.apart > 0 {
		c.dropLate()
	}
	if len(c.settlements) == 0 {
		return
	}
	first := c.settlements[0]
	var leases []Lease
	for _, s := range c.settlements[:min(len(c.settlements), MaxBatch)] {
		if s.how != first.how || s.timeout != first.timeout || c.apart > 0 && len(leases) == 1 {
			break
		}
		leases = append(leases, s.lease)
	}
	c.underWay, c.said = len(leases), c.env.Now()
	switch first.how {
	case Returning:
		c.settling.Ask(Return{Queue: c.config.Queue, Consumer: c.config.Consumer, Leases: leases})
	case Rejecting:
		c.settling.Ask(Reject{Queue: c.config.Queue, Consumer: c.config.Consumer, Leases: leases})
	case Extending, Postponing:
		c.settling.Ask(Extend{Queue: c.config.Queue, Consumer: c.config.Consumer, Leases: leases, Timeout: first.timeout})
	default:
		c.settling.Ask(Acknowledge{Queue: c.config.Queue, Consumer: c.config.Consumer, Leases: leases})
	}
}

// settled takes the answer. If one of several leases was not good none was used, and
// they are sent again one by one.
func (c *Consumer) settled(answer []byte) {
	_, err := readAnswer(answer)
	n := c.underWay
	c.underWay = 0
	if err != nil && n > 1 {
		c.apart = n
		c.settle()
		return
	}
	c.apart = max(0, c.apart-n)
	done := c.settlements[:n:n]
	c.settlements = c.settlements[n:]
	for _, s := range done {
		switch {
		case s.how != Extending || err != nil:
			c.drop(s.lease)
		case slices.Contains(c.held, s.lease):
			c.ends[s.lease] = c.said + s.timeout
		}
	}
	c.settle()
	c.receive()
	if c.events.Settled != nil {
		for _, s := range done {
			c.events.Settled(s.lease, s.how, err)
		}
	}
}

// dropLate forgets settlements that come too late, counted from when the lease was asked
// for. Sent one by one, those that are late would make late those that wait behind them,
// for ever.
func (c *Consumer) dropLate() {
	now := c.env.Now()
	var late []settlement
	kept := c.settlements[:0:0]
	for _, s := range c.settlements {
		if end, known := c.ends[s.lease]; known && now >= end {
			late = append(late, s)
			continue
		}
		kept = append(kept, s)
	}
	c.settlements, c.apart = kept, min(c.apart, len(kept))
	for _, s := range late {
		c.drop(s.lease)
		if c.events.Settled != nil {
			c.events.Settled(s.lease, s.how, refuse(ErrLeaseExpired, "by the consumer's clock"))
		}
	}
	if len(late) > 0 {
		c.receive()
	}
}

// drop takes a lease out of those that are held.
func (c *Consumer) drop(l Lease) {
	delete(c.ends, l)
	if i := slices.Index(c.held, l); i >= 0 {
		c.held = slices.Delete(c.held, i, i+1)
	}
}

// remember keeps in mind that the owner has dealt with a message.
func (c *Consumer) remember(message uint64) {
	if c.config.Remember == 0 || c.remembered[message] {
		return
	}
	c.remembered[message] = true
	c.memory = append(c.memory, message)
	if len(c.memory) > c.config.Remember {
		delete(c.remembered, c.memory[0])
		c.memory = c.memory[1:]
	}
}
