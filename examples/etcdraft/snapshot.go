package etcdraft

import (
	"math"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// A snapshot is put on the disk first, and the log is cut when it is there: so there
// is never a moment at which a crash could leave the one without the other.

// saving is a snapshot on its way to the disk.
type saving struct {
	snapshot
	written uint64      // how much has to be durable for the snapshot to be so
	message *pb.Message // with which it came; nil for the server's own
}

// considerSnapshot takes a snapshot of what is applied if it is time for one.
func (s *Server) considerSnapshot() {
	if s.saving != nil || s.applied < s.snapshot+s.config.SnapshotEntries {
		return
	}
	taken := s.executor.Snapshot()
	made, err := s.storage.CreateSnapshot(s.applied, nil, taken)
	if err != nil {
		s.env.Exit(err)
		return
	}
	s.snapshot = s.applied
	s.save(snapshotOf(made), nil)
}

// install takes a snapshot of the leader's. Until it is on the disk raft gets
// nothing done here.
func (s *Server) install(snap snapshot, m *pb.Message) { s.save(snap, m) }

func (s *Server) installing() bool { return s.saving != nil && s.saving.message != nil }

func (s *Server) save(snap snapshot, m *pb.Message) {
	s.saving = &saving{snapshot: snap, written: s.journal.saveSnapshot(snap), message: m}
}

// snapshotSaved goes on when the disk holds a snapshot.
func (s *Server) snapshotSaved() {
	if s.saving == nil || !s.journal.wal.Covers(s.saving.written) {
		return
	}
	saved := *s.saving
	s.saving = nil
	if m := saved.message; m != nil {
		s.exitOn(s.restore(saved.snapshot))
		s.exitOn(s.storage.Append(m.Entries))
		if h := readHard(m); h.term > 0 {
			s.journal.hard = h
		}
		defer s.respond(m) // when the log is written
	} else if first, _ := s.storage.FirstIndex(); saved.index > first+s.config.SnapshotKeep {
		s.exitOn(s.storage.Compact(saved.index - s.config.SnapshotKeep))
	}
	s.journal.rewrite(saved.index, saved.term, s.logBehind(saved.index))
}

// restore puts a snapshot in the place of state and log. That of a cluster's
// founding is empty.
func (s *Server) restore(snap snapshot) error {
	if snap.index > foundingIndex {
		if err := s.executor.Restore(snap.state); err != nil {
			return err
		}
	}
	s.snapshot, s.applied = snap.index, snap.index
	return s.storage.ApplySnapshot(makeSnapshot(snap))
}

// logBehind returns the entries that follow an index.
func (s *Server) logBehind(index uint64) (rest []entry) {
	last, _ := s.storage.LastIndex() // it has no way to fail
	if last <= index {
		return nil
	}
	log, err := s.storage.Entries(index+1, last+1, math.MaxUint64)
	s.exitOn(err)
	for i := range log {
		rest = append(rest, readEntry(log[i]))
	}
	return rest
}

// checkSending tells raft of snapshots that must have got lost on their way: it
// sends nothing to a server for which one is under way.
func (s *Server) checkSending() {
	for _, id := range s.config.Servers {
		peer := uint64(id)
		if left, underWay := s.sending[peer]; underWay && left > 0 {
			s.sending[peer] = left - 1
		} else if underWay {
			delete(s.sending, peer)
			s.raft.ReportSnapshot(peer, raft.SnapshotFailure)
		}
	}
}
