package raft

// What can be seen of a server from outside. It plays no part in the protocol.

// Leads implements node.Leader.
func (s *Server) Leads() (term uint64, leads bool) { return uint64(s.term), s.role == Leader }

// Role returns what the server currently is.
func (s *Server) Role() Role { return s.role }

// Term returns the server's current term, zero before the first election.
func (s *Server) Term() Term { return s.term }

// FirstIndex returns the index of the first entry in the server's log. Those
// before it are in its snapshot.
func (s *Server) FirstIndex() Index { return s.log.base + 1 }

// LastIndex returns the index of the last entry in the server's log, zero if
// there never was one.
func (s *Server) LastIndex() Index { return s.log.lastIndex() }

// Entry returns the entry at an index from FirstIndex to LastIndex.
func (s *Server) Entry(i Index) Entry { return *s.log.at(i) }

// CommitIndex returns up to where the server knows its log to be committed.
func (s *Server) CommitIndex() Index { return s.commitIndex }

// LastApplied returns up to where the server has applied its log.
func (s *Server) LastApplied() Index { return s.lastApplied }

// Configuration returns the configuration that the server acts by.
func (s *Server) Configuration() Configuration { return *s.configuration().Configuration }

// Repairing reports whether the server, after damage to its disk, does not vote.
func (s *Server) Repairing() bool { return s.loss.any() }
