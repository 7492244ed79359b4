package mq

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Contract is what a queue promises about how often a message is delivered.
type Contract uint8

const (
	// AtLeastOnce: a message is leased to a consumer, and delivered again if it is
	// not acknowledged in time. A client can observe a message twice or more often,
	// and never that one it was told is stored does not come, until its queue gives
	// it up for a reason that was declared (delivery limit, time to live, length).
	AtLeastOnce Contract = iota
	// AtMostOnce: a message is gone when it is delivered. A client can observe that
	// one does not come, namely when the answer of a receive was lost or a consumer
	// crashed with it, and never one twice, if the publisher does not repeat itself.
	AtMostOnce
	// EffectivelyOnce is AtLeastOnce between those who know how to count: only
	// producers with sequence numbers may publish, so no message is stored twice,
	// and a consumer that keeps the numbers of the messages it has dealt with,
	// together with what came of them, deals with none twice. A client can still
	// observe a message twice. That it has no effect is the consumer's doing.
	EffectivelyOnce

	lastContract = EffectivelyOnce
)

func (c Contract) String() string {
	switch c {
	case AtLeastOnce:
		return "at least once"
	case AtMostOnce:
		return "at most once"
	case EffectivelyOnce:
		return "effectively once"
	}
	return fmt.Sprintf("Contract(%d)", uint8(c))
}

// Overflow is what a queue does when it has as many messages as it may.
type Overflow uint8

const (
	// DropHead gives up the oldest messages.
	DropHead Overflow = iota
	// RejectPublish refuses new ones. Dead letters are taken nevertheless: they
	// would be lost, and nobody could be told.
	RejectPublish

	lastOverflow = RejectPublish
)

// What options are if they are not given, and how far they go. Lease is as SQS has
// it, DeliveryLimit as RabbitMQ's quorum queues have it.
const (
	DefaultLease         = 30 * time.Second
	MaxLease             = 12 * time.Hour
	DefaultDeliveryLimit = 20
	NoDeliveryLimit      = math.MaxUint32
)

// QueueOptions are the properties of a queue. The zero value is a queue that
// delivers at least once.
type QueueOptions struct {
	Contract Contract
	// Lease is for how long a delivered message is its consumer's, if the receive
	// does not say; up to MaxLease. Zero is DefaultLease.
	Lease time.Duration
	// DeliveryLimit is how often a message is delivered at most. When a lease ends
	// for the last time without acknowledgement, the queue gives the message up.
	// Zero is DefaultDeliveryLimit.
	DeliveryLimit uint32
	// DeadLetters names the queue, which has to exist, to which messages go that this
	// one gives up. Empty: they are discarded.
	DeadLetters string
	// TTL is how long a message may wait. If it is ready for delivery that long
	// after it was published, the queue gives it up. Zero is for ever.
	TTL time.Duration
	// MaxLength is how many messages may be ready for delivery. Zero is any number.
	MaxLength uint64
	// Overflow is what happens beyond MaxLength.
	Overflow Overflow
}

func (o QueueOptions) check() *Error {
	if o.Contract > lastContract {
		return refuse(ErrBadOption, "Contract %d: must be at most %d", o.Contract, lastContract)
	}
	if o.Overflow > lastOverflow {
		return refuse(ErrBadOption, "Overflow %d: must be at most %d", o.Overflow, lastOverflow)
	}
	if err := checkDuration("Lease", o.Lease, MaxLease); err != nil {
		return err
	}
	return checkDuration("TTL", o.TTL, maxAge)
}

// filled returns the options with the defaults in the place of zeros.
func (o QueueOptions) filled() QueueOptions {
	if o.Lease == 0 {
		o.Lease = DefaultLease
	}
	if o.DeliveryLimit == 0 {
		o.DeliveryLimit = DefaultDeliveryLimit
	}
	return o
}

func (o QueueOptions) appendTo(b []byte) []byte {
	b = append(b, byte(o.Contract))
	b = appendDuration(b, o.Lease)
	b = binary.AppendUvarint(b, uint64(o.DeliveryLimit))
	b = appendBytes(b, o.DeadLetters)
	b = appendDuration(b, o.TTL)
	b = binary.AppendUvarint(b, o.MaxLength)
	return append(b, byte(o.Overflow))
}

func decodeQueueOptions(r *reader) QueueOptions {
	return QueueOptions{
		Contract:      Contract(r.byte()),
		Lease:         r.duration(),
		DeliveryLimit: r.number32(),
		DeadLetters:   r.string(),
		TTL:           r.duration(),
		MaxLength:     r.number(),
		Overflow:      Overflow(r.byte()),
	}
}
