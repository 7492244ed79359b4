package raft

import (
	"fmt"

	"quorumlab/node"
)

// What the leader sends to a peer depends on what it knows of the peer's log.
//
// While probing, next is a guess, and one small message at a time is spent on
// it: a refusal moves next back, a success ends the probing. The heartbeat
// repeats a probe that was lost.
//
// Otherwise, next runs ahead of the answers: each message moves it past the
// entries in it, as if they had arrived. If they have not, a later message is
// refused, and probing begins again. Since entries are sent only once until
// then, a heartbeat is never more than a heartbeat.
//
// A peer that needs entries which the leader has compacted away is sent a
// snapshot first: see install.go.

// appendEntries makes the log end in entries, from index first on, in memory and
// in the journal.
func (s *Server) appendEntries(first Index, entries []Entry) {
	s.log.append(entries...)
	s.journal.saveEntries(first, entries)
	s.adoptConfigurations(first, entries)
}

// sendable returns the last entry that may leave.
func (s *Server) sendable() Index {
	if s.config.ParallelWrite {
		return s.log.lastIndex()
	}
	return s.journal.durable
}

// permitted returns the last entry that a peer may be sent now, which may be one that
// it was sent: then there is nothing to send.
func (s *Server) permitted(p *peer) Index {
	if !s.config.Pipelining && p.next > p.match+1 {
		return 0 // there is something on its way
	}
	return min(s.sendable(), p.match+Index(s.config.MaxInFlightEntries))
}

// replicate sends a peer all entries that it may be sent now.
func (s *Server) replicate(p *peer) {
	for last := s.permitted(p); !p.probing && p.next <= last; last = s.permitted(p) {
		if p.next <= s.log.base {
			s.startSnapshot(p)
			return
		}
		entries := s.log.from(p.next, last)
		s.sendAppendEntries(p, entries)
		p.next += Index(len(entries))
	}
}

func (s *Server) replicateAll() {
	for i := range s.peers {
		s.replicate(&s.peers[i])
	}
}

// probe tries whether the peer's log agrees with the leader's before next. It
// brings the entry at next along, if there is one, but not all that follow,
// because it may well be refused.
func (s *Server) probe(p *peer) {
	switch {
	case p.next <= s.log.base:
		s.startSnapshot(p)
	case p.next <= s.sendable():
		s.sendAppendEntries(p, s.log.from(p.next, p.next))
	default:
		s.sendAppendEntries(p, nil)
	}
}

// sendAppendEntries sends entries that begin at the peer's next, or none. Peers
// that are level with each other are sent one and the same message.
func (s *Server) sendAppendEntries(p *peer, entries []Entry) {
	m := AppendEntries{
		Term:         s.term,
		PrevLogIndex: p.next - 1,
		PrevLogTerm:  s.log.term(p.next - 1),
		Entries:      entries,
		LeaderCommit: s.commitIndex,
		Round:        s.reads.round,
	}
	if last, ok := s.sent.(AppendEntries); !ok || !last.same(m) {
		s.sent = m
	}
	s.env.Send(p.id, s.sent)
}

// same reports whether two messages of one leader say the same: the entries at
// the same place of its log are.
func (m AppendEntries) same(other AppendEntries) bool {
	return m.Term == other.Term && m.PrevLogIndex == other.PrevLogIndex && len(m.Entries) == len(other.Entries) &&
		m.LeaderCommit == other.LeaderCommit && m.Round == other.Round
}

// heartbeatTimeout keeps up the leader's authority (§5.2).
func (s *Server) heartbeatTimeout() {
	s.beginRound()
	s.sendHeartbeats()
	s.checkLearners()
}

// sendHeartbeats tells the followers that their leader lives, what is committed,
// and, by the consistency check, what they should have received (§5.2, §5.3).
func (s *Server) sendHeartbeats() {
	for i := range s.peers {
		s.sendHeartbeat(&s.peers[i])
	}
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
}

func (s *Server) sendHeartbeat(p *peer) {
	switch {
	case p.sending.index > 0:
		s.continueSnapshot(p)
	case p.next <= s.log.base: // the log was compacted since it was last sent to
		s.startSnapshot(p)
	case p.probing:
		s.probe(p)
	default:
		s.sendAppendEntries(p, nil)
	}
}

