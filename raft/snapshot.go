package raft

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// Log compaction (dissertation §5.1): each server takes snapshots of what it has
// applied, by itself, and removes the entries before them from its log. What it
// needs to go on is kept with the state: index and term of the last entry in it,
// for the consistency check of the first AppendEntries behind it, and the
// configuration in force there.
//
// A snapshot is used once the disk holds it, and not before: only then is the log
// cut, or a snapshot from the leader put in the place of the log. So there is
// never a moment at which a crash could leave the one without the other.

// snapshot is the state of a server at an index of the log. It is immutable.
type snapshot struct {
	cluster       string // to which it belongs
	index         Index  // of the last entry in it
	term          Term   // of that entry
	hash          uint64
	configuration configured // in force at index
	state         rsm.Pieces // of the executor: machine and sessions
	encoded       rsm.Pieces // all of this, as it stands on the disk and is sent
}

// saving is a snapshot on its way to the disk.
type saving struct {
	snapshot
	written uint64  // how much has to be durable for the snapshot to be so
	parts   bool    // or for its parts to be so: then it is to be committed
	leader  node.ID // from whom it came; zero for the server's own
}

// startFrom brings a server that starts to the state of its snapshot, if it has
// one, and of the log behind it.
func (s *Server) startFrom(snap snapshot) error {
	if snap.index > 0 {
		if err := s.restore(snap); err != nil {
			return err
		}
		if !s.log.matches(snap.index, snap.term) {
			// It was installed, and the crash came before the log knew.
			s.log.reset(snap.index, snap.term)
			s.journal.rewrite(&s.log, s.loss)
		}
	}
	s.updatePeers()
	s.readConfigurations()
	return nil
}

// restore puts the state of a snapshot in the place of the server's.
func (s *Server) restore(snap snapshot) error {
	if err := s.executor.Restore(snap.state.Whole()); err != nil {
		return err
	}
	s.snapshot = snap
	s.commitIndex, s.lastApplied, s.appliedHash = snap.index, snap.index, snap.hash
	s.configurations = []configured{snap.configuration}
	return nil
}

// readConfigurations adopts what is in the log behind the snapshot.
func (s *Server) readConfigurations() {
	first := max(s.log.base, s.snapshot.index) + 1
	s.adoptConfigurations(first, s.log.entries.slice(int(first-s.log.base-1), s.log.entries.length))
}

// considerSnapshot has a snapshot taken if it is time for one. It is made when the
// messages that wait have been handled, so as not to stand in their way.
func (s *Server) considerSnapshot() {
	if s.config.SnapshotEntries > 0 && s.saving == nil &&
		s.lastApplied >= s.snapshot.index+Index(s.config.SnapshotEntries) {
		s.env.SetTimer(SnapshotTimer, 0)
	}
}

// takeSnapshot takes a snapshot of what is applied.
func (s *Server) takeSnapshot() {
	if s.saving != nil || s.lastApplied <= s.snapshot.index {
		return
	}
	s.env.Note(MarkSnapshotTaken)
	s.save(snapshot{
		cluster:       s.config.Cluster,
		index:         s.lastApplied,
		term:          s.log.term(s.lastApplied),
		hash:          s.appliedHash,
		configuration: s.configurationAt(s.lastApplied),
		state:         s.executor.SnapshotPieces(),
	}, 0)
}

// save begins to put a snapshot on the disk.
func (s *Server) save(snap snapshot, leader node.ID) {
	if snap.encoded == nil {
		snap.encoded = encodeSnapshot(snap)
	}
	s.saving = &saving{snapshot: snap, written: s.journal.saveSnapshot(snap.encoded), leader: leader, parts: len(snap.encoded) > 1}
}

// snapshotSaved goes on when the disk holds a snapshot.
func (s *Server) snapshotSaved() {
	if s.saving == nil || !s.journal.covers(s.saving.written) {
		return
	}
	if s.saving.parts {
		s.saving.parts, s.saving.written = false, s.journal.commitSnapshot()
		return
	}
	saved := *s.saving
	s.saving = nil
	if saved.leader != 0 {
		s.install(saved)
		return
	}
	s.snapshot = saved.snapshot
	if keep := Index(s.config.SnapshotKeep); saved.index > s.log.base+keep {
		s.log.compact(saved.index - keep)
		s.forgetConfigurations()
		s.journal.rewrite(&s.log, s.loss)
	}
}

// forgetConfigurations drops those that were superseded within what is compacted.
func (s *Server) forgetConfigurations() {
	for len(s.configurations) > 1 && s.configurations[1].index <= s.log.base {
		s.configurations = s.configurations[1:]
	}
}

// install puts a snapshot of the leader's in the place of the state and of the
// log, but for entries that follow the snapshot's last (dissertation Figure 5.3).
func (s *Server) install(saved saving) {
	if s.role != Leader && saved.index > s.lastApplied {
		if err := s.restore(saved.snapshot); err != nil {
			s.env.Exit(err)
			return
		}
		if s.log.matches(saved.index, saved.term) {
			s.log.compact(saved.index)
		} else {
			s.log.reset(saved.index, saved.term)
		}
		s.readConfigurations()
		s.updatePeers()
		s.journal.replaced(saved.index, s.log.lastIndex())
		s.journal.rewrite(&s.log, s.loss)
		s.env.Note(MarkSnapshotInstalled)
		s.checkRepaired()
	}
	// The journal has to know as well where the log begins: were the snapshot damaged
	// later, nothing else would tell that there was one.
	s.journal.promise(saved.leader, InstallSnapshotReply{
		Term: s.term, LastIndex: saved.index, Received: saved.encoded.Len(), Installed: true,
	})
}
