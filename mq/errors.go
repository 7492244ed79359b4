package mq

import "fmt"

// Code says why a command was refused. It is an error by itself, for errors.Is:
//
//	if errors.Is(err, mq.ErrLeaseExpired) { ... }
type Code uint8

// The codes. A command that is refused has changed nothing.
const (
	// ErrMalformed: the command or the answer cannot be decoded.
	ErrMalformed Code = iota + 1
	// ErrBadName: a name is empty, too long, or not UTF-8.
	ErrBadName
	// ErrBadOption: an option is out of its range.
	ErrBadOption
	// ErrMismatch: what is declared exists with another type or other options.
	ErrMismatch
	// ErrUnknownQueue: there is no queue or log of that name.
	ErrUnknownQueue
	// ErrWrongType: the command is for queues and the name is a log's, or the other
	// way round.
	ErrWrongType
	// ErrInUse: the queue is where another's dead letters go, so it has to stay.
	ErrInUse
	// ErrTooLarge: a message is longer than MaxMessageBytes.
	ErrTooLarge
	// ErrTooMany: more than MaxBatch messages or leases, or none.
	ErrTooMany
	// ErrQueueFull: a queue of bounded length takes no more (RejectPublish).
	ErrQueueFull
	// ErrUnknownLease: no such lease was ever given.
	ErrUnknownLease
	// ErrNotHolder: the lease is of another consumer.
	ErrNotHolder
	// ErrLeaseExpired: the lease is over, and the message is in the queue again or
	// with another consumer.
	ErrLeaseExpired
	// ErrSettled: the message is gone. It was acknowledged, by this consumer or a
	// later one, or rejected, or given up.
	ErrSettled
	// ErrNoLeases: the queue's contract is AtMostOnce, which has nothing to settle.
	ErrNoLeases
	// ErrProducerRequired: the queue's contract is EffectivelyOnce, and the publish
	// names no producer.
	ErrProducerRequired
	// ErrSequenceGap: the producer's number is not the next one. What comes before
	// has to be published first.
	ErrSequenceGap
	// ErrSequenceReused: the producer's number was used for something else.
	ErrSequenceReused
	// ErrUnknownExchange: there is no exchange of that name.
	ErrUnknownExchange
	// ErrUnknownBinding: there is no such binding.
	ErrUnknownBinding
	// ErrBadPattern: a binding's pattern, or the key of a publish, is none that the
	// exchange could match.
	ErrBadPattern
	// ErrUnroutable: a mandatory publish would reach no queue.
	ErrUnroutable
	// ErrUnknownPartition: the log has no partition of that number.
	ErrUnknownPartition
	// ErrOffsetOutOfRange: the offset is not in the log, or not any more.
	ErrOffsetOutOfRange
	// ErrUnknownMember: the group has no such member, or not any more.
	ErrUnknownMember
	// ErrStaleGeneration: the group was rebalanced since.
	ErrStaleGeneration
	// ErrNotAssigned: the partition is another member's.
	ErrNotAssigned
	// ErrRefused: the protocol has not taken the command, for its length perhaps. The
	// machine has not seen it.
	ErrRefused

	lastCode = ErrRefused
)

var codeTexts = [...]string{
	ErrMalformed:        "malformed",
	ErrBadName:          "bad name",
	ErrBadOption:        "bad option",
	ErrMismatch:         "declared differently before",
	ErrUnknownQueue:     "unknown queue",
	ErrWrongType:        "wrong type of queue",
	ErrInUse:            "in use",
	ErrTooLarge:         "message too large",
	ErrTooMany:          "too many or none",
	ErrQueueFull:        "queue full",
	ErrUnknownLease:     "unknown lease",
	ErrNotHolder:        "lease of another consumer",
	ErrLeaseExpired:     "lease expired",
	ErrSettled:          "message settled already",
	ErrNoLeases:         "queue gives no leases",
	ErrProducerRequired: "producer required",
	ErrSequenceGap:      "gap in the producer's sequence",
	ErrSequenceReused:   "sequence number used for something else",
	ErrUnknownExchange:  "unknown exchange",
	ErrUnknownBinding:   "unknown binding",
	ErrBadPattern:       "bad pattern",
	ErrUnroutable:       "unroutable",
	ErrUnknownPartition: "unknown partition",
	ErrOffsetOutOfRange: "offset out of range",
	ErrUnknownMember:    "unknown member",
	ErrStaleGeneration:  "stale generation",
	ErrNotAssigned:      "partition not assigned",
	ErrRefused:          "refused by the service",
}

func (c Code) Error() string {
	if c < ErrMalformed || c > lastCode {
		return fmt.Sprintf("Code(%d)", uint8(c))
	}
	return codeTexts[c]
}

// Error is how a refused command is answered: why, and what about it.
type Error struct {
	Code   Code
	Detail string // names the field and what is allowed
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Code.Error()
	}
	return e.Code.Error() + ": " + e.Detail
}

// Unwrap makes errors.Is find the code.
func (e *Error) Unwrap() error { return e.Code }

func refuse(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, arguments...)}
}
