package experiment

import (
	"fmt"
	"time"

	"quorumlab/mq"
)

// bench is one queue by itself, and its time.
type bench struct {
	machine *mq.Machine
	now     time.Duration
}

func newBench(o mq.QueueOptions, messages int) *bench {
	b := &bench{machine: mq.New()}
	b.apply(mq.DeclareQueue{Queue: "dead"})
	b.apply(mq.DeclareQueue{Queue: "work", Options: o})
	for i := range messages {
		b.apply(mq.Publish{Key: "work", Messages: [][]byte{fmt.Appendf(nil, "message %d", i+1)}})
	}
	return b
}

func (b *bench) apply(c mq.Command) []byte {
	return b.machine.Apply(b.machine.Stamp(mq.Encode(c), 1, b.now))
}

// receive returns the messages that are there to be received, up to so many.
func (b *bench) receive(most int, timeout time.Duration) []mq.Delivery {
	c := mq.Receive{Queue: "work", Consumer: 1, Max: most, Lease: timeout}
	received, _ := c.Result(b.apply(c)) // an error has no messages either
	return received.Deliveries
}

func (b *bench) giveBack(d mq.Delivery) {
	b.apply(mq.Return{Queue: "work", Consumer: 1, Leases: []mq.Lease{d.Lease}})
}

func (b *bench) statistics(queue string) (mq.QueueStatistics, error) {
	c := mq.Statistics{Queue: queue}
	return c.Result(b.apply(c))
}

// visible returns after how many seconds a message can be received again.
func (b *bench) visible() float64 {
	for began := b.now; b.now < began+13*time.Hour; b.now += time.Second {
		if len(b.receive(1, 0)) > 0 {
			return (b.now - began).Seconds()
		}
	}
	return -1
}
