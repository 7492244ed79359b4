package raft

import (
	"time"

	"quorumlab/node"
)

// resetElectionTimer gives the leader, or an election, another while. The time
// is drawn anew each time, so that servers seldom stand at once (§5.2).
func (s *Server) resetElectionTimer() {
	spread := s.config.ElectionTimeoutMax - s.config.ElectionTimeoutMin
	s.env.SetTimer(ElectionTimer,
		s.config.ElectionTimeoutMin+time.Duration(s.env.Rand().Int64N(int64(spread)+1)))
}

// startElection makes the server a candidate of a new term (§5.2). It is what an
// election timeout means to a follower that misses its leader, and to a
// candidate that has neither won nor lost.
func (s *Server) startElection() {
	s.role, s.leader = Candidate, 0
	s.saveTerm(s.term+1, s.env.ID())
	for i := range s.peers {
		s.peers[i].granted = false
	}
	s.resetElectionTimer()
	s.env.Note(BecameCandidate{s.term})
	request := node.Message(RequestVote{Term: s.term, LastLogIndex: s.log.lastIndex(), LastLogTerm: s.log.lastTerm()})
	for i := range s.peers {
		// Standing for election is a promise too: to vote for nobody else.
		s.journal.promise(s.peers[i].id, request)
	}
}

// saveTerm moves to a term, with a vote in it or none yet.
func (s *Server) saveTerm(t Term, votedFor node.ID) {
	s.term, s.votedFor = t, votedFor
	s.journal.saveVote(t, votedFor)
}

func (s *Server) receiveRequestVote(from node.ID, m RequestVote) {
	s.observeTerm(m.Term, 0)
	granted := s.grantsVote(from, m)
	if granted {
		if s.votedFor != from {
			s.saveTerm(s.term, from)
		}
		s.resetElectionTimer()
	}
	s.journal.promise(from, RequestVoteReply{Term: s.term, Granted: granted})
}

// grantsVote decides on a vote: at most one per term, first come first served
// (§5.2), and only for a candidate whose log is at least as up-to-date as the
// voter's (§5.4.1). A committed entry is in the logs of a majority, so whoever
// lacks it is refused by at least one server of any majority.
func (s *Server) grantsVote(candidate node.ID, m RequestVote) bool {
	return m.Term == s.term &&
		(s.votedFor == 0 || s.votedFor == candidate) &&
		s.log.upToDate(m.LastLogIndex, m.LastLogTerm)
}

func (s *Server) receiveRequestVoteReply(from node.ID, m RequestVoteReply) {
	s.observeTerm(m.Term, 0)
	p := s.peer(from)
	if p == nil || s.role != Candidate || m.Term != s.term || !m.Granted {
		return // refused, or an answer to an election that is over
	}
	p.granted = true
	s.countVotes()
}

// countVotes makes the candidate leader if a majority has voted for it. Its own
// vote counts once the disk holds it.
func (s *Server) countVotes() {
	votes := 0
	if s.journal.voteDurable() {
		votes++
	}
	for i := range s.peers {
		if s.peers[i].granted {
			votes++
		}
	}
	if votes >= s.config.majority() {
		s.becomeLeader()
	}
}

func (s *Server) becomeLeader() {
	s.role, s.leader = Leader, s.env.ID()
	s.env.StopTimer(ElectionTimer)
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
	s.env.Note(BecameLeader{s.term})
	for i := range s.peers {
		s.peers[i].match = 0
		s.peers[i].next = s.log.lastIndex() + 1
		s.peers[i].probing = true
	}
	// A leader cannot tell which entries of earlier terms are committed before
	// one of its own is (§5.4.2), so it begins with one that does nothing (§8).
	s.appendEntries(s.log.lastIndex()+1, []Entry{{Term: s.term}})
	for i := range s.peers {
		s.probe(&s.peers[i])
	}
}

// observeTerm is the rule for all servers of Figure 2: a message of a higher
// term makes the server a follower of that term. The leader of it is given if
// the message tells.
func (s *Server) observeTerm(t Term, leader node.ID) {
	if t <= s.term {
		return
	}
	was := s.term
	s.saveTerm(t, 0)
	s.leader = leader
	s.stepDown(was)
}

// stepDown makes the server a follower, whatever it was in an earlier term or in
// this one.
func (s *Server) stepDown(was Term) {
	role := s.role
	s.role = Follower
	switch role {
	case Leader:
		s.env.StopTimer(HeartbeatTimer)
		s.resetElectionTimer() // a leader had none running
		s.batch = nil
		s.executor.Abandon(s.leader)
	case Candidate:
		// The timer runs on: only a vote given or a leader heard resets it.
	case Follower:
		return
	}
	s.env.Note(SteppedDown{Role: role, Term: was, For: s.term})
}
