package etcdraft

import (
	"encoding/binary"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"quorumlab/rsm"
)

// The journal is a row of records. A record says, as far as it says anything of
// them, what the hard state is, where the log begins, and how it ends: an entry
// takes the place of the one at its index and of all behind that. Integers are
// unsigned varints.
//
//	term, vote, commit      zeros: as before
//	base, its term          the log begins behind that entry, and keeps what follows
//	                        it if it has it; zeros: it begins where it did
//	entries, and for each   term, index, type, length of the data, data
//
// A snapshot is index, term, number of voters, voters, state.

// hard is etcd's HardState.
type hard struct{ term, vote, commit uint64 }

// entry is etcd's Entry.
type entry struct {
	term, index uint64
	kind        pb.EntryType
	data        []byte
}

// snapshot is etcd's Snapshot.
type snapshot struct {
	index, term uint64
	voters      []uint64
	state       []byte
}

// record is what was just described, as it is read. Data shares the record's memory.
type record struct {
	hard
	base, baseTerm uint64
	entries        []entry
}

// begin appends the part of a record that stands before its entries.
func begin(b []byte, h hard, base, baseTerm uint64, entries int) []byte {
	for _, n := range [...]uint64{h.term, h.vote, h.commit, base, baseTerm, uint64(entries)} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func (e entry) encode(b []byte) []byte {
	b = binary.AppendUvarint(b, e.term)
	b = binary.AppendUvarint(b, e.index)
	b = binary.AppendUvarint(b, uint64(e.kind))
	b = binary.AppendUvarint(b, uint64(len(e.data)))
	return append(b, e.data...)
}

func decodeRecord(b []byte) (record, bool) {
	d := decoder{rest: b}
	r := record{hard: hard{d.number(), d.number(), d.number()}, base: d.number(), baseTerm: d.number()}
	for n := d.number(); n > 0 && !d.failed; n-- {
		e := entry{term: d.number(), index: d.number(), kind: pb.EntryType(d.number()), data: d.bytes()}
		if last := len(r.entries) - 1; e.index == 0 || last >= 0 && e.index != r.entries[last].index+1 {
			return record{}, false
		}
		r.entries = append(r.entries, e)
	}
	return r, !d.failed && len(d.rest) == 0
}

func (s snapshot) encode() []byte {
	var b []byte
	for _, n := range slices.Concat([]uint64{s.index, s.term, uint64(len(s.voters))}, s.voters) {
		b = binary.AppendUvarint(b, n)
	}
	return append(b, s.state...)
}

func decodeSnapshot(b []byte) (snapshot, bool) {
	d := decoder{rest: b}
	s := snapshot{index: d.number(), term: d.number()}
	for n := d.number(); n > 0 && !d.failed; n-- {
		s.voters = append(s.voters, d.number())
	}
	s.state = d.rest
	return s, !d.failed && s.index > 0
}

// encodeRequest makes the data of a log entry.
func encodeRequest(r rsm.Request) []byte {
	b := make([]byte, 0, 2*binary.MaxVarintLen64+len(r.Command))
	b = binary.AppendUvarint(b, uint64(r.Client))
	b = binary.AppendUvarint(b, r.Sequence)
	return append(b, r.Command...)
}

// decodeRequest reads what encodeRequest made. Of the entry that a leader begins
// its term with, which is empty, it makes a request of no client, which does
// nothing.
func decodeRequest(data []byte) rsm.Request {
	d := decoder{rest: data}
	return rsm.Request{Client: rsm.ClientID(d.number()), Sequence: d.number(), Command: d.rest}
}

// decoder reads from a slice. Once it has failed it yields zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) bytes() []byte {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.failed = true
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}
