package raft

import "quorumlab/node"

// PreVote (dissertation §9.6): a server that cannot win does not move to a new
// term. One that was cut off would otherwise come back with a higher term than
// anybody's and depose a leader with whom nothing is wrong.

// startPreVote asks the others whether they would vote for this server, without
// any change to its term or vote: so it promises nothing.
func (s *Server) startPreVote() {
	if s.role == Candidate {
		s.env.Note(MarkSplitVote)
	}
	s.role, s.leader = PreCandidate, 0
	s.forgetVotes()
	s.resetCandidateTimer()
	s.solicitPreVotes()
	s.countPreVotes() // a cluster of one
}

func (s *Server) solicitPreVotes() {
	request := node.Message(PreVote{Term: s.term + 1, LastLogIndex: s.log.lastIndex(), LastLogTerm: s.log.lastTerm()})
	for i := range s.peers {
		if p := &s.peers[i]; !p.granted {
			s.env.Send(p.id, request)
		}
	}
}

// receivePreVote answers what would become of a vote. A server that hears from a
// leader would not give it.
func (s *Server) receivePreVote(from node.ID, m PreVote) {
	granted := m.Term > s.term && s.log.upToDate(m.LastLogIndex, m.LastLogTerm) && !s.loss.any() &&
		!s.heardLeader() && s.role != Leader
	s.env.Send(from, PreVoteReply{Term: m.Term, Granted: granted, VoterTerm: s.term})
}

func (s *Server) receivePreVoteReply(from node.ID, m PreVoteReply) {
	if !m.Granted {
		s.observeTerm(m.VoterTerm, 0)
	}
	p := s.peer(from)
	if p == nil || s.role != PreCandidate || m.Term != s.term+1 || !m.Granted {
		return // refused, or an answer to a question of the past
	}
	p.granted = true
	s.countPreVotes()
}

func (s *Server) countPreVotes() {
	if s.granted(true) {
		s.startElection(false)
	}
}
