package insync

import (
	"time"

	"quorumlab/node"
)

// ConsumerConfig is what a consumer does.
type ConsumerConfig struct {
	ClientConfig
	Start time.Duration // when to begin
	// Latest has the consumer go on at the end if what comes next is not there, and not
	// at the beginning (auto.offset.reset).
	Latest bool
}

// ConsumerEvents tells the owner of a consumer what it sees. None may be nil.
type ConsumerEvents struct {
	Asked  func()                       // for records
	Polled func(offset int64, p Polled) // and was answered: those from an offset on
	Failed func(offset int64, p Polled) // or not, or with another status
}

// Consumer reads a partition from the beginning on.
type Consumer struct {
	caller
	config   ConsumerConfig
	events   ConsumerEvents
	position int64
	epoch    uint64 // of the latest leader that was heard
	polling  bool
}

// NewConsumer makes a consumer.
func NewConsumer(env node.Env, config ConsumerConfig, events ConsumerEvents) *Consumer {
	return &Consumer{caller: caller{env: env, config: config.ClientConfig}, config: config, events: events}
}

// Start implements node.Handler.
func (c *Consumer) Start() { c.env.SetTimer(0, c.config.Start+c.config.Every) }

// Position returns the offset of the next record.
func (c *Consumer) Position() int64 { return c.position }

// Timeout implements node.Handler: it is time for the next poll, or an answer is
// overdue.
func (c *Consumer) Timeout(node.Timer) {
	if c.polling {
		c.events.Failed(c.position, Polled{})
		c.next(0)
	}
	c.attempt++
	c.polling = true
	c.events.Asked()
	c.send(Poll{Attempt: c.attempt, Epoch: c.epoch, Offset: c.position})
}

// Receive implements node.Handler.
func (c *Consumer) Receive(_ node.ID, m node.Message) {
	answer, ok := m.(Polled)
	if !ok || !c.polling || answer.Attempt != c.attempt {
		return
	}
	c.epoch = max(c.epoch, answer.Epoch)
	c.polling = false
	if answer.Status == OK {
		c.events.Polled(c.position, answer)
		c.position += int64(len(answer.Values))
	} else {
		c.events.Failed(c.position, answer)
	}
	switch answer.Status {
	case NotLeader:
		c.next(answer.Leader)
	case OutOfRange:
		c.position = answer.Start
		if c.config.Latest {
			c.position = answer.High
		}
	}
	c.rest()
}
