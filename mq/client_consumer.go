package mq

import (
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

	settlements []settlement // to be sent, oldest first
	underWay    int          // of those
	apart       int          // so many are to be sent one by one
	remembered  map[uint64]bool
	memory      []uint64 // what is remembered, oldest first

	asked time.Duration           // when what is being received was asked for
	said  time.Duration           // when what is being settled was sent
	ends  map[Lease]time.Duration // when leases that are held are over
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
	if n > 0 && !c.receiving.Busy() {
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
