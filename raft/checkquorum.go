package raft

// CheckQuorum: a leader that does not hear from a majority for an election timeout
// steps down (dissertation §6.2). It could not commit anything, while its
// heartbeats may still reach some and hold them off from electing a better one,
// and its clients would wait for nothing. In return, servers that hear from a
// leader stick to it: they take no part in the election of another
// (dissertation §4.2.3).

func (s *Server) startQuorumTimer() {
	if s.config.CheckQuorum {
		s.env.SetTimer(QuorumTimer, s.config.ElectionTimeoutMax)
	}
}

// checkQuorum counts from whom the leader has heard since the last time.
func (s *Server) checkQuorum() {
	heard := s.reached(1, func(p *peer) uint64 {
		if p.active {
			return 1
		}
		return 0
	})
	if heard == 0 {
		s.leader = 0
		s.env.Note(MarkLeaderWithoutQuorum)
		s.stepDown(s.term)
		return
	}
	for i := range s.peers {
		s.peers[i].active = false
	}
	s.startQuorumTimer()
}

// heardLeader reports whether the server has heard from a leader within the
// shortest election timeout, so that no other server that does may have given it
// up yet. If the clock was set back, how long ago it was is not known: it counts anew,
// because a leader may rely on it (see reads.go).
func (s *Server) heardLeader() bool {
	now := s.env.Now()
	s.heardAt = min(s.heardAt, now)
	return now-s.heardAt < s.config.ElectionTimeoutMin
}

// hearsLeader reports whether the server sticks to a leader, which may be itself.
func (s *Server) hearsLeader() bool {
	return s.config.CheckQuorum && (s.role == Leader || s.heardLeader())
}
