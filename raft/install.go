package raft

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// How a snapshot gets from the leader to a follower: in pieces, one after the
// other, each of which is asked for by the answer to the one before it. A piece
// that got lost is sent again with a heartbeat.

// sending is a snapshot on its way to a peer. The zero value is none.
type sending struct {
	index  Index // up to where it reaches
	term   Term
	bytes  rsm.Pieces
	offset int           // of the piece under way
	at     time.Duration // when that was sent, on the leader's clock
}

// incoming is what a follower has got of a snapshot.
type incoming struct {
	index Index
	term  Term
	bytes []byte
}

// startSnapshot begins to send a peer the newest snapshot.
func (s *Server) startSnapshot(p *peer) {
	if p.sending.index > 0 {
		return
	}
	p.sending = sending{index: s.snapshot.index, term: s.snapshot.term, bytes: s.snapshot.encoded}
	s.env.Note(MarkSnapshotSent)
	s.sendPiece(p)
}

// sendPiece sends the piece that is due.
func (s *Server) sendPiece(p *peer) {
	end := min(p.sending.offset+s.config.SnapshotChunkBytes, p.sending.bytes.Len())
	p.sending.at = s.env.Now()
	s.env.Send(p.id, InstallSnapshot{
		Term:      s.term,
		LastIndex: p.sending.index,
		LastTerm:  p.sending.term,
		Offset:    p.sending.offset,
		Data:      p.sending.bytes.Slice(p.sending.offset, end),
		Done:      end == p.sending.bytes.Len(),
	})
}

// continueSnapshot is the heartbeat of a peer to which a snapshot is on its way:
// the piece once more, if it has been under way for too long.
func (s *Server) continueSnapshot(p *peer) {
	if since := s.env.Now() - p.sending.at; since < 0 || since >= s.config.ElectionTimeoutMin {
		s.sendPiece(p)
		return
	}
	s.env.Send(p.id, AppendEntries{Term: s.term, Round: s.reads.round}) // matches any log
}

func (s *Server) receiveInstallSnapshot(from node.ID, m InstallSnapshot) {
	s.observeTerm(m.Term, from)
	if m.Term < s.term {
		s.journal.promise(from, InstallSnapshotReply{Term: s.term, LastIndex: m.LastIndex})
		return
	}
	s.follow(from)
	if m.LastIndex <= s.lastApplied {
		s.journal.promise(from, InstallSnapshotReply{Term: s.term, LastIndex: m.LastIndex, Installed: true})
		return
	}
	in := &s.incoming
	if in.index != m.LastIndex || in.term != m.LastTerm {
		*in = incoming{index: m.LastIndex, term: m.LastTerm}
	}
	complete := false
	if m.Offset == len(in.bytes) {
		in.bytes = append(in.bytes, m.Data...)
		complete = m.Done
	}
	s.journal.promise(from, InstallSnapshotReply{Term: s.term, LastIndex: m.LastIndex, Received: len(in.bytes)})
	if complete {
		s.finishIncoming(from)
	}
}

// finishIncoming saves a snapshot of which all pieces are there. While another is
// being saved it has to be sent again. One that makes no sense, or is of another
// cluster, changes nothing.
func (s *Server) finishIncoming(leader node.ID) {
	encoded := s.incoming.bytes
	s.incoming = incoming{}
	if s.saving != nil {
		return
	}
	snap, ok := decodeSnapshot(encoded)
	switch {
	case !ok:
		s.env.Note(SnapshotRefused{leader, fmt.Errorf("%w: malformed snapshot of %d bytes", ErrDamaged, len(encoded))})
		return
	case snap.cluster != s.config.Cluster:
		s.env.Note(SnapshotRefused{leader, &ClusterError{What: "the snapshot", Server: s.config.Cluster, Other: snap.cluster}})
		return
	}
	s.save(snap, leader)
}

func (s *Server) receiveInstallSnapshotReply(from node.ID, m InstallSnapshotReply) {
	s.observeTerm(m.Term, 0)
	p := s.peer(from)
	if p == nil || s.role != Leader || m.Term != s.term {
		return // an answer to the leader of an earlier term
	}
	p.active = true
	switch {
	case m.LastIndex != p.sending.index:
		// An answer about a snapshot that has arrived already.
	case m.Installed:
		p.match = max(p.match, p.sending.index)
		p.next = max(p.match+1, p.sending.index+1)
		p.sending = sending{}
		p.probing = false
		s.advanceCommitIndex()
		if p = s.peer(from); p != nil && s.role == Leader {
			s.replicate(p)
		}
	case m.Received != p.sending.offset && m.Received < p.sending.bytes.Len():
		p.sending.offset = m.Received
		s.sendPiece(p)
	}
}
