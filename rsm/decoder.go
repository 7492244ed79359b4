package rsm

import (
	"encoding/binary"
	"math"

	"quorumlab/node"
)

// Decoder takes the parts of an encoding off its front: what protocols keep on their
// disks and machines in their snapshots. Numbers are unsigned varints; bytes have their
// length before them. After a failure it yields zeros.
type Decoder struct {
	rest   []byte
	failed bool
}

// NewDecoder reads b, which must not be changed: what Bytes returns is part of it.
func NewDecoder(b []byte) *Decoder { return &Decoder{rest: b} }

// Number reads a number.
func (d *Decoder) Number() uint64 {
	n, width := binary.Uvarint(d.rest)
	if width <= 0 {
		d.Fail()
		return 0
	}
	d.rest = d.rest[width:]
	return n
}

// Bytes reads bytes, which may be none.
func (d *Decoder) Bytes() []byte {
	length := d.Number()
	if length > uint64(len(d.rest)) {
		d.Fail()
		return nil
	}
	b := d.rest[:length:length]
	d.rest = d.rest[length:]
	return b
}

// ID reads the name of a machine.
func (d *Decoder) ID() node.ID {
	n := d.Number()
	if n > math.MaxUint32 {
		d.Fail()
		return 0
	}
	return node.ID(uint32(n))
}

// Request reads a request as AppendTo writes it.
func (d *Decoder) Request() Request {
	return Request{Client: ClientID(d.Number()), Sequence: d.Number(), Command: d.Bytes()}
}

// AppendTo appends the request to an encoding. Whether it is read-only is left out:
// one that is written down is carried out like any other.
func (r *Request) AppendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(r.Client))
	b = binary.AppendUvarint(b, r.Sequence)
	b = binary.AppendUvarint(b, uint64(len(r.Command)))
	return append(b, r.Command...)
}

// Rest returns what has not been taken.
func (d *Decoder) Rest() []byte { return d.rest }

// More reports whether there is more to take.
func (d *Decoder) More() bool { return len(d.rest) > 0 }

// Fail says that what was read makes no sense to the caller. Nothing more is read.
func (d *Decoder) Fail() { d.failed, d.rest = true, nil }

// Failed reports whether something was missing or made no sense.
func (d *Decoder) Failed() bool { return d.failed }

// Done reports whether all was taken, and all was well.
func (d *Decoder) Done() bool { return !d.failed && len(d.rest) == 0 }
