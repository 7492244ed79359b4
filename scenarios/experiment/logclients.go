package experiment

import (
	"fmt"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

// logBook is what the clients of a log saw: a history for the judge, and when each
// operation was called.
type logBook struct {
	events  int64
	history linearizability.History
	called  []time.Duration
}

// call enters an operation of which nothing is known yet.
func (b *logBook) call(now time.Duration, client node.ID, in linearizability.Input) int {
	b.events++
	b.history = append(b.history, linearizability.Operation{
		Client: int(client), Input: in, Call: b.events, Outcome: linearizability.OutcomeUnknown,
	})
	b.called = append(b.called, now)
	return len(b.history) - 1
}

// end enters what became of an operation.
func (b *logBook) end(i int, outcome linearizability.Outcome, output any) {
	b.events++
	op := &b.history[i]
	op.Return, op.Outcome, op.Output = b.events, outcome, output
}

// The patience of clients with a broker, and of a producer with a record.
const (
	patience        = 60 * time.Millisecond
	deliveryTimeout = 300 * time.Millisecond
)

// producer is a producer that the book is told of.
func (b *logBook) producer(env node.Env, brokers []node.ID, acks insync.Acks, numbered bool) node.Handler {
	sending := 0 // the operation under way
	return insync.NewProducer(env, insync.ProducerConfig{
		ClientConfig: insync.ClientConfig{Brokers: brokers, Patience: patience, Every: 5 * time.Millisecond},
		Acks:         acks, Numbered: numbered, DeliveryTimeout: deliveryTimeout,
		Value: func(number uint64) string { return fmt.Sprintf("%d of %s", number, sim.Name(env.ID())) },
		More:  func() bool { return env.Now() < kafkaDuration },
	}, insync.ProducerEvents{
		Sent: func(value string) { sending = b.call(env.Now(), env.ID(), linearizability.Send{Value: value}) },
		Stored: func(offset int64, told bool) {
			var output any
			if told {
				output = offset
			}
			b.end(sending, linearizability.OutcomeOK, output)
		},
		Refused: func() { b.end(sending, linearizability.OutcomeFailed, nil) },
		GaveUp:  func() {},
	})
}

// consumer is a consumer that the book is told of. A poll that fails has certainly changed
// nothing: the consumer itself keeps where it is.
func (b *logBook) consumer(env node.Env, brokers []node.ID, start time.Duration, latest bool) node.Handler {
	polling := 0 // the operation under way
	return insync.NewConsumer(env, insync.ConsumerConfig{
		ClientConfig: insync.ClientConfig{Brokers: brokers, Patience: patience, Every: 10 * time.Millisecond},
		Start:        start, Latest: latest,
	}, insync.ConsumerEvents{
		Asked: func() { polling = b.call(env.Now(), env.ID(), linearizability.Consume{}) },
		Polled: func(offset int64, p insync.Polled) {
			records := make([]linearizability.Record, len(p.Values))
			for i, value := range p.Values {
				records[i] = linearizability.Record{Offset: offset + int64(i), Value: value}
			}
			b.end(polling, linearizability.OutcomeOK, linearizability.NewRecords(records...))
		},
		Failed: func(int64, insync.Polled) { b.end(polling, linearizability.OutcomeFailed, nil) },
	})
}
