package raft

import (
	"encoding/binary"
	"math"

	"quorumlab/node"
	"quorumlab/rsm"
)

// decoder takes the parts of a record off its front. Once failed, it yields
// zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number() uint64 {
	n, width := binary.Uvarint(d.rest)
	if width <= 0 {
		d.failed = true
		d.rest = nil
		return 0
	}
	d.rest = d.rest[width:]
	return n
}

func (d *decoder) bytes() []byte {
	length := d.number()
	if length > uint64(len(d.rest)) {
		d.failed = true
		return nil
	}
	b := d.rest[:length:length]
	d.rest = d.rest[length:]
	return b
}

func (d *decoder) id() node.ID {
	n := d.number()
	d.failed = d.failed || n > math.MaxUint32
	return node.ID(uint32(n))
}

// done reports whether all was taken, and all was well.
func (d *decoder) done() bool { return !d.failed && len(d.rest) == 0 }

func (d *decoder) entries() entriesRecord {
	const shortest = 4 // bytes of an entry: no more are made room for than can be there
	r := entriesRecord{first: Index(d.number())}
	count := d.number()
	if r.first == 0 || count == 0 || count > uint64(len(d.rest))/shortest {
		d.failed = true
		return r
	}
	r.entries = make([]Entry, 0, count)
	for range count {
		term, client, sequence := d.number(), d.number(), d.number()
		e := Entry{Term: Term(term)}
		if command := d.bytes(); client == 0 && sequence == configurationMark {
			var ok bool
			e.Configuration, ok = decodeConfiguration(command)
			d.failed = d.failed || !ok
		} else {
			e.Request = rsm.Request{Client: rsm.ClientID(client), Sequence: sequence, Command: command}
		}
		r.entries = append(r.entries, e)
	}
	return r
}
