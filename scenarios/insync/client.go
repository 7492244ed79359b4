package insync

import (
	"slices"
	"time"

	"quorumlab/node"
)

// ClientConfig is what the clients of a partition have in common.
type ClientConfig struct {
	Brokers []node.ID
	// Patience is how long a client waits for an answer before it asks another broker.
	Patience time.Duration
	Every    time.Duration // how long it rests after an operation
}

// caller asks the broker that it takes for the leader.
type caller struct {
	env     node.Env
	config  ClientConfig
	asks    int // the broker that is asked
	attempt uint64
}

// Synced implements node.Handler.
func (*caller) Synced(node.Sync, error) {}

// next turns to another broker: the one that is said to lead, or the next in turn.
func (c *caller) next(leader node.ID) {
	c.asks = (c.asks + 1) % len(c.config.Brokers)
	if i := slices.Index(c.config.Brokers, leader); i >= 0 {
		c.asks = i
	}
}

func (c *caller) send(m node.Message) {
	c.env.Send(c.config.Brokers[c.asks], m)
	c.env.SetTimer(0, c.config.Patience)
}

// rest sets the timer for the next operation.
func (c *caller) rest() { c.env.SetTimer(0, c.config.Every) }
