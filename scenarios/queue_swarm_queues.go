package scenarios

import (
	"fmt"
	"time"

	"quorumlab/mq"
)

// queueName names a work queue by number: the first, or one of the others.
func queueName(i int) string {
	if i == 0 {
		return workQueue
	}
	return fmt.Sprintf("%s.%d", workQueue, i)
}

// queues declares the work queues, and the queue for their dead letters.
func (c QueueSwarm) queues() (all []mq.Command) {
	o := mq.QueueOptions{
		Lease: time.Duration(c.Lease), DeliveryLimit: c.DeliveryLimit,
		TTL: time.Duration(c.TTL), MaxLength: c.MaxLength,
	}
	if c.DeliveryLimit == 0 {
		o.DeliveryLimit = mq.NoDeliveryLimit
	}
	if c.RejectPublish {
		o.Overflow = mq.RejectPublish
	}
	switch {
	case c.Contract == ContractAtMostOnce:
		o.Contract = mq.AtMostOnce
	case c.Contract == ContractEffectivelyOnce && !c.Unnamed:
		o.Contract = mq.EffectivelyOnce
	}
	if !c.NoDeadLetters {
		all = append(all, mq.DeclareQueue{Queue: deadQueue, Options: mq.QueueOptions{Lease: o.Lease, DeliveryLimit: mq.NoDeliveryLimit}})
		o.DeadLetters = deadQueue
	}
	all = append(all, mq.DeclareQueue{Queue: workQueue, Options: o})
	for i := range c.OtherQueues {
		other := o
		if i%2 == 0 { // what the first does not do
			other.Contract = mq.AtMostOnce
			if o.Contract == mq.AtMostOnce {
				other.Contract = mq.AtLeastOnce
			}
			other.TTL, other.MaxLength, other.DeadLetters = 0, 0, ""
		} else {
			other.Lease, other.DeliveryLimit = o.Lease/2+50*time.Millisecond, 2
		}
		all = append(all, mq.DeclareQueue{Queue: queueName(i + 1), Options: other})
	}
	return all
}

func (c QueueSwarm) log() mq.Command {
	return mq.DeclareLog{Log: eventLog, Options: mq.LogOptions{Partitions: uint32(c.Keys), RetainCount: c.RetainCount, RetainAge: time.Duration(c.RetainAge)}}
}

// swarmExchange is the exchange of the swarm.
const swarmExchange = "exchange"

// bindings declares the exchange, and binds the queue and the log to it. Which keys
// match what is different for each type.
func (c QueueSwarm) bindings() []mq.Command {
	kind, queue, log := mq.Direct, "key.0", "key.1"
	switch c.Exchange {
	case ExchangeFanout:
		kind, queue, log = mq.Fanout, "", ""
	case ExchangeTopic:
		kind, queue, log = mq.Topic, "key.*", "#.1"
	case ExchangeMQTT:
		kind, queue, log = mq.MQTT, "key/+", "key/1/#"
	}
	all := []mq.Command{
		mq.DeclareExchange{Exchange: swarmExchange, Type: kind},
		mq.Bind{Exchange: swarmExchange, Queue: workQueue, Pattern: queue},
		mq.Bind{Exchange: swarmExchange, Queue: eventLog, Pattern: log},
	}
	for i := range c.OtherQueues { // by two patterns, and yet each message comes once
		all = append(all, mq.Bind{Exchange: swarmExchange, Queue: queueName(i + 1), Pattern: log})
		if queue != log {
			all = append(all, mq.Bind{Exchange: swarmExchange, Queue: queueName(i + 1), Pattern: queue})
		}
	}
	return all
}
