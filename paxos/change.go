package paxos

import (
	"errors"
	"fmt"

	"quorumlab/node"
	"quorumlab/rsm"
)

// membershipChange is a change that an administrator waits for.
type membershipChange struct {
	from node.ID // the administrator; zero if none waits
	id   uint64
	learning
}

// receiveChangeMembership has a new membership proposed, one at a time.
func (s *Server) receiveChangeMembership(from node.ID, m rsm.ChangeMembership) {
	if s.role != leading {
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.NotLeader, Leader: s.expected})
		return
	}
	if m.ID != 0 && s.memberships[0].ID == m.ID {
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.OK})
		return
	}
	underWay, any := s.changeUnderWay()
	if any && underWay == m.ID {
		s.change = membershipChange{from: from, id: m.ID}
		return
	}
	if m.ID != 0 && s.change.proposal != nil && s.change.id == m.ID {
		s.change.from = from
		return
	}
	if err := s.validateChange(m, any); err != nil {
		s.env.Send(from, rsm.AdminReply{ID: m.ID, Status: rsm.Refused, Reason: err.Error()})
		return
	}
	s.change = membershipChange{from: from, id: m.ID}
	s.learn(m)
}

// validateChange says why a change of the membership is refused, if it is.
func (s *Server) validateChange(m rsm.ChangeMembership, underWay bool) error {
	switch {
	case s.change.proposal != nil:
		return errors.New("paxos: new servers are still learning for another change")
	case m.ID == 0:
		return errors.New("paxos: ID is 0: a change has to have a number")
	case m.ID < s.memberships[0].ID: // an old copy, which would undo what was asked for since
		return fmt.Errorf("paxos: a later change, number %d, was made already", s.memberships[0].ID)
	case underWay:
		return errors.New("paxos: another change is under way")
	}
	if err := s.config.validateServers(m.Servers); err != nil {
		return err
	}
	known := len(s.roster)
	for _, id := range m.Servers {
		if s.roster.position(id) < 0 {
			known++
		}
	}
	if known > maximumServers+1 {
		return errors.New("paxos: too many servers have come and gone in this ballot: transfer leadership first")
	}
	return nil
}

// changeUnderWay looks for a change that is not in force: chosen, proposed, inherited
// or waiting.
func (s *Server) changeUnderWay() (id uint64, found bool) {
	if n := len(s.memberships); n > 1 {
		return s.memberships[n-1].ID, true
	}
	look := func(r rsm.Request) {
		if _, ok := membershipOf(r); ok {
			id, found = r.Sequence, true
		}
	}
	for slot := s.chosen + 1; slot < s.next(); slot++ {
		look(s.slots.at(slot).Request)
	}
	for _, p := range s.inherited {
		look(p.Request)
	}
	for _, r := range s.waiting {
		look(r)
	}
	return id, found
}

// endChange answers the administrator.
func (s *Server) endChange(reply rsm.AdminReply) {
	if s.change.from != 0 {
		reply.ID = s.change.id
		s.env.Send(s.change.from, reply)
	}
	s.change = membershipChange{}
}
