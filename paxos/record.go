package paxos

import (
	"encoding/binary"
	"errors"

	"quorumlab/node"
	"quorumlab/rsm"
)

// The records of the write-ahead log. Read from the oldest to the newest they tell
// what an acceptor has accepted, which it may not forget, and what its learner
// would otherwise have to ask others for:
//
//   - accepted: values of consecutive slots, accepted in a ballot. Later records
//     supersede earlier ones, slot by slot. On its way it notes up to which slot
//     the server knew what was chosen, so that this needs no record of its own:
//     after a restart the server is behind by little. And it notes in which
//     configuration that was, if that matters (see stop.go).
//   - learned: values of consecutive slots that other servers knew to be chosen;
//     so is then everything before them.
//   - damaged: something before this record is missing (see repair.go);
//   - repaired: and does not matter any more.
const (
	acceptedKind byte = 1 + iota
	learnedKind
	damagedKind
	repairedKind
)

type acceptedRecord struct {
	ballot   Ballot
	since    Slot
	chosen   Slot
	first    Slot
	requests []rsm.Request
}

type learnedRecord struct {
	first    Slot
	requests []rsm.Request
}

// damageRecord is a record of either of the last two kinds.
type damageRecord struct {
	damaged bool
}

func appendAccepted(b []byte, ballot Ballot, since, chosen, first Slot, requests []rsm.Request) []byte {
	b = binary.AppendUvarint(append(b, acceptedKind), uint64(ballot))
	b = binary.AppendUvarint(b, uint64(since))
	b = binary.AppendUvarint(b, uint64(chosen))
	return appendRequests(b, first, requests)
}

func appendLearned(b []byte, first Slot, requests []rsm.Request) []byte {
	return appendRequests(append(b, learnedKind), first, requests)
}

func appendDamage(b []byte, damaged bool) []byte {
	if damaged {
		return append(b, damagedKind)
	}
	return append(b, repairedKind)
}

func appendRequests(b []byte, first Slot, requests []rsm.Request) []byte {
	b = binary.AppendUvarint(b, uint64(first))
	for i := range requests { // they end where the record ends
		b = binary.AppendUvarint(b, uint64(requests[i].Client))
		b = binary.AppendUvarint(b, requests[i].Sequence)
		b = binary.AppendUvarint(b, uint64(len(requests[i].Command)))
		b = append(b, requests[i].Command...)
	}
	return b
}

var errRecord = errors.New("paxos: malformed record")

// decodeRecord returns an acceptedRecord, a learnedRecord or a damageRecord. The
// commands in it are parts of b.
func decodeRecord(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	d := decoder{rest: b[1:]}
	var record any
	switch b[0] {
	case acceptedKind:
		record = acceptedRecord{
			ballot:   Ballot(d.number()),
			since:    Slot(d.number()),
			chosen:   Slot(d.number()),
			first:    d.slot(),
			requests: d.requests(),
		}
	case learnedKind:
		record = learnedRecord{first: d.slot(), requests: d.requests()}
	case damagedKind, repairedKind:
		record = damageRecord{damaged: b[0] == damagedKind}
	}
	if record == nil || d.failed || len(d.rest) > 0 {
		return nil, errRecord
	}
	return record, nil
}

// decoder reads numbers and what is made of them. After a failure it returns
// zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number() uint64 {
	n, width := binary.Uvarint(d.rest)
	if width <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[width:]
	return n
}

// slot reads a slot, which may not be zero.
func (d *decoder) slot() Slot {
	slot := Slot(d.number())
	d.failed = d.failed || slot == 0
	return slot
}

// bytes reads so many bytes.
func (d *decoder) bytes(length uint64) []byte {
	if d.failed || length > uint64(len(d.rest)) {
		d.failed, d.rest = true, nil
		return nil
	}
	b := d.rest[:length:length]
	d.rest = d.rest[length:]
	return b
}

func (d *decoder) requests() []rsm.Request {
	var requests []rsm.Request
	for len(d.rest) > 0 {
		r := rsm.Request{Client: rsm.ClientID(d.number()), Sequence: d.number()}
		r.Command = d.bytes(d.number())
		if d.failed {
			return nil
		}
		requests = append(requests, r)
	}
	return requests
}

func (d *decoder) servers() []node.ID {
	var servers []node.ID
	for n := d.number(); n > 0 && !d.failed; n-- {
		servers = append(servers, node.ID(d.number()))
	}
	return servers
}
