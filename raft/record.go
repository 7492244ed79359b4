package raft

import (
	"encoding/binary"
	"fmt"
	"slices"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// The journal has three kinds of records. Integers are unsigned varints.
//
//	entries     1, index of the first entry, number of entries, and for each entry
//	            term, client, sequence, length of the command, command
//	compaction  2, index, term
//	loss        3, index, term
//
// An entries record says how the log ends: what stood at the index of its first
// entry and beyond is gone. So cutting the log (§5.3) needs no record of its own,
// because a log is only ever cut to be continued with other entries. An entry
// that holds a configuration has no client, the sequence 1, and in the place of
// the command the number of the change, the number of voters and all their names,
// those of the old voters behind them.
//
// A compaction record says where the log begins: behind an entry with that index
// and term, which a snapshot covers. If the log has that entry, what follows it
// stays, otherwise nothing.
//
// The newest loss record says what damage took, see repair.go; zeros say that
// nothing is amiss.
//
// The file of term and vote holds term and server voted for, or 0. The snapshot
// holds the name of the cluster with its length, index, term and hash, the index of
// the configuration, the number of its change, the configuration with its length, and
// the state.
const (
	entriesKind    = 1
	compactionKind = 2
	lossKind       = 3
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

// compactionRecord says where the log begins.
type compactionRecord struct {
	index Index
	term  Term
}

// lossRecord says what damage took.
type lossRecord loss

// encode appends the content of the file to b.
func (r voteRecord) encode(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(r.term))
	return binary.AppendUvarint(b, uint64(uint32(r.votedFor)))
}

func decodeVote(b []byte) (voteRecord, bool) {
	d := rsm.NewDecoder(b)
	term, votedFor := d.Number(), d.ID()
	return voteRecord{Term(term), votedFor}, d.Done()
}

// encode appends the record to b.
func (r entriesRecord) encode(b []byte) []byte {
	b = append(b, entriesKind)
	b = binary.AppendUvarint(b, uint64(r.first))
	b = binary.AppendUvarint(b, uint64(len(r.entries)))
	for i := range r.entries {
		e := &r.entries[i]
		r := &e.Request
		if e.Configuration != nil {
			r = &rsm.Request{Sequence: configurationMark, Command: append(binary.AppendUvarint(nil, r.Sequence), encodeConfiguration(e.Configuration)...)}
		}
		b = r.AppendTo(binary.AppendUvarint(b, uint64(e.Term)))
	}
	return b
}

// encode appends the record to b.
func (r compactionRecord) encode(b []byte) []byte {
	b = binary.AppendUvarint(append(b, compactionKind), uint64(r.index))
	return binary.AppendUvarint(b, uint64(r.term))
}

// encode appends the record to b.
func (r lossRecord) encode(b []byte) []byte {
	b = binary.AppendUvarint(append(b, lossKind), uint64(r.index))
	return binary.AppendUvarint(b, uint64(r.term))
}

// configurationMark stands in the place of a sequence number, without a client.
const configurationMark = 1

func encodeConfiguration(c *Configuration) []byte {
	b := binary.AppendUvarint(nil, uint64(len(c.Voters)))
	for _, id := range slices.Concat(c.Voters, c.Old) {
		b = binary.AppendUvarint(b, uint64(uint32(id)))
	}
	return b
}

func decodeConfiguration(b []byte) (*Configuration, bool) {
	d := rsm.NewDecoder(b)
	voters := d.Number()
	c := &Configuration{}
	for !d.Failed() && d.More() {
		if id := d.ID(); uint64(len(c.Voters)) < voters {
			c.Voters = append(c.Voters, id)
		} else {
			c.Old = append(c.Old, id)
		}
	}
	return c, !d.Failed() && uint64(len(c.Voters)) == voters && c.valid()
}

func encodeSnapshot(s snapshot) rsm.Pieces {
	size := 64 + len(s.cluster)
	if len(s.state) == 1 {
		size += len(s.state[0])
	}
	b := make([]byte, 0, size)
	b = append(binary.AppendUvarint(b, uint64(len(s.cluster))), s.cluster...)
	for _, n := range []uint64{uint64(s.index), uint64(s.term), s.hash, uint64(s.configuration.index), s.configuration.change} {
		b = binary.AppendUvarint(b, n)
	}
	c := encodeConfiguration(s.configuration.Configuration)
	b = append(binary.AppendUvarint(b, uint64(len(c))), c...)
	if len(s.state) == 1 {
		return rsm.Pieces{append(b, s.state[0]...)}
	}
	return append(rsm.Pieces{b}, s.state...)
}

// decodeSnapshot reads a snapshot, which shares b's memory.
func decodeSnapshot(b []byte) (snapshot, bool) {
	d := rsm.NewDecoder(b)
	s := snapshot{encoded: rsm.Pieces{b}, cluster: string(d.Bytes())}
	s.index, s.term, s.hash = Index(d.Number()), Term(d.Number()), d.Number()
	s.configuration.index, s.configuration.change = Index(d.Number()), d.Number()
	c, ok := decodeConfiguration(d.Bytes())
	s.configuration.Configuration = c
	s.state = rsm.Pieces{d.Rest()}
	return s, ok && !d.Failed() && s.index > 0 && s.configuration.index <= s.index
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
	case entriesRecord:
		if r.first <= p.log.base || r.first > p.log.lastIndex()+1 {
			return fmt.Errorf("%w: entries from index %d for a log from %d to %d",
				wal.ErrCorrupt, r.first, p.log.base+1, p.log.lastIndex())
		}
		p.log.truncate(r.first)
		p.log.append(r.entries...)
	case compactionRecord:
		if p.log.matches(r.index, r.term) {
			p.log.compact(r.index)
		} else {
			p.log.reset(r.index, r.term)
		}
	case lossRecord:
		p.loss = loss(r)
	}
	return nil
}

// decodeRecord reads a record of the journal. Commands share b's memory.
func decodeRecord(b []byte) (record any, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	d := rsm.NewDecoder(b[1:])
	switch b[0] {
	case entriesKind:
		record = readEntries(d)
	case compactionKind:
		record = compactionRecord{Index(d.Number()), Term(d.Number())}
	case lossKind:
		record = lossRecord{Index(d.Number()), Term(d.Number())}
	default:
		return nil, false
	}
	return record, d.Done()
}

// readEntries reads the rest of an entries record.
func readEntries(d *rsm.Decoder) entriesRecord {
	const shortest = 4 // bytes of an entry: no more are made room for than can be there
	r := entriesRecord{first: Index(d.Number())}
	count := d.Number()
	if r.first == 0 || count == 0 || count > uint64(len(d.Rest()))/shortest {
		d.Fail()
		return r
	}
	r.entries = make([]Entry, 0, count)
	for range count {
		e := Entry{Term: Term(d.Number()), Request: d.Request()}
		if e.Request.Client == 0 && e.Request.Sequence == configurationMark {
			change := rsm.NewDecoder(e.Request.Command)
			e.Request = rsm.Request{Sequence: change.Number()}
			var ok bool
			if e.Configuration, ok = decodeConfiguration(change.Rest()); !ok || change.Failed() {
				d.Fail()
			}
		}
		r.entries = append(r.entries, e)
	}
	return r
}
