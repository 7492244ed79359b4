package mq

import (
	"slices"
	"time"
)

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

// settlement is what the owner has said about a lease.
type settlement struct {
	lease   Lease
	how     Settlement
	timeout time.Duration // of Extending and Postponing
}

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
