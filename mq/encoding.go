package mq

import (
	"encoding/binary"
	"time"
)

// Numbers are unsigned varints; durations are numbers of nanoseconds; strings and
// bytes have their length in front.

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendDuration(b []byte, d time.Duration) []byte {
	return binary.AppendUvarint(b, uint64(d))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// reader reads what was so written. After something that makes no sense it has
// failed, and all that it reads is zero.
type reader struct {
	rest   []byte
	failed bool

	recent [16]string // read before

	// Room for the lists of a command, to be used again for the next one.
	bodies  [][]byte
	leases  []Lease
	records []Record
}

// begin makes the reader read b.
func (r *reader) begin(b []byte) { r.rest, r.failed = b, false }

// done reports whether all was read and made sense.
func (r *reader) done() bool { return !r.failed && len(r.rest) == 0 }

func (r *reader) fail() { r.rest, r.failed = nil, true }

func (r *reader) number() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 {
		n := r.rest[0]
		r.rest = r.rest[1:]
		return uint64(n)
	}
	n, width := binary.Uvarint(r.rest)
	if width <= 0 || width > 1 && r.rest[width-1] == 0 { // or longer than need be
		r.fail()
		return 0
	}
	r.rest = r.rest[width:]
	return n
}

func (r *reader) number32() uint32 {
	n := r.number()
	if n > 1<<32-1 {
		r.fail()
		return 0
	}
	return uint32(n)
}

func (r *reader) duration() time.Duration { return time.Duration(r.number()) }

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *reader) bool() bool {
	c := r.byte()
	if c > 1 {
		r.fail()
	}
	return c == 1
}

// bytes returns a slice that shares the memory of what is read.
func (r *reader) bytes() []byte {
	length := r.number()
	if length > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:length:length]
	r.rest = r.rest[length:]
	return b
}

// string returns a string of its own memory. Most are names that were read before.
func (r *reader) string() string {
	b := r.bytes()
	if len(b) == 0 {
		return ""
	}
	recent := &r.recent[(len(b)+int(b[len(b)-1]))%len(r.recent)]
	if string(b) != *recent {
		*recent = string(b)
	}
	return *recent
}

// count reads the length of a list, each element of which takes a byte at least.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}
