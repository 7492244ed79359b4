package raft

import (
	"time"

	"quorumlab/node"
)

// resetElectionTimer gives the leader, or an election, another while. The time
// is drawn anew each time, so that servers seldom stand at once (§5.2).
func (s *Server) resetElectionTimer() {
	s.env.SetTimer(ElectionTimer, s.draw(s.config.ElectionTimeoutMin, s.config.ElectionTimeoutMax))
}

// draw returns a time drawn uniformly from a range.
func (s *Server) draw(shortest, longest time.Duration) time.Duration {
	return shortest + time.Duration(s.env.Rand().Int64N(int64(longest-shortest)+1))
}

// maxDoublings bounds how far a candidate that is unlucky backs off: when all come
// back from where nobody could win, they should not wait for long before one tries.
const maxDoublings = 4

// resetCandidateTimer gives an election a while. How long may depend on how many
// were in vain before it (Raft Refloated).
func (s *Server) resetCandidateTimer() {
	shortest, longest := s.config.ElectionTimeoutMin, s.config.ElectionTimeoutMax
	if s.elections > 0 && s.config.CandidateTimeoutMax > 0 {
		shortest, longest = s.config.CandidateTimeoutMin, s.config.CandidateTimeoutMax
	}
	if s.backsOff() {
		doublings := min(s.elections-1, maxDoublings)
		shortest, longest = shortest<<doublings, longest<<doublings
	}
	s.env.SetTimer(ElectionTimer, s.draw(shortest, longest))
	s.setSolicitTimer()
}

// setSolicitTimer has a candidate that waits for long ask again in between those who have
// not given their votes: the question may have been lost, and it be the only one that can
// win (§5.1: servers retry).
func (s *Server) setSolicitTimer() {
	if s.backsOff() {
		s.env.SetTimer(SolicitTimer, s.config.ElectionTimeoutMax)
	}
}

// backsOff reports whether the server waits for longer than others, should it be a
// candidate.
func (s *Server) backsOff() bool { return s.config.CandidateBackoff && s.elections > 1 }

// electionTimeout is what it means to a follower that misses its leader, and to a
// candidate that has neither won nor lost (§5.2).
func (s *Server) electionTimeout() {
	switch {
	case !s.mayStand():
		s.leader = 0
		s.resetElectionTimer()
		if s.loss.any() {
			s.env.Note(MarkUnrepaired)
		}
	case s.config.PreVote:
		s.startPreVote()
	default:
		s.startElection(false)
	}
}

// mayStand reports whether the server may become a leader. One that may have
// forgotten what it stored must not. One that is no member need not, unless what
// removes it is not yet committed: then it may be the only one that has it
// (dissertation §4.2.2).
func (s *Server) mayStand() bool {
	return !s.loss.any() && (s.votes.any() || s.configuration().index > s.commitIndex)
}

// startElection makes the server a candidate of a new term (§5.2). The leader may
// have asked for it, see transfer.go.
func (s *Server) startElection(transfer bool) {
	if s.role == Candidate {
		s.env.Note(MarkSplitVote)
	}
	s.role, s.leader = Candidate, 0
	s.saveTerm(s.term+1, s.env.ID())
	s.elections++
	s.forgetVotes()
	s.resetCandidateTimer()
	s.env.Note(BecameCandidate{s.term})
	s.solicit(transfer)
}

// solicit asks all for their votes who have not given them.
func (s *Server) solicit(transfer bool) {
	request := node.Message(RequestVote{
		Term: s.term, LastLogIndex: s.log.lastIndex(), LastLogTerm: s.log.lastTerm(), Transfer: transfer,
	})
	for i := range s.peers {
		if p := &s.peers[i]; !p.granted {
			// Standing for election is a promise too: to vote for nobody else.
			s.journal.promise(p.id, request)
		}
	}
}

// solicitAgain is for a candidate that backs off: see setSolicitTimer.
func (s *Server) solicitAgain() {
	switch s.role {
	case Candidate:
		s.solicit(false)
	case PreCandidate:
		s.solicitPreVotes()
	default:
		return
	}
	s.setSolicitTimer()
}

func (s *Server) forgetVotes() {
	for i := range s.peers {
		s.peers[i].granted = false
	}
}

// saveTerm moves to a term, with a vote in it or none yet.
func (s *Server) saveTerm(t Term, votedFor node.ID) {
	if t > s.term {
		s.early = nil
	}
	s.term, s.votedFor = t, votedFor
	s.journal.saveVote(t, votedFor)
}

func (s *Server) receiveRequestVote(from node.ID, m RequestVote) {
	if s.hearsLeader() && !m.Transfer {
		return // whoever asks is not in touch with the leader, but others are
	}
	s.transfer.taken = s.transfer.told && m.Transfer && from == s.transfer.to
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
// lacks it is refused by at least one server of any majority. A server that may
// have lost entries cannot tell, and does not vote.
func (s *Server) grantsVote(candidate node.ID, m RequestVote) bool {
	return m.Term == s.term &&
		(s.votedFor == 0 || s.votedFor == candidate) &&
		s.log.upToDate(m.LastLogIndex, m.LastLogTerm) &&
		!s.loss.any()
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
	if s.granted(s.journal.voteDurable()) {
		s.becomeLeader()
	}
}

// granted reports whether a majority gives its vote, among which the server's own
// may be.
func (s *Server) granted(own bool) bool {
	vote := uint64(0)
	if own {
		vote = 1
	}
	return s.reached(vote, func(p *peer) uint64 {
		if p.granted {
			return 1
		}
		return 0
	}) == 1
}

func (s *Server) becomeLeader() {
	s.role, s.leader = Leader, s.env.ID()
	s.elections = 0
	s.env.StopTimer(ElectionTimer)
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
	s.startQuorumTimer()
	s.reads = reads{acked: s.reads.round, round: s.reads.round}
	s.env.Note(BecameLeader{s.term})
	for i := range s.peers {
		p := &s.peers[i]
		*p = peer{id: p.id, votes: p.votes, granted: p.granted, next: s.log.lastIndex() + 1, probing: true, active: true}
	}
	// A leader cannot tell which entries of earlier terms are committed before
	// one of its own is (§5.4.2), so it begins with one that does nothing (§8).
	if !s.config.SkipNoOp {
		s.appendEntries(s.log.lastIndex()+1, []Entry{{Term: s.term}})
	}
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
		s.resign()
	case Candidate, PreCandidate:
		// The timer runs on: only a vote given or a leader heard resets it. But to back
		// off is for candidates. This server may be the only one that can win, and must
		// not let those go on who cannot while it waits out an election of the past.
		if s.backsOff() {
			s.resetElectionTimer()
		}
	case Follower:
		return
	}
	s.env.Note(SteppedDown{Role: role, Term: was, For: s.term})
}

// resign gives up all that only a leader does.
func (s *Server) resign() {
	s.env.StopTimer(HeartbeatTimer)
	s.env.StopTimer(QuorumTimer)
	s.resetElectionTimer() // a leader had none running
	s.batch = nil
	s.executor.Abandon(s.leader)
	s.abandonReads()
	s.finishTransfer()
	s.abandonChange()
}
