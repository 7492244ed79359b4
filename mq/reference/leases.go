package reference

import (
	"slices"
	"time"

	"quorumlab/mq"
)

func (r *Machine) receive(q *queue, c mq.Receive) any {
	if c.Max < 1 || c.Max > mq.MaxBatch {
		return mq.ErrTooMany
	}
	if c.Lease < 0 || c.Lease > 12*time.Hour {
		return mq.ErrBadOption
	}
	lease := c.Lease
	if lease == 0 {
		lease = q.options.Lease
	}
	received := mq.Received{Now: r.now}
	if q.options.Contract != mq.AtMostOnce {
		received.Lease = lease
	}
	for _, m := range slices.Clone(q.messages) {
		if m.held || len(received.Deliveries) == c.Max {
			continue
		}
		m.deliveries++
		q.counters.Delivered++
		if m.deliveries > 1 {
			q.counters.Redelivered++
		}
		received.Deliveries = append(received.Deliveries, mq.Delivery{
			Lease:     mq.Lease{Message: m.place, Attempt: m.deliveries},
			Published: m.published, Key: m.key, Body: []byte(m.body), Death: m.death,
		})
		if q.options.Contract == mq.AtMostOnce {
			q.remove(m)
		} else {
			m.held, m.consumer, m.since, m.deadline = true, c.Consumer, r.now, r.now+lease
		}
	}
	return received
}

func (r *Machine) settle(q *queue, by mq.ConsumerID, leases []mq.Lease, inTime func(*message) bool, do func(*message)) any {
	if len(leases) == 0 || len(leases) > mq.MaxBatch {
		return mq.ErrTooMany
	}
	var messages []*message
	for _, l := range leases {
		m, refusal := q.holds(by, l)
		if refusal == nil && slices.Contains(messages, m) {
			refusal = mq.ErrSettled
		}
		if refusal == nil && !inTime(m) {
			refusal = mq.ErrBadOption
		}
		if refusal != nil {
			return refusal
		}
		messages = append(messages, m)
	}
	for _, m := range messages {
		do(m)
	}
	return nil
}

func always(*message) bool { return true }

func (r *Machine) extend(q *queue, c mq.Extend) any {
	inTime := func(m *message) bool { return r.now+c.Timeout <= m.since+12*time.Hour }
	refusal := r.settle(q, c.Consumer, c.Leases, inTime, func(m *message) { m.deadline = r.now + c.Timeout })
	if refusal != nil {
		return refusal
	}
	r.expireQueue(q)
	return mq.Extended{Now: r.now}
}

func (q *queue) holds(by mq.ConsumerID, l mq.Lease) (*message, any) {
	if q.options.Contract == mq.AtMostOnce {
		return nil, mq.ErrNoLeases
	}
	if l.Attempt == 0 || l.Message >= q.next {
		return nil, mq.ErrUnknownLease
	}
	for _, m := range q.messages {
		if m.place != l.Message {
			continue
		}
		switch {
		case l.Attempt > m.deliveries:
			return nil, mq.ErrUnknownLease
		case !m.held || l.Attempt != m.deliveries:
			return nil, mq.ErrLeaseExpired
		case m.consumer != by:
			return nil, mq.ErrNotHolder
		}
		return m, nil
	}
	return nil, mq.ErrSettled
}
