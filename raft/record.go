package raft

import (
	"encoding/binary"
	"fmt"
	"math"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// The journal has two kinds of records. Integers are unsigned varints.
//
//	vote      1, term, server voted for or 0
//	entries   2, index of the first entry, number of entries, and for each entry
//	          term, client, sequence, length of the command, command
//
// The newest vote record counts. An entries record says how the log ends: what
// stood at the index of its first entry and beyond is gone. So cutting the log
// (§5.3) needs no record of its own, because a log is only ever cut to be
// continued with other entries.
const (
	voteKind    = 1
	entriesKind = 2
)

// voteRecord says which term the server is in and for whom it voted.
type voteRecord struct {
	term     Term
	votedFor node.ID
}

// entriesRecord says how the log ends.
type entriesRecord struct {
	first   Index
	entries []Entry
}

// encode appends the record to b.
func (r voteRecord) encode(b []byte) []byte {
	b = append(b, voteKind)
	b = binary.AppendUvarint(b, uint64(r.term))
	return binary.AppendUvarint(b, uint64(uint32(r.votedFor)))
}

// encode appends the record to b.
func (r entriesRecord) encode(b []byte) []byte {
	b = append(b, entriesKind)
	b = binary.AppendUvarint(b, uint64(r.first))
	b = binary.AppendUvarint(b, uint64(len(r.entries)))
	for i := range r.entries {
		e := &r.entries[i]
		b = binary.AppendUvarint(b, uint64(e.Term))
		b = binary.AppendUvarint(b, uint64(e.Request.Client))
		b = binary.AppendUvarint(b, e.Request.Sequence)
		b = binary.AppendUvarint(b, uint64(len(e.Request.Command)))
		b = append(b, e.Request.Command...)
	}
	return b
}

// replay brings the state up to date with the next record of the journal. The
// write-ahead log has already checked the bytes, so a record that makes no sense
// is not a torn one: the state cannot be trusted.
func (p *persistent) replay(record []byte) error {
	decoded, ok := decodeRecord(record)
	if !ok {
		return fmt.Errorf("%w: malformed journal record of %d bytes", wal.ErrCorrupt, len(record))
	}
	switch r := decoded.(type) {
	case voteRecord:
		p.term, p.votedFor = r.term, r.votedFor
	case entriesRecord:
		if r.first > p.log.lastIndex()+1 {
			return fmt.Errorf("%w: entries from index %d after a log of %d", wal.ErrCorrupt, r.first, p.log.lastIndex())
		}
		p.log.truncate(r.first)
		p.log.append(r.entries...)
	}
	return nil
}

// decodeRecord reads a voteRecord or an entriesRecord. Commands share b's
// memory.
func decodeRecord(b []byte) (record any, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	d := decoder{rest: b[1:]}
	switch b[0] {
	case voteKind:
		term, votedFor := d.number(), d.number()
		record = voteRecord{Term(term), node.ID(uint32(votedFor))}
		d.failed = d.failed || votedFor > math.MaxUint32
	case entriesKind:
		record = d.entries()
	default:
		return nil, false
	}
	return record, !d.failed && len(d.rest) == 0
}

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
		r.entries = append(r.entries, Entry{
			Term:    Term(term),
			Request: rsm.Request{Client: rsm.ClientID(client), Sequence: sequence, Command: d.bytes()},
		})
	}
	return r
}
