package raft

import "slices"

// advanceCommitIndex is the leader's rule for commitment (§5.3, §5.4.2, last
// rule of Figure 2): what a majority stores is committed if it is of the
// leader's own term.
//
// An entry of an earlier term may be stored by a majority and still be
// overwritten by a leader to come, whose last entry is of a later term than it
// (Figure 8). Once an entry of the current term is on a majority, no such leader
// can be elected any more, and all entries before it are committed with it.
func (s *Server) advanceCommitIndex() {
	index := s.majorityIndex()
	if index > s.commitIndex && s.log.term(index) == s.term {
		s.commit(index)
	}
}

// majorityIndex returns the highest index up to which a majority of the servers
// stores the leader's log durably. The leader counts itself for what its own
// disk holds, which may be less than what others have stored already.
func (s *Server) majorityIndex() Index {
	matched := append(s.matched[:0], s.journal.durable)
	for i := range s.peers {
		matched = append(matched, s.peers[i].match)
	}
	slices.Sort(matched)
	s.matched = matched
	return matched[len(matched)-s.config.majority()]
}

// commit moves the commit index up, never down, and applies what it passes, in
// the order of the log (§5.3).
func (s *Server) commit(index Index) {
	s.commitIndex = max(s.commitIndex, index)
	for s.lastApplied < s.commitIndex {
		s.lastApplied++
		entry := s.log.entry(s.lastApplied)
		s.executor.Apply(entry.Request)
		s.appliedHash = chainHash(s.appliedHash, entry)
	}
}
