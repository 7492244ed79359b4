package paxos

import (
	"time"

	"quorumlab/node"
)

// detector is the part of a server that guesses who leads. Safety does not depend
// on its guesses: "Paxos guarantees safety regardless of the success or failure
// of the election" of a leader (Paxos Made Simple §2.4), but progress does.
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

// report tells the leader what became of its overdue proposals: which of them
// this acceptor has, the Accepted for which may be lost, and which it lacks.
func (s *Server) report(leader node.ID, m Heartbeat) {
	for first := m.Chosen + 1; first <= m.Overdue; {
		has := s.holds(m.Ballot, first, first)
		last := first
		for last < m.Overdue && s.holds(m.Ballot, last+1, last+1) == has {
			last++
		}
		if has {
			s.log.Send(leader, Accepted{Ballot: m.Ballot, First: first, Last: last})
		} else {
			s.env.Send(leader, Missing{Ballot: m.Ballot, First: first, Last: last})
		}
		first = last + 1
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
