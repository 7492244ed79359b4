package mq

import (
	"encoding/binary"
	"fmt"
)

// Death tells how a message came to be a dead letter.
type Death struct {
	Queue      string // which gave it up
	Message    uint64 // its number there
	Reason     Reason
	Deliveries uint32 // how often it was delivered there
}

// Reason is why a queue gave a message up.
type Reason uint8

const (
	ReasonRejected      Reason = iota + 1 // a consumer rejected it
	ReasonDeliveryLimit                   // it was delivered as often as permitted
	ReasonTTL                             // it waited too long
	ReasonLength                          // the queue had too many

	lastReason = ReasonLength
)

func (r Reason) String() string {
	switch r {
	case ReasonRejected:
		return "rejected"
	case ReasonDeliveryLimit:
		return "delivery limit"
	case ReasonTTL:
		return "time to live"
	case ReasonLength:
		return "length"
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

func (d *Death) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(appendBytes(b, d.Queue), d.Message)
	return binary.AppendUvarint(append(b, byte(d.Reason)), uint64(d.Deliveries))
}

func decodeDeath(r *reader) *Death {
	d := &Death{Queue: r.string(), Message: r.number(), Reason: Reason(r.byte()), Deliveries: r.number32()}
	if d.Reason == 0 || d.Reason > lastReason {
		r.fail()
	}
	return d
}
