package paxos

import (
	"encoding/binary"
	"fmt"

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
//   - installed: what was chosen up to a slot was taken over as a snapshot. What the
//     records before have there may not be what was chosen;
//   - resumed: the server began a life without that snapshot. From here on records say
//     again what is chosen.
//   - damaged: something before this record is missing, in slots up to one (see
//     repair.go);
//   - repaired: and does not matter any more.
const (
	acceptedKind byte = 1 + iota
	learnedKind
	damagedKind
	repairedKind
	installedKind
	resumedKind
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

// damageRecord is a record that something is missing, or is not any more.
type damageRecord repair

type installedRecord struct {
	at Slot
}

type resumedRecord struct{}

func appendAccepted(b []byte, ballot Ballot, since, chosen, first Slot, requests []rsm.Request) []byte {
	b = binary.AppendUvarint(append(b, acceptedKind), uint64(ballot))
	b = binary.AppendUvarint(b, uint64(since))
	b = binary.AppendUvarint(b, uint64(chosen))
	return appendRequests(b, first, requests)
}

func appendLearned(b []byte, first Slot, requests []rsm.Request) []byte {
	return appendRequests(append(b, learnedKind), first, requests)
}

func appendDamaged(b []byte, through Slot) []byte {
	return binary.AppendUvarint(append(b, damagedKind), uint64(through))
}

func appendRepaired(b []byte) []byte { return append(b, repairedKind) }

func appendResumed(b []byte) []byte { return append(b, resumedKind) }

func appendInstalled(b []byte, at Slot) []byte {
	return binary.AppendUvarint(append(b, installedKind), uint64(at))
}

func appendRequests(b []byte, first Slot, requests []rsm.Request) []byte {
	b = binary.AppendUvarint(b, uint64(first))
	for i := range requests { // they end where the record ends
		b = requests[i].AppendTo(b)
	}
	return b
}

var errRecord = fmt.Errorf("paxos: %w: malformed record", ErrCorrupt)

// decodeRecord returns one of the records above. The commands in it are parts of b.
func decodeRecord(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	d := rsm.NewDecoder(b[1:])
	var record any
	switch b[0] {
	case acceptedKind:
		record = acceptedRecord{
			ballot:   Ballot(d.Number()),
			since:    Slot(d.Number()),
			chosen:   Slot(d.Number()),
			first:    readSlot(d),
			requests: readRequests(d),
		}
	case learnedKind:
		record = learnedRecord{first: readSlot(d), requests: readRequests(d)}
	case damagedKind:
		record = damageRecord{damaged: true, through: Slot(d.Number())}
	case repairedKind:
		record = damageRecord{}
	case resumedKind:
		record = resumedRecord{}
	case installedKind:
		record = installedRecord{at: readSlot(d)}
	}
	if record == nil || !d.Done() {
		return nil, errRecord
	}
	return record, nil
}

// readSlot reads a slot, which may not be zero.
func readSlot(d *rsm.Decoder) Slot {
	slot := Slot(d.Number())
	if slot == 0 {
		d.Fail()
	}
	return slot
}

// readRequests reads those to the end.
func readRequests(d *rsm.Decoder) (requests []rsm.Request) {
	for d.More() {
		requests = append(requests, d.Request())
	}
	return requests
}
