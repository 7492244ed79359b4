package mqjudge

import (
	"cmp"
	"fmt"
	"slices"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// anonymous gives each operation a client of its own. The judges that do not ask who
// called do not mind, and several messages of one command may overlap.
func anonymous(h linearizability.History) linearizability.History {
	for i := range h {
		h[i].Client = i
	}
	return h
}

// operation is one of a history.
func (i interval) operation(key string, input linearizability.Input, outcome linearizability.Outcome, output any) linearizability.Operation {
	return linearizability.Operation{
		Key: key, Input: input, Output: output, Call: i.call, Return: max(i.end, i.call), Outcome: outcome,
	}
}

// accounts is the history of which messages came out, for CheckTotalQueue: whatever
// is delivered again under the same number, or as a dead letter, counts once, but of a
// queue that promises to deliver at most once.
func (m *Evidence) accounts() linearizability.History {
	var h linearizability.History
	for _, e := range m.enqueues {
		h = append(h, e.operation(e.queue, linearizability.Enqueue{Value: e.value}, e.outcome, nil))
	}
	leased := func(queue string) bool { return m.Topology.Queues[queue].Contract != mq.AtMostOnce }
	seen, here := make(map[queueMessage]bool), make(map[queueMessage]bool)
	for _, d := range m.deliveries {
		origin, name := queueMessage{d.origin, d.number}, queueMessage{d.queue, d.lease.Message}
		again := seen[origin] && leased(d.origin) || here[name] && leased(d.queue)
		seen[origin], here[name] = true, true
		if again {
			continue
		}
		h = append(h, d.operation(d.origin, linearizability.Dequeue{}, linearizability.OutcomeOK, d.value))
	}
	return anonymous(h)
}

// fifo is the history of a queue that delivers at most once, and so is a plain queue.
func (m *Evidence) fifo(queue string) linearizability.History {
	var h linearizability.History
	for _, e := range m.enqueues {
		if e.queue == queue && e.outcome != linearizability.OutcomeFailed {
			h = append(h, e.operation(queue, linearizability.Enqueue{Value: e.value}, e.outcome, nil))
		}
	}
	for _, r := range m.receives {
		switch {
		case r.queue != queue:
		case !r.known:
			for range r.max {
				h = append(h, r.operation(queue, linearizability.Dequeue{}, linearizability.OutcomeUnknown, nil))
			}
		case len(r.numbers) == 0:
			h = append(h, r.operation(queue, linearizability.Dequeue{}, linearizability.OutcomeOK, nil))
		}
	}
	for _, d := range m.deliveries {
		if d.queue == queue {
			h = append(h, d.operation(queue, linearizability.Dequeue{}, linearizability.OutcomeOK, d.value))
		}
	}
	return anonymous(h)
}

// leased is the history of a queue with leases, and of the dead letters that it gave
// up because they were delivered too often, for CheckDeliveries. Its times are
// virtual, in nanoseconds. A message may be stored twice, so it goes by its number too.
func (m *Evidence) leased(queue, deadLetters string, shortest int64) linearizability.History {
	var h linearizability.History
	add := func(i interval, key string, input linearizability.Input, outcome linearizability.Outcome, output any) {
		i.call, i.end = int64(i.called), int64(i.ended)
		h = append(h, i.operation(key, input, outcome, output))
	}
	for _, d := range m.deliveries {
		dead := d.queue == deadLetters && d.origin == queue && d.reason == mq.ReasonDeliveryLimit && d.lease.Attempt == 1
		if d.queue == queue && d.origin == queue || dead {
			add(d.interval, d.queue, linearizability.Receive{}, linearizability.OutcomeOK, numbered(d.value, d.number))
		}
	}
	for _, r := range m.receives {
		if r.queue == queue && !r.known {
			for range r.max {
				add(r.interval, queue, linearizability.Receive{}, linearizability.OutcomeUnknown, nil)
			}
		}
	}
	values := m.values()
	for _, s := range m.settled {
		value, known := values[queueMessage{s.queue, s.lease.Message}]
		if s.queue != queue || !known {
			continue
		}
		value = numbered(value, s.lease.Message)
		outcome := linearizability.OutcomeUnknown
		if s.known {
			outcome = linearizability.OutcomeOK
		}
		if s.how == mq.Acknowledging || s.how == mq.Rejecting {
			add(s.interval, queue, linearizability.Acknowledge{Value: value}, outcome, s.err == nil)
		} else if s.how == mq.Returning || int64(s.timeout) < shortest {
			add(s.interval, queue, linearizability.Expire{Value: value}, outcome, s.err == nil)
		}
	}
	return anonymous(h)
}

func numbered(value string, number uint64) string {
	return fmt.Sprintf("%s, message %d", value, number)
}

// values returns the value of each message that was delivered.
func (m *Evidence) values() map[queueMessage]string {
	values := make(map[queueMessage]string)
	for _, d := range m.deliveries {
		values[queueMessage{d.queue, d.lease.Message}] = d.value
	}
	return values
}

// spread is how far ticks are pulled apart to make room for the messages of a batch,
// which have an order too.
const spread = 2048

// inBatch is when the message at a position of a batch was sent, for judges of order:
// at once behind the one before.
func inBatch(e *enqueue) (call, end int64) {
	call = e.call*spread + 2*int64(e.position)
	return call, call + 1
}

// order is the history for CheckProducerOrder, of queues that promise an order.
// Messages without numbers whose fate is unknown may come late, and so may anything
// that was sent twice.
func (m *Evidence) order() linearizability.History {
	var h linearizability.History
	attempts := make(map[linearizability.Message]int)
	producers := make(map[queueMessage]int)
	for _, e := range m.enqueues {
		attempts[linearizability.Message{Key: e.queue, Value: e.value}]++
	}
	for _, e := range m.enqueues {
		sure := e.numbered() || e.outcome == linearizability.OutcomeOK
		if sure && e.outcome != linearizability.OutcomeFailed && attempts[linearizability.Message{Key: e.queue, Value: e.value}] == 1 {
			op := e.operation(e.queue, linearizability.Enqueue{Value: e.value}, linearizability.OutcomeOK, nil)
			who := queueMessage{e.queue, uint64(e.machine)} // one publish may go to several queues at once
			if producers[who] == 0 {
				producers[who] = len(producers) + 1
			}
			op.Client = producers[who]
			op.Call, op.Return = inBatch(e)
			h = append(h, op)
		}
	}
	client := 1 << 20
	add := func(i interval, queue string, outcome linearizability.Outcome, output any) {
		client++
		i.call, i.end = i.call*spread, i.end*spread
		op := i.operation(queue, linearizability.Receive{}, outcome, output)
		op.Client = client
		h = append(h, op)
	}
	for _, r := range m.receives {
		if !r.known {
			add(r.interval, r.queue, linearizability.OutcomeUnknown, nil)
		}
	}
	for _, d := range m.deliveries {
		if d.origin == d.queue {
			add(d.interval, d.queue, linearizability.OutcomeOK, d.value)
		}
	}
	// A producer sends one batch after the other, whatever it was that made the numbers
	// of its attempts.
	slices.SortStableFunc(h, func(a, b linearizability.Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Client, b.Client))
	})
	return h
}

// partitionKey names a partition of a log in histories.
func partitionKey(log string, partition uint32) string { return fmt.Sprintf("%s/%d", log, partition) }
