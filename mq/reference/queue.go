package reference

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/mq"
)

type queue struct {
	name     string
	options  mq.QueueOptions
	counters mq.Counters
	next     uint64
	messages []*message // all that are there, by place
}

type message struct {
	place      uint64
	key, body  string
	published  time.Duration
	deliveries uint32
	held       bool
	consumer   mq.ConsumerID
	since      time.Duration
	deadline   time.Duration
	death      *mq.Death
}

func (r *Machine) queue(name string) *queue {
	for _, q := range r.queues {
		if q.name == name {
			return q
		}
	}
	return nil
}

func (q *queue) ready() (n uint64) {
	for _, m := range q.messages {
		if !m.held {
			n++
		}
	}
	return n
}

func (q *queue) remove(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(x *message) bool { return x == m })
}

// queueOf returns the queue that a command is about, or what it is refused with.
func (r *Machine) queueOf(command mq.Command) (*queue, any) {
	var name string
	switch c := command.(type) {
	case mq.DeleteQueue:
		name = c.Queue
	case mq.Purge:
		name = c.Queue
	case mq.Statistics:
		name = c.Queue
	case mq.Receive:
		name = c.Queue
	case mq.Acknowledge:
		name = c.Queue
	case mq.Return:
		name = c.Queue
	case mq.Reject:
		name = c.Queue
	case mq.Extend:
		if c.Timeout < 0 || c.Timeout > 12*time.Hour {
			return nil, mq.ErrBadOption
		}
		name = c.Queue
	}
	if q := r.queue(name); q != nil {
		return q, nil
	}
	if r.log(name) != nil {
		return nil, mq.ErrWrongType
	}
	return nil, mq.ErrUnknownQueue
}

// applyToQueue carries out a command about a queue that has to be there.
func (r *Machine) applyToQueue(command mq.Command) any {
	q, missing := r.queueOf(command)
	if q == nil {
		return missing
	}
	switch c := command.(type) {
	case mq.DeleteQueue:
		return r.deleteQueue(q)
	case mq.Purge:
		n := uint64(0)
		for _, m := range slices.Clone(q.messages) {
			if !m.held {
				q.remove(m)
				n++
			}
		}
		q.counters.Purged += n
		return mq.Removed{Messages: n}
	case mq.Statistics:
		ready := q.ready()
		return mq.QueueStatistics{Options: q.options, Ready: ready, Leased: uint64(len(q.messages)) - ready, Counters: q.counters}
	case mq.Receive:
		return r.receive(q, c)
	case mq.Acknowledge:
		return r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.remove(m)
			q.counters.Acknowledged++
		})
	case mq.Return:
		result := r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.counters.Returned++
			r.release(q, m)
		})
		r.limit(q)
		return result
	case mq.Reject:
		return r.settle(q, c.Consumer, c.Leases, always, func(m *message) {
			q.counters.Rejected++
			r.giveUp(q, m, mq.ReasonRejected)
		})
	case mq.Extend:
		return r.extend(q, c)
	}
	panic(fmt.Sprintf("reference: %T", command))
}

func (r *Machine) declareQueue(c mq.DeclareQueue) any {
	o := c.Options
	if c.Queue == "" {
		return mq.ErrBadName
	}
	if o.Lease < 0 || o.Lease > 12*time.Hour || o.TTL < 0 || o.TTL > 10*365*24*time.Hour ||
		o.Contract > mq.EffectivelyOnce || o.Overflow > mq.RejectPublish {
		return mq.ErrBadOption
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.DeliveryLimit == 0 {
		o.DeliveryLimit = 20
	}
	if q := r.queue(c.Queue); q != nil {
		if q.options != o {
			return mq.ErrMismatch
		}
		return mq.Declared{}
	}
	switch {
	case r.log(c.Queue) != nil:
		return mq.ErrMismatch
	case o.DeadLetters == "" || r.queue(o.DeadLetters) != nil:
	case r.log(o.DeadLetters) != nil:
		return mq.ErrWrongType
	default:
		return mq.ErrUnknownQueue
	}
	r.queues = append(r.queues, &queue{name: c.Queue, options: o, next: max(r.places, 1)})
	return mq.Declared{Created: true}
}

func (r *Machine) deleteQueue(q *queue) any {
	for _, other := range r.queues {
		if other.options.DeadLetters == q.name {
			return mq.ErrInUse
		}
	}
	r.unbindAll(q.name)
	r.places = max(r.places, q.next)
	r.queues = slices.DeleteFunc(r.queues, func(x *queue) bool { return x == q })
	return mq.Removed{Messages: uint64(len(q.messages))}
}

func (r *Machine) store(q *queue, key, body string, death *mq.Death) {
	q.messages = append(q.messages, &message{place: q.next, key: key, body: body, published: r.now, death: death})
	q.next++
}

func (r *Machine) expireQueue(q *queue) {
	for {
		var first *message
		for _, m := range q.messages {
			if m.held && m.deadline <= r.now && (first == nil || m.deadline < first.deadline) {
				first = m
			}
		}
		if first == nil {
			break
		}
		q.counters.LeasesExpired++
		r.release(q, first)
	}
	for _, m := range slices.Clone(q.messages) {
		if !m.held && q.options.TTL > 0 && m.published+q.options.TTL <= r.now {
			r.giveUp(q, m, mq.ReasonTTL)
		}
	}
	r.limit(q)
}

func (r *Machine) release(q *queue, m *message) {
	m.held, m.consumer, m.deadline = false, 0, 0
	if q.options.DeliveryLimit != mq.NoDeliveryLimit && m.deliveries >= q.options.DeliveryLimit {
		r.giveUp(q, m, mq.ReasonDeliveryLimit)
	}
}

func (r *Machine) giveUp(q *queue, m *message, why mq.Reason) {
	q.remove(m)
	if q.options.DeadLetters == "" {
		q.counters.Discarded++
		return
	}
	q.counters.DeadLettered++
	to := r.queue(q.options.DeadLetters)
	to.counters.DeadLetters++
	r.store(to, m.key, m.body, &mq.Death{Queue: q.name, Message: m.place, Reason: why, Deliveries: m.deliveries})
	r.limit(to)
}

func (r *Machine) limit(q *queue) {
	for q.options.MaxLength > 0 && q.options.Overflow == mq.DropHead && q.ready() > q.options.MaxLength {
		for _, m := range q.messages {
			if !m.held {
				r.giveUp(q, m, mq.ReasonLength)
				break
			}
		}
	}
}
