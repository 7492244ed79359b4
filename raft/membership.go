package raft

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Changes of membership (dissertation Chapter 4). A change goes through four steps.
//
// It may begin once the configuration in force is committed, and an entry of the
// leader's own term as well. Without the second, a configuration that an earlier
// leader left behind, and that nobody here has seen, could come to count beside
// the new one, with majorities that do not meet (Ongaro, "bug in single-server
// membership changes", raft-dev, 2015).
//
// Servers that are new learn first: they are sent the log, but count for nothing,
// until they have caught up (§4.2.1). Were they to count at once, the cluster
// might have to wait for them.
//
// Then the new configuration is put into the log. It is in force from there on, as
// soon as a server has it in its log, and committed by its own majority. If it
// differs from the old one in a single server, their majorities meet (§4.1). If
// not, a joint configuration goes first, in which both have to agree (§4.3), and
// the new one follows when that is committed, by whoever leads then.
//
// A leader that is not part of the new configuration leads until that is committed,
// without counting itself, and resigns (§4.2.2).

// membership is a change under way.
type membership struct {
	admin    node.ID // who asked for it
	request  rsm.ChangeMembership
	learners []node.ID // those who have to catch up; none once the change is in the log

	rounds  int           // of catching up
	goal    Index         // of this round: the end of the log when it began
	started time.Duration // when it began, on the leader's clock
}

// maxLearningTimeouts is how many election timeouts a round of catching up may
// take. A round brings the learners all that had been in the log when it began;
// once a round is short, they will not be far behind.
const maxLearningTimeouts = 10

// learners returns the servers that are sent the log but do not count.
func (s *Server) learners() []node.ID {
	if s.change == nil {
		return nil
	}
	return s.change.learners
}

func (s *Server) receiveChangeMembership(from node.ID, m rsm.ChangeMembership) {
	if s.role != Leader {
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.NotLeader, Leader: s.leader})
		return
	}
	if s.change != nil && s.change.request.ID == m.ID && s.change.admin == from {
		return // a copy of the one under way
	}
	now := s.configuration()
	switch reason := s.objection(m); {
	case reason != "":
		s.refuse(from, m, reason)
	case sameServers(m.Servers, now.Voters):
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.OK, Leader: s.env.ID()})
	default:
		s.change = &membership{admin: from, request: m}
		for _, id := range m.Servers {
			if !now.has(id) && s.config.LearningRounds > 0 {
				s.change.learners = append(s.change.learners, id)
			}
		}
		s.updatePeers()
		s.startLearning()
	}
}

// objection says what is wrong with a change, if anything is.
func (s *Server) objection(m rsm.ChangeMembership) string {
	now := s.configuration()
	if err := validateServers(m.Servers); err != nil {
		return "Servers: " + err.Error()
	}
	switch {
	case m.ID != 0 && m.ID < now.change:
		// An old copy: were it carried out, it would undo what was asked for since.
		return fmt.Sprintf("a later change, number %d, was made already", now.change)
	case s.change != nil || now.index > s.commitIndex || now.Joint():
		return "another change is under way"
	case !s.committedOwnEntry():
		return "no entry of the leader's term is committed yet"
	case !s.config.JointConsensus && difference(m.Servers, now.Voters) > 1:
		return "it changes more than one server, and JointConsensus is off"
	}
	return ""
}

func (s *Server) refuse(admin node.ID, m rsm.ChangeMembership, reason string) {
	s.env.Send(admin, rsm.AdminReply{ID: m.ID, Status: rsm.Refused, Leader: s.env.ID(), Reason: reason})
}

// difference returns how many servers are in one list and not in the other.
func difference(a, b []node.ID) (count int) {
	for _, id := range a {
		if !slices.Contains(b, id) {
			count++
		}
	}
	for _, id := range b {
		if !slices.Contains(a, id) {
			count++
		}
	}
	return count
}

func sameServers(a, b []node.ID) bool { return difference(a, b) == 0 }

// startLearning begins a round of catching up.
func (s *Server) startLearning() {
	if len(s.change.learners) == 0 {
		s.propose()
		return
	}
	s.change.rounds++
	s.change.goal = s.log.lastIndex()
	s.change.started = s.env.Now()
	for _, id := range s.change.learners {
		if p := s.peer(id); p.match == 0 {
			s.probe(p)
		}
	}
}

// checkLearners looks whether the learners have caught up, or never will.
func (s *Server) checkLearners() {
	if len(s.learners()) == 0 {
		return
	}
	took := s.env.Now() - s.change.started
	for _, id := range s.change.learners {
		if s.peer(id).match >= s.change.goal {
			continue
		}
		if took > maxLearningTimeouts*s.config.ElectionTimeoutMax {
			s.giveUpChange(fmt.Sprintf("server %d does not catch up", id))
		}
		return
	}
	switch {
	case took <= s.config.ElectionTimeoutMin:
		s.propose()
	case s.change.rounds >= s.config.LearningRounds:
		s.giveUpChange("the new servers are too slow to catch up")
	default:
		s.startLearning()
	}
}

func (s *Server) giveUpChange(reason string) {
	s.refuse(s.change.admin, s.change.request, reason)
	s.change = nil
	s.updatePeers()
}

// propose puts the new configuration into the log, or the joint one first.
func (s *Server) propose() {
	next := &Configuration{Voters: s.change.request.Servers}
	if now := s.configuration().Voters; difference(next.Voters, now) > 1 {
		next.Old = now
	}
	s.change.learners = nil
	s.appendConfiguration(next, s.change.request.ID)
}

// appendConfiguration puts a configuration into the log, from where on it is in
// force, and sends it to all who are concerned. With it goes the number of the change.
func (s *Server) appendConfiguration(c *Configuration, change uint64) {
	s.appendEntries(s.log.lastIndex()+1, []Entry{{Term: s.term, Request: rsm.Request{Sequence: change}, Configuration: c}})
	s.replicateAll()
}

// continueChange goes on when the configuration in force is committed, whoever
// put it into the log.
func (s *Server) continueChange() {
	c := s.configuration()
	if c.index > s.commitIndex || len(s.learners()) > 0 {
		return
	}
	if c.Joint() {
		s.appendConfiguration(&Configuration{Voters: c.Voters}, c.change)
		return
	}
	if s.change != nil {
		s.env.Note(MarkMembershipChanged)
		s.env.Send(s.change.admin, rsm.AdminReply{ID: s.change.request.ID, Status: rsm.OK, Leader: s.env.ID()})
		s.change = nil
	}
	if !s.votes.any() {
		s.leader = 0
		s.stepDown(s.term)
	}
}

// abandonChange is called by a leader that resigns. If the change is in the log,
// it may still come to be.
func (s *Server) abandonChange() {
	if s.change == nil {
		return
	}
	s.env.Send(s.change.admin, rsm.AdminReply{ID: s.change.request.ID, Status: rsm.NotLeader, Leader: s.leader})
	s.change = nil
	s.updatePeers()
}
