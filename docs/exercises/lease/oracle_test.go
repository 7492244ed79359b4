package lease

import (
	"errors"
	"fmt"
	"time"

	"quorumlab/mq"
)

// oracle is the queue of package mq, used like the one of the exercise.
type oracle struct{ machine *mq.Machine }

func newOracle(lease time.Duration, limit uint32) *oracle {
	o := &oracle{mq.New()}
	o.do(0, mq.DeclareQueue{Queue: "dead"})
	o.do(0, mq.DeclareQueue{Queue: "work", Options: mq.QueueOptions{Lease: lease, DeliveryLimit: limit, DeadLetters: "dead"}})
	return o
}

func (o *oracle) do(now time.Duration, c mq.Command) []byte {
	return o.machine.Apply(o.machine.Stamp(mq.Encode(c), 1, now))
}

func (o *oracle) Publish(now time.Duration, body string) {
	o.do(now, mq.Publish{Key: "work", Messages: [][]byte{[]byte(body)}})
}

func (o *oracle) Receive(now time.Duration, consumer Consumer) (Delivery, bool) {
	ask := mq.Receive{Queue: "work", Consumer: mq.ConsumerID(consumer), Max: 1}
	received, err := ask.Result(o.do(now, ask))
	if err != nil || len(received.Deliveries) == 0 {
		return Delivery{}, false
	}
	d := received.Deliveries[0]
	return Delivery{Number: d.Message, Attempt: d.Attempt, Body: string(d.Body)}, true
}

func (o *oracle) Acknowledge(now time.Duration, consumer Consumer, number uint64, attempt uint32) error {
	ask := mq.Acknowledge{Queue: "work", Consumer: mq.ConsumerID(consumer), Leases: []mq.Lease{{Message: number, Attempt: attempt}}}
	return ask.Result(o.do(now, ask))
}

// twin returns a copy, to try things on.
func (o *oracle) twin() *oracle {
	twin := &oracle{mq.New()}
	if err := twin.machine.Restore(o.machine.Snapshot()); err != nil {
		panic(err)
	}
	return twin
}

// dead returns the bodies of the dead letters. It looks at a copy, because looking
// at messages delivers them.
func (o *oracle) dead() (bodies []string) {
	ask := mq.Receive{Queue: "dead", Consumer: 1, Max: mq.MaxBatch}
	received, _ := ask.Result(o.twin().do(0, ask))
	for _, d := range received.Deliveries {
		bodies = append(bodies, string(d.Body))
	}
	return bodies
}

// sameError compares what two queues say to an acknowledgement.
func sameError(got, want error) error {
	var code mq.Code
	switch {
	case want == nil && got == nil:
		return nil
	case want == nil:
		return fmt.Errorf("it is refused (%v), though the lease is good", got)
	case !errors.As(want, &code):
		return fmt.Errorf("the laboratory's queue says %w", want)
	case got == nil:
		return fmt.Errorf("it is taken; want %q", code)
	case !errors.Is(got, code):
		return fmt.Errorf("it is refused because of %q; want %q", got, code)
	}
	return nil
}
