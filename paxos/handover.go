package paxos

import (
	"cmp"
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Leadership changes hands in good order: the leader tells another server to prepare
// a higher ballot at once, and acceptors do not stand by the old leader because it
// has agreed. Whoever takes over needs nothing in advance; phase 1 brings it what it
// lacks. Meanwhile the old leader goes on. If the other has not taken over after a
// leader timeout, whoever asked for it is told so, and nothing has happened but that
// the old leader does without leases for the rest of its ballot: the other may still be
// about to.

// transfer is a hand-over that administrators wait for. The zero value is none.
type transfer struct {
	to   node.ID
	from []node.ID // the administrators
}

// receiveTransferLeadership hands over at an administrator's request.
func (s *Server) receiveTransferLeadership(from node.ID, m rsm.TransferLeadership) {
	if s.role != leading {
		s.env.Send(from, rsm.AdminReply{Status: rsm.NotLeader, Leader: s.expected})
		return
	}
	to, t := m.To, &s.transfer
	if to == 0 {
		to = cmp.Or(t.to, s.fittest())
	}
	reply := rsm.AdminReply{Status: rsm.Refused, Leader: s.env.ID()}
	switch {
	case to == 0:
		reply.Reason = "there is nobody else"
	case !slices.Contains(s.memberships[len(s.memberships)-1].Servers, to):
		reply.Reason = "it is no member"
	case to == s.env.ID():
		reply.Status = rsm.OK
	case t.to != 0 && t.to != to:
		reply.Reason = "another hand-over is under way"
	default:
		if t.to == 0 {
			t.to = to
			s.env.SetTimer(TransferTimer, s.config.LeaderTimeoutMax)
		}
		if !slices.Contains(t.from, from) {
			t.from = append(t.from, from)
		}
		s.offer(to) // again, if it was asked for again: the first may be lost
		return      // the answer comes when it is done, or was not for too long
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

// finishTransfer is called when the leader retires, which is what was asked for if it
// is for the sake of the other server.
func (s *Server) finishTransfer(leader node.ID) {
	if leader == s.transfer.to {
		s.endTransfer(rsm.AdminReply{Status: rsm.OK, Leader: leader})
	} else {
		s.endTransfer(rsm.AdminReply{Status: rsm.NotLeader, Leader: leader})
	}
	s.env.StopTimer(TransferTimer)
}

// abortTransfer gives up a hand-over that takes too long.
func (s *Server) abortTransfer() {
	s.endTransfer(rsm.AdminReply{
		Status: rsm.Refused, Leader: s.env.ID(), Reason: "the other server did not take over within a leader timeout",
	})
}

func (s *Server) endTransfer(reply rsm.AdminReply) {
	for _, administrator := range s.transfer.from {
		s.env.Send(administrator, reply)
	}
	s.transfer = transfer{}
}
