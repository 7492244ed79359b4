package paxos

import (
	"time"

	"quorumlab/node"
)

// detector is the part of a server that guesses who leads. Progress depends
// on its guesses, but "safety is ensured regardless of the success or failure of
// the election" (Paxos Made Simple §2.4).
type detector struct {
	expected    node.ID       // who leads or is about to, other than this server; zero if nobody is known
	highest     Ballot        // heard of in a Nack
	heardLeader bool          // of the promised ballot
	heardAt     time.Duration // on this machine's clock
	heardSince  time.Duration // all the time, as far as it knows
	patience    int           // how many times as long as it is set to it waits; zero is once
}

// receiveHeartbeat hears that the leader is alive.
func (s *Server) receiveHeartbeat(from node.ID, m Heartbeat) {
	if !s.join(from, m.Ballot) {
		return
	}
	s.hear(from)
	s.hearChosen(from, m.Chosen)
	s.askFill(from)
	s.log.Send(from, HeartbeatReply{Ballot: m.Ballot, Round: m.Round, Chosen: s.chosen})
	if m.Overdue > m.Chosen {
		s.report(from, m)
	}
}

// hear takes notice of the leader of the promised ballot. A server that was about
// to replace it has no reason to any more.
func (s *Server) hear(leader node.ID) {
	if s.handedOver != 0 {
		return // it has asked for it
	}
	if s.role == preparing {
		s.waitLonger()
	}
	now := s.env.Now()
	if !s.heardLeader || now < s.heardSince {
		s.heardSince = now
	}
	s.heardLeader, s.heardAt = true, now
	if now-s.heardSince > calmTimeouts*s.config.LeaderTimeoutMax {
		s.patience = 1
	}
	s.giveUp(s.promised, leader)
	s.expect(leader)
}

// keepsLeader reports whether the server, at the request of another, has to stand
// by the leader it hears from, or is. Whoever cannot hear that leader would
// otherwise overthrow it again and again, for nothing: the acceptor's silence is
// enough to keep it from leading, as the acceptors' promises are not. Only the
// leader itself may ask for a higher ballot.
func (s *Server) keepsLeader(proposer node.ID) bool {
	if !s.config.KeepLeader || proposer == s.promised.Server() {
		return false
	}
	if s.role == leading {
		return true // CheckQuorum sees to it that it does not last without a quorum
	}
	now := s.env.Now()
	if now < s.heardAt {
		s.heardAt = now // the clock was set back
	}
	return s.heardLeader && now-s.heardAt < s.config.LeaderTimeoutMin
}

// expect counts on a server to lead, for some time.
func (s *Server) expect(server node.ID) {
	s.expected = server
	s.awaitLeader()
}

// awaitLeader gives whoever leads, or wants to, some time to be heard. The time is
// random so that of two servers that want to lead one is first, and done before
// the other tries (Paxos Made Simple §2.4: the election "must use either randomness
// or real time").
func (s *Server) awaitLeader() {
	spread := s.config.LeaderTimeoutMax - s.config.LeaderTimeoutMin
	wait := s.config.LeaderTimeoutMin + time.Duration(s.env.Rand().Int64N(int64(spread)+1))
	if s.expected == 0 || s.isMember(s.expected) { // else it will not be led by that one
		wait = s.patiently(wait)
	}
	s.env.SetTimer(LeaderTimer, wait)
}

// Whoever suspects a leader too soon will do so again, if the network is slower than
// the timeouts: then each leader is replaced before it can be heard, or cannot hear
// itself that it is followed. So a server that finds itself wrong waits twice as long
// from then on (Chandra and Toueg, "Unreliable Failure Detectors for Reliable
// Distributed Systems", JACM 1996), up to Config.MaxPatience times: when it hears the
// leader that it was about to replace, and when it has led in vain. When a leader has
// been heard for long all is as it was, for a crash is to be noticed soon.

// calmTimeouts is for how many of the longest timeouts.
const calmTimeouts = 100

// waitLonger doubles the patience.
func (s *Server) waitLonger() {
	s.patience = min(2*max(1, s.patience), s.config.MaxPatience)
}

// patiently returns how long the server waits in place of a time that it is set to.
func (s *Server) patiently(wait time.Duration) time.Duration {
	return wait * time.Duration(max(1, s.patience))
}
