package scenarios

import (
	"fmt"
	"time"

	"quorumlab/mq"
)

// messaging is what is declared, and the roles of clients.
func (c QueueSwarm) messaging() Messaging {
	m := Messaging{HashEvery: c.HashEvery, Drain: 2 * time.Minute} // one consumer far away may have hundreds to fetch
	switch c.Kind {
	case KindLog:
		m.Declarations = []mq.Command{c.log()}
	case KindExchange:
		m.Declarations = append(c.queues(), c.log())
		m.Declarations = append(m.Declarations, c.bindings()...)
	default:
		m.Declarations = c.queues()
	}
	for i := range c.Publishers {
		m.Roles = append(m.Roles, c.publisher(i))
	}
	for i := range max(c.Clients, 1+c.OtherQueues, 1+c.OtherGroups) {
		m.Roles = append(m.Roles, c.reader(i)...)
	}
	if c.Kind != KindLog && !c.NoDeadLetters {
		m.Roles = append(m.Roles, Receiver{Queue: deadQueue, Lease: time.Duration(c.Lease)})
	}
	for _, o := range c.operators(m.Declarations) {
		if c.rate(o) > 0 {
			m.Roles = append(m.Roles, o)
		}
	}
	for range c.Walkers {
		m.Roles = append(m.Roles, Walker{})
	}
	return m
}

// operators are the roles of those who empty queues, delete them, and take bindings back,
// of what there is of each.
func (c QueueSwarm) operators(declarations []mq.Command) (all []Operator) {
	var purges, deletions, unbindings []mq.Command
	for _, d := range declarations {
		switch d := d.(type) {
		case mq.DeclareQueue:
			purges = append(purges, mq.Purge{Queue: d.Queue})
			if d.Queue != deadQueue {
				deletions = append(deletions, mq.DeleteQueue{Queue: d.Queue})
			}
		case mq.Bind:
			unbindings = append(unbindings, mq.Unbind(d))
		}
	}
	for _, commands := range [][]mq.Command{purges, deletions, unbindings} {
		if len(commands) > 0 {
			all = append(all, Operator{commands})
		}
	}
	return all
}

// rate is how often per second an operator does something.
func (c QueueSwarm) rate(o Operator) float64 {
	switch o.Commands[0].(type) {
	case mq.Purge:
		return c.Purge
	case mq.DeleteQueue:
		return c.Delete
	}
	return c.Rebind
}

// publisher is the role of a publisher: they take turns at keys and partitions.
func (c QueueSwarm) publisher(i int) Role {
	p := Publisher{Poison: c.Poison}
	p.Batch, p.FullPause = c.Batch, 20*time.Millisecond
	if c.MaxLength > 0 && c.RejectPublish { // a batch is stored as a whole or not at all
		p.Batch = min(c.Batch, int(c.MaxLength))
	}
	p.Reconnect = time.Duration(c.Patience)
	if !c.Unnamed {
		p.Producer = mq.ProducerID(i + 1)
	}
	key := i % c.Keys
	switch c.Kind {
	case KindLog:
		p.Log, p.Partition = eventLog, uint32(key)
	case KindExchange:
		p.Exchange, p.Key = swarmExchange, fmt.Sprintf("key.%d", key)
		if c.Exchange == ExchangeMQTT {
			p.Key = fmt.Sprintf("key/%d", key)
		}
		if c.Unroutable && i == c.Publishers-1 {
			p.Key, p.Mandatory = "nowhere", true
		}
	default:
		p.Key = queueName(i % (1 + c.OtherQueues))
	}
	return p
}

// reader is the role of one who receives, or follows; of logs there is one who
// follows without a group too.
func (c QueueSwarm) reader(i int) (roles []Role) {
	if c.Kind != KindLog {
		r := Receiver{
			Queue: queueName(i % (1 + c.OtherQueues)), Return: c.Return, Reject: c.Reject, Forget: c.Forget,
			Postpone: c.Postpone, PostponeBy: time.Duration(c.PostponeBy), Extend: c.Extend,
			Reconnect: time.Duration(c.Patience), Remember: c.Remember, CrashOnPoison: c.CrashOnPoison,
		}
		if c.OwnLeases {
			r.Lease = time.Duration(c.Lease) * time.Duration(1+i%3) / 2
		}
		roles = append(roles, r)
	}
	follower := Follower{
		Log: eventLog, Max: max(c.Batch, 4), SessionTimeout: time.Duration(c.Member), CommitFirst: c.CommitFirst, Leave: c.Leave,
		Reconnect: time.Duration(c.Patience),
	}
	if c.Kind != KindQueue && i == 0 {
		roles = append(roles, follower)
	}
	if c.Kind == KindLog {
		follower.Group = fmt.Sprintf("%s.%d", eventGroup, i%(1+c.OtherGroups))
		roles = append(roles, follower)
	}
	return roles
}
