package paxos

import (
	"encoding/binary"
	"errors"
	"fmt"

	"quorumlab/internal/wal"
	"quorumlab/rsm"
)

// The write-ahead log holds three kinds of records. Read from the oldest to the
// newest they tell all that an acceptor may not forget, and what its learner
// would otherwise have to ask others for:
//
//   - promised: from here on nothing is accepted below a ballot.
//   - accepted: values of consecutive slots, accepted in a ballot. Later records
//     supersede earlier ones, slot by slot. On its way it notes up to which slot
//     the server knew what was chosen, so that this needs no record of its own:
//     after a restart the server is behind by little.
//   - learned: values of consecutive slots that other servers knew to be chosen;
//     so is then everything before them.
const (
	promisedKind byte = 1 + iota
	acceptedKind
	learnedKind
)

type promisedRecord struct {
	ballot Ballot
}

type acceptedRecord struct {
	ballot   Ballot
	chosen   Slot
	first    Slot
	requests []rsm.Request
}

type learnedRecord struct {
	first    Slot
	requests []rsm.Request
}

func appendPromised(b []byte, ballot Ballot) []byte {
	return binary.AppendUvarint(append(b, promisedKind), uint64(ballot))
}

func appendAccepted(b []byte, ballot Ballot, chosen, first Slot, requests []rsm.Request) []byte {
	b = binary.AppendUvarint(append(b, acceptedKind), uint64(ballot))
	b = binary.AppendUvarint(b, uint64(chosen))
	return appendRequests(b, first, requests)
}

func appendLearned(b []byte, first Slot, requests []rsm.Request) []byte {
	return appendRequests(append(b, learnedKind), first, requests)
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

// decodeRecord returns a promisedRecord, an acceptedRecord or a learnedRecord.
// The commands in it are parts of b.
func decodeRecord(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	d := decoder{rest: b[1:]}
	var record any
	switch b[0] {
	case promisedKind:
		record = promisedRecord{ballot: Ballot(d.number())}
	case acceptedKind:
		record = acceptedRecord{
			ballot:   Ballot(d.number()),
			chosen:   Slot(d.number()),
			first:    d.slot(),
			requests: d.requests(),
		}
	case learnedKind:
		record = learnedRecord{first: d.slot(), requests: d.requests()}
	}
	if record == nil || d.failed || len(d.rest) > 0 {
		return nil, errRecord
	}
	return record, nil
}

// decoder reads the parts of a record. After a failure it returns zeros.
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

func (d *decoder) requests() []rsm.Request {
	var requests []rsm.Request
	for len(d.rest) > 0 {
		r := rsm.Request{Client: rsm.ClientID(d.number()), Sequence: d.number()}
		length := d.number()
		if d.failed || length > uint64(len(d.rest)) {
			d.failed = true
			return nil
		}
		r.Command = d.rest[:length:length]
		d.rest = d.rest[length:]
		requests = append(requests, r)
	}
	return requests
}

// write appends a record to the log and reports whether that went well. If not,
// the server is at its end: it can no longer keep a promise.
func (s *Server) write(record []byte) bool {
	s.record = record // for the next one to be built in
	if err := s.log.Append(record); err != nil {
		s.env.Exit(err)
		return false
	}
	return true
}

// load opens the log and takes up what it says.
func (s *Server) load() error {
	log, records, err := wal.Open(s.env, "paxos")
	if err != nil {
		return err
	}
	s.log = log
	for i, b := range records {
		record, err := decodeRecord(b)
		if err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
		s.replay(record)
	}
	return nil
}

func (s *Server) replay(record any) {
	switch r := record.(type) {
	case promisedRecord:
		s.promised = max(s.promised, r.ballot)
	case acceptedRecord:
		s.slots.setAll(r.ballot, r.first, r.requests)
		s.chosen = max(s.chosen, r.chosen)
	case learnedRecord:
		s.slots.setAll(0, r.first, r.requests)
		s.chosen = max(s.chosen, r.first+Slot(len(r.requests))-1)
	}
}