func (s *Server) receiveAppendEntries(from node.ID, m AppendEntries) {
	s.observeTerm(m.Term, from)
	if m.Term < s.term {
		// A leader of the past. The reply tells it so (§5.1).
		s.journal.promise(from, AppendEntriesReply{Term: s.term, PrevLogIndex: m.PrevLogIndex})
		return
	}
	s.follow(from)
	if m.PrevLogIndex > s.log.lastIndex() && s.putAside(from, m) {
		return
	}
	reply := AppendEntriesReply{Term: s.term, PrevLogIndex: m.PrevLogIndex, Round: m.Round}
	matched := m.PrevLogIndex + Index(len(m.Entries))
	if m.PrevLogIndex < s.log.base {
		m = m.after(s.log.base, s.log.baseTerm)
	}
	if s.log.matches(m.PrevLogIndex, m.PrevLogTerm) {
		reply.Success = true
		reply.MatchIndex = matched
		s.mergeEntries(m.PrevLogIndex+1, m.Entries)
		// Up to MatchIndex the log is known to be the leader's, beyond it is not.
		s.commit(min(m.LeaderCommit, reply.MatchIndex))
		s.checkRepaired()
	} else {
		reply.ConflictIndex = s.log.conflictIndex(m.PrevLogIndex)
		reply.Lost = s.loss.any()
	}
	s.journal.promise(from, reply)
}

// after returns the part of the message that is behind an index, which the
// follower has compacted away: what is committed matches (Leader Completeness).
func (m AppendEntries) after(index Index, term Term) AppendEntries {
	skipped := min(int(index-m.PrevLogIndex), len(m.Entries))
	m.Entries = m.Entries[skipped:]
	m.PrevLogIndex, m.PrevLogTerm = index, term
	return m
}

// follow recognises the leader of the current term (§5.2).
func (s *Server) follow(leader node.ID) {
	if s.role == Leader {
		panic(&node.Violation{
			Invariant: "Election Safety",
			Detail:    fmt.Sprintf("servers %d and %d both lead term %d", s.env.ID(), leader, s.term),
		})
	}
	s.leader = leader
	s.stepDown(s.term)
	s.elections = 0
	s.heardAt = s.env.Now()
	s.resetElectionTimer()
	if s.loss.any() && !s.inquiry.answered {
		s.inquire()
	}
}

// mergeEntries makes the log hold the leader's entries from index first on. Only
// an entry that conflicts with one of them is removed, with all that follow it
// (§5.3): a message that comes late must not remove what came after it.
func (s *Server) mergeEntries(first Index, entries []Entry) {
	for len(entries) > 0 && s.log.matches(first, entries[0].Term) {
		first++
		entries = entries[1:]
	}
	if len(entries) == 0 {
		return
	}
	if first <= s.commitIndex {
		panic(&node.Violation{
			Invariant: "State Machine Safety",
			Detail:    fmt.Sprintf("entry %v to replace the committed one at index %d", entries[0], first),
		})
	}
	if first <= s.log.lastIndex() {
		s.env.Note(MarkTruncation)
		s.log.truncate(first)
		s.rollBackConfigurations(first)
	}
	s.appendEntries(first, entries)
}

func (s *Server) receiveAppendEntriesReply(from node.ID, m AppendEntriesReply) {
	s.observeTerm(m.Term, 0)
	p := s.peer(from)
	if p == nil || s.role != Leader || m.Term != s.term {
		return // an answer to the leader of an earlier term
	}
	p.active = true
	if m.Round > p.round {
		p.round = m.Round
		s.confirmReads()
	}
	switch {
	case p.sending.index > 0:
		return // a snapshot is on its way, and with it what it needs
	case !m.Success:
		s.backUp(p, m)
		return
	}
	p.probing = false
	if m.MatchIndex > p.match { // a late reply may know less
		p.match = m.MatchIndex
		p.next = max(p.next, p.match+1)
		if p.match > s.commitIndex { // else it makes no difference
			s.advanceCommitIndex()
		}
		s.checkLearners()
		s.checkTransfer()
		p = s.peer(from)
	}
	if p != nil { // it may have left, or the leader may have resigned
		s.replicate(p)
	}
}

// backUp moves next back to where the follower's log may agree, and tries again
// (§5.3).
func (s *Server) backUp(p *peer, m AppendEntriesReply) {
	if m.Lost {
		// The follower's disk is damaged: it does not store any more what it had
		// said it does. Nobody else's word is ever taken back.
		p.match = min(p.match, m.ConflictIndex-1)
	}
	if p.probing && m.PrevLogIndex != p.next-1 {
		return // not the answer to the probe that counts now
	}
	if m.PrevLogIndex <= p.match || m.PrevLogIndex >= p.next {
		return // the answer to a message sent before the logs were found to agree
	}
	to := m.PrevLogIndex // one entry further back
	if s.config.FastBackup {
		to = m.ConflictIndex
	}
	p.next = max(to, p.match+1)
	p.probing = true
	s.probe(p)
}
