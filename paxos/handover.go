package paxos

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Leadership changes hands in good order: the leader tells another server to prepare
// a higher ballot at once, and acceptors do not stand by the old leader because it
// has agreed. Whoever takes over needs nothing in advance; phase 1 brings it what it
// lacks. Meanwhile the old leader goes on. If the other never takes over, nothing
// has happened but that the old leader does without leases for the rest of its
// ballot: the other may still be about to.

// transfer is a hand-over that an administrator waits for.
type transfer struct {
	from node.ID // the administrator
	to   node.ID
}

// receiveTransferLeadership hands over at an administrator's request.
func (s *Server) receiveTransferLeadership(from node.ID, m rsm.TransferLeadership) {
	reply := rsm.AdminReply{Status: rsm.OK}
	switch {
	case s.role != leading:
		reply.Status, reply.Leader = rsm.NotLeader, s.expected
	case m.To == 0 && s.fittest() == 0:
		reply.Status, reply.Reason = rsm.Refused, "there is nobody else"
	case m.To != 0 && !slices.Contains(s.memberships[len(s.memberships)-1].Servers, m.To):
		reply.Status, reply.Reason = rsm.Refused, "it is no member"
	case m.To == s.env.ID():
	default:
		if m.To == 0 {
			m.To = s.fittest()
		}
		s.transfer = transfer{from: from, to: m.To}
		s.offer(m.To)
		return // the answer comes when it is done
	}
	s.env.Send(from, reply)
}

// fittest returns the other member that has answered last, or zero.
func (s *Server) fittest() (fittest node.ID) {
	var newest uint64
	for _, id := range s.memberships[len(s.memberships)-1].Servers {
		i := s.roster.position(id)
		if i != self && (fittest == 0 || s.pulse.answered[i] > newest) {
			fittest, newest = id, s.pulse.answered[i]
		}
	}
	return fittest
}

// offer tells a server to take over.
func (s *Server) offer(to node.ID) {
	s.pulse.leased, s.pulse.offered = false, true
	s.env.Send(to, HandOver{Ballot: s.ballot})
}

// receiveHandOver takes over from the leader of the promised ballot.
func (s *Server) receiveHandOver(m HandOver) {
	if m.Ballot != s.promised || s.role != follower {
		return // that leader is not the leader any more
	}
	s.handedOver = m.Ballot
	s.prepare()
}

// endTransfer tells the administrator what came of the hand-over.
func (s *Server) endTransfer(leader node.ID) {
	if s.transfer.from == 0 {
		return
	}
	reply := rsm.AdminReply{Status: rsm.OK}
	if leader != s.transfer.to {
		reply = rsm.AdminReply{Status: rsm.NotLeader, Leader: leader}
	}
	s.env.Send(s.transfer.from, reply)
}
