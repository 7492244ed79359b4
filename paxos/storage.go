package paxos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"quorumlab/internal/wal"
)

// On its disk a server keeps
//
//   - its promise, in two copies, and beside it a slot above which it has accepted
//     nothing. Nobody else knows them, and without them an acceptor must never vote
//     again: a server that can read neither copy ends itself;
//   - a snapshot of what was carried out (see snapshot.go);
//   - and a log of what it has accepted and learned after that. Damage there can
//     be repaired by others (see repair.go).
const (
	logName      = "paxos"
	promiseName  = "paxos-promise"
	snapshotName = "paxos-snapshot"
)

// write writes a record to the log and reports whether that went well. If not,
// the server is at its end: it can no longer keep a promise.
func (s *Server) write(record []byte) bool {
	s.record = record // for the next one to be built in
	return s.written(s.log.Append(record))
}

// written ends the server if something could not be written.
func (s *Server) written(err error) bool {
	if err != nil {
		s.env.Exit(err)
	}
	return err == nil
}

// load reads the disk and takes up what it says.
func (s *Server) load() error {
	if err := wal.CheckCluster(s.env.Disk(), logName, s.config.Cluster); err != nil {
		return err
	}
	if err := s.loadPromise(); err != nil {
		return err
	}
	log, records, err := wal.Open(s.env, logName)
	var damage *wal.CorruptError
	if errors.As(err, &damage) {
		records = append(damage.Before, appendDamaged(nil, s.ceiling))
		log, err = wal.Restart(s.env, logName, records)
	}
	if err != nil {
		return err
	}
	s.log = log
	if err := s.log.OpenCluster(s.config.Cluster); err != nil {
		return err
	}
	if err := s.loadSnapshot(); err != nil {
		return err
	}
	lost := s.repair
	s.recorded = make(map[Slot]Slot)
	for i, b := range records {
		record, err := decodeRecord(b)
		if err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
		s.replay(record)
	}
	if lost.damaged {
		s.repair = lost
	}
	if s.unsure {
		if err := s.log.Append(appendResumed(nil)); err != nil {
			return err
		}
	}
	if s.promised == 0 {
		return nil
	}
	// What was read has to be written anew, and it may have been read from a record: a
	// crash may keep that and not the promise written before it, and records go when a
	// snapshot takes their place.
	return s.log.ReplaceCopies(promiseName, appendPromise(nil, s.promised, s.ceiling))
}

func (s *Server) loadPromise() error {
	b, err := wal.ReadCopies(s.env.Disk(), promiseName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("paxos: what this acceptor has promised cannot be read, and it must not vote without: %w", err)
	case len(b) != promiseSize:
		return fmt.Errorf("paxos: the promise is %d bytes long, not %d", len(b), promiseSize)
	}
	s.promised = Ballot(binary.LittleEndian.Uint64(b))
	s.ceiling = Slot(binary.LittleEndian.Uint64(b[8:]))
	return nil
}

// loadSnapshot restores the snapshot, if there is one. Without one that is damaged,
// what was accepted and carried out before the log begins is forgotten.
func (s *Server) loadSnapshot() error {
	var err error
	if s.parts, err = wal.NewParts(s.log, snapshotName); err != nil {
		return err
	}
	encoded, err := wal.ReadParts(s.env.Disk(), snapshotName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, wal.ErrCorrupt):
		s.repair = repair{damaged: true, through: s.ceiling}
		return s.log.Append(appendDamaged(nil, s.through))
	case err != nil:
		return err
	}
	if err := s.parts.Write([][]byte{encoded}); err != nil {
		return err
	}
	if err := s.parts.Commit(); err != nil {
		return err
	}
	return s.restore(encoded)
}

func (s *Server) replay(record any) {
	switch r := record.(type) {
	case acceptedRecord:
		s.slots.setAll(r.ballot, r.first, r.requests)
		if s.config.Reconfiguration == ByStop {
			for i := range r.requests {
				s.recorded[r.first+Slot(i)] = r.since
			}
		}
		s.promised = max(s.promised, r.ballot)
		s.ceiling = max(s.ceiling, r.first+Slot(len(r.requests))-1)
		s.replayChosen(r.chosen)
	case learnedRecord:
		if s.unsure {
			return // it can be learned again; what was accepted there has to be reported
		}
		s.slots.setAll(0, r.first, r.requests)
		s.replayChosen(r.first + Slot(len(r.requests)) - 1)
	case installedRecord:
		s.unsure = s.unsure || s.chosen < r.at // a crash took the snapshot, or damage
	case resumedRecord:
		s.unsure = false
	case damageRecord:
		s.repair = repair(r)
	}
}

// replayChosen goes on over what was known to be chosen, as far as it is still
// there.
func (s *Server) replayChosen(chosen Slot) {
	for !s.unsure && s.chosen < chosen && s.slots.at(s.chosen+1).Slot != 0 {
		s.chosen++
	}
}

// storePromise writes the promise, and what stands beside it.
func (s *Server) storePromise(b Ballot, ceiling Slot) bool {
	s.record = appendPromise(s.record[:0], b, ceiling)
	return s.written(s.log.ReplaceCopies(promiseName, s.record))
}

const promiseSize = 16 // bytes

func appendPromise(b []byte, promised Ballot, ceiling Slot) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(promised))
	return binary.LittleEndian.AppendUint64(b, uint64(ceiling))
}
