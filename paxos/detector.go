package paxos

import (
	"time"

	"quorumlab/node"
)

// detector is the part of a server that guesses who leads. Progress depends
// on its guesses, but "safety is ensured regardless of the success or failure of
// the election" (Paxos Made Simple §2.4).
type detector struct {
	expected node.ID // who leads or is about to, other than this server; zero if nobody is known
	highest  Ballot  // heard of in a Nack
}

// receiveHeartbeat hears that the leader is alive.
func (s *Server) receiveHeartbeat(from node.ID, m Heartbeat) {
	if !s.join(from, m.Ballot) {
		return
	}
	s.expect(from)
	s.hearChosen(from, m.Chosen)
	if m.Overdue > m.Chosen {
		s.report(from, m)
	}
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
	s.env.SetTimer(LeaderTimer, wait)
}
