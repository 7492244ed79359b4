package raft

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// receiveRequest takes a client's request. Only the leader orders requests;
// other servers say where it is, if they know (§8).
func (s *Server) receiveRequest(from node.ID, r rsm.Request) {
	switch {
	case s.executor.TooLong(from, r, s.config.MaxCommandBytes):
	case s.role != Leader:
		s.executor.Redirect(from, r, s.leader)
	case r.ReadOnly && s.config.Reads != ReadLog:
		s.receiveRead(from, r)
	case s.executor.Admit(from, r):
		s.batch = append(s.batch, Entry{Term: s.term, Request: s.executor.Stamp(r, uint64(s.term))})
		if s.config.Batching {
			s.env.SetTimer(FlushTimer, 0)
		} else {
			s.flushBatch()
		}
	}
}

// flushBatch replicates the requests that came at the same instant, or while the
// server was busy, together: in one write to the journal and one message to each
// follower. A leader that hands over takes no new ones (dissertation §3.10); they
// wait for what comes of it.
func (s *Server) flushBatch() {
	if s.role != Leader {
		return // it stepped down in between
	}
	began := s.beginReads()
	if len(s.batch) > 0 && !s.transfer.underWay() {
		s.appendEntries(s.log.lastIndex()+1, s.batch)
		clear(s.batch)
		s.batch = s.batch[:0]
	}
	sent := true
	for i := range s.peers {
		p := &s.peers[i]
		before := p.next
		s.replicate(p)
		if p.next == before && began {
			s.sendHeartbeat(p) // the round has to reach it all the same
		} else {
			sent = sent && p.next > before
		}
	}
	if sent { // which does for a heartbeat
		s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
	}
	s.confirmReads() // a cluster of one
}
