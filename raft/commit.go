package raft

import "quorumlab/node"

// advanceCommitIndex is the leader's rule for commitment (§5.3, §5.4.2, last
// rule of Figure 2): what a majority stores is committed if it is of the
// leader's own term. The leader counts itself for what its own disk holds, which
// may be less than what others have stored already.
//
// An entry of an earlier term may be stored by a majority and still be
// overwritten by a leader to come, whose last entry is of a later term than it
// (Figure 8). Once an entry of the current term is on a majority, no such leader
// can be elected any more, and all entries before it are committed with it.
func (s *Server) advanceCommitIndex() {
	index := Index(s.reached(uint64(s.journal.durable), func(p *peer) uint64 { return uint64(p.match) }))
	if index <= s.commitIndex || s.log.term(index) != s.term {
		return
	}
	s.commit(index)
	s.startReads()
	s.continueChange()
	if s.config.EagerCommit && s.role == Leader {
		s.sendCommitted()
	}
}

// sendCommitted tells the followers at once what is committed.
func (s *Server) sendCommitted() {
	m := node.Message(Committed{Term: s.term, Index: s.commitIndex, IndexTerm: s.log.term(s.commitIndex)})
	for i := range s.peers {
		s.env.Send(s.peers[i].id, m)
	}
}

// receiveCommitted commits what the leader says is committed, if the log holds it.
// That its entry there is the leader's means that all before it are (Log
// Matching).
func (s *Server) receiveCommitted(from node.ID, m Committed) {
	s.observeTerm(m.Term, from)
	if m.Term < s.term {
		return // a leader of the past
	}
	s.follow(from)
	if m.Index > s.commitIndex && s.log.matches(m.Index, m.IndexTerm) {
		s.commit(m.Index)
		s.checkRepaired()
	}
}

// committedOwnEntry reports whether an entry of the leader's own term is
// committed. Before that it cannot know all that is (§5.4.2).
func (s *Server) committedOwnEntry() bool { return s.log.term(s.commitIndex) == s.term }

// commit moves the commit index up, never down, and applies what it passes, in
// the order of the log (§5.3).
func (s *Server) commit(index Index) {
	s.commitIndex = max(s.commitIndex, index)
	for s.lastApplied < s.commitIndex {
		s.lastApplied++
		entry := s.log.at(s.lastApplied)
		s.executor.Apply(entry.Request)
		s.appliedHash = chainHash(s.appliedHash, entry)
	}
	s.considerSnapshot()
}
