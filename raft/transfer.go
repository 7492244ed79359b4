package raft

import (
	"cmp"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Leadership transfer (dissertation §3.10): the leader stops taking requests,
// waits until the other server has all entries, and tells it to stand for
// election at once. The other most likely wins, as its term is higher and nobody
// else's timer has expired. If it has not after an election timeout, the leader
// goes on as before.

// transfer is a hand-over under way. The zero value is none.
type transfer struct {
	to    node.ID
	admin node.ID // who asked for it
	told  bool    // to has been told to stand
	taken bool    // and does
}

func (t transfer) underWay() bool { return t.to != 0 }

func (s *Server) receiveTransferLeadership(from node.ID, m rsm.TransferLeadership) {
	to := cmp.Or(m.To, s.transfer.to, s.fittest())
	p := s.peer(to)
	switch {
	case s.role != Leader:
		s.env.Send(from, rsm.AdminReply{Status: rsm.NotLeader, Leader: s.leader})
	case to == s.env.ID():
		s.env.Send(from, rsm.AdminReply{Status: rsm.OK, Leader: to})
	case p == nil || !p.votes.any():
		s.env.Send(from, rsm.AdminReply{Status: rsm.Refused, Leader: s.env.ID(), Reason: "there is no other voter of that name"})
	case s.transfer.underWay() && s.transfer.to != to:
		s.env.Send(from, rsm.AdminReply{Status: rsm.Refused, Leader: s.env.ID(), Reason: "another hand-over is under way"})
	case s.transfer.underWay():
		// It is asked for again. The time that it may take runs on, since requests wait for
		// it; but the other server may not have heard that it is to stand.
		s.transfer.admin = from
		if s.transfer.told {
			s.env.Send(to, TimeoutNow{Term: s.term})
		}
	default:
		s.transfer.to, s.transfer.admin = to, from
		s.env.SetTimer(TransferTimer, s.config.ElectionTimeoutMax)
		s.checkTransfer()
	}
}

// fittest returns the voter that lacks the least, or zero if there is no other.
func (s *Server) fittest() node.ID {
	best := peer{}
	for _, p := range s.peers {
		if p.votes.any() && (best.id == 0 || p.match > best.match) {
			best = p
		}
	}
	return best.id
}

// checkTransfer tells the other server to stand once it has all entries.
func (s *Server) checkTransfer() {
	p := s.peer(s.transfer.to)
	if p == nil || s.transfer.told || p.match < s.log.lastIndex() {
		return
	}
	s.transfer.told = true
	// It may win at any time from now on, however late the message arrives.
	s.reads.noLease = true
	s.env.Note(MarkTransfer)
	s.env.Send(p.id, TimeoutNow{Term: s.term})
}

// abortTransfer takes requests again.
func (s *Server) abortTransfer() {
	if s.role != Leader || !s.transfer.underWay() {
		return
	}
	s.env.Send(s.transfer.admin, rsm.AdminReply{
		Status: rsm.Refused, Leader: s.env.ID(), Reason: "the other server did not take over within an election timeout",
	})
	s.transfer = transfer{}
	s.env.SetTimer(FlushTimer, 0)
}

// finishTransfer is called when the leader resigns, which is what was asked for if it
// is for the sake of the other server.
func (s *Server) finishTransfer() {
	if !s.transfer.underWay() {
		return
	}
	reply := rsm.AdminReply{Status: rsm.NotLeader, Leader: s.leader}
	if s.transfer.taken || s.leader == s.transfer.to {
		reply.Status = rsm.OK
	}
	s.env.StopTimer(TransferTimer)
	s.env.Send(s.transfer.admin, reply)
	s.transfer = transfer{}
}

func (s *Server) receiveTimeoutNow(_ node.ID, m TimeoutNow) {
	if m.Term != s.term || s.role == Leader || !s.mayStand() {
		return // of an earlier term: the leader who said so is no more
	}
	s.startElection(true)
}
