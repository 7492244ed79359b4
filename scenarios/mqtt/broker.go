package mqtt

import (
	"time"

	"quorumlab/node"
)

const resendTimer node.Timer = 0

// Broker hands on what a publisher publishes to each subscriber, at the lower of the
// levels at which it was published and subscribed.
type Broker struct {
	env         node.Env
	patience    time.Duration
	publisher   *Receiver
	from        node.ID
	subscribers []subscriber
}

type subscriber struct {
	id  node.ID
	qos QoS
	hop *Sender
}

// NewBroker makes a broker of one publisher and of subscribers with equal levels.
func NewBroker(env node.Env, publisher node.ID, subscribers []node.ID, qos QoS, patience time.Duration) *Broker {
	b := &Broker{env: env, patience: patience, from: publisher}
	b.publisher = NewReceiver(env, publisher, b.handOn)
	for _, id := range subscribers {
		b.subscribers = append(b.subscribers, subscriber{id, qos, NewSender(env, id, patience)})
	}
	return b
}

func (b *Broker) handOn(p Publish) {
	for _, s := range b.subscribers {
		s.hop.Publish(p.Payload, min(p.QoS, s.qos))
	}
}

// Start implements node.Handler.
func (b *Broker) Start() { b.env.SetTimer(resendTimer, b.patience) }

// Receive implements node.Handler.
func (b *Broker) Receive(from node.ID, m node.Message) {
	if from == b.from {
		b.publisher.Receive(m)
		return
	}
	for _, s := range b.subscribers {
		if s.id == from {
			s.hop.Receive(m)
		}
	}
}

// Timeout implements node.Handler.
func (b *Broker) Timeout(node.Timer) {
	for _, s := range b.subscribers {
		s.hop.Resend()
	}
	b.env.SetTimer(resendTimer, b.patience)
}

// Synced implements node.Handler.
func (*Broker) Synced(node.Sync, error) {}
