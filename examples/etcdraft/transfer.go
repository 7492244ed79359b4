package etcdraft

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// transfer is a hand-over of the leadership that is under way.
type transfer struct{ admin node.ID } // who asked for it; zero if none is

func (s *Server) receiveTransfer(from node.ID, m rsm.TransferLeadership) {
	target := m.To
	if target == 0 { // whoever: the next in the row
		i := slices.Index(s.config.Servers, s.env.ID())
		target = s.config.Servers[(i+1)%len(s.config.Servers)]
	}
	reply := rsm.AdminReply{Leader: s.env.ID()}
	switch {
	case !s.leads:
		reply.Status, reply.Leader = rsm.NotLeader, s.leader
	case target == s.env.ID():
		reply.Status = rsm.OK
	case !slices.Contains(s.config.Servers, target):
		reply.Status, reply.Reason = rsm.Refused, "there is no server of that name"
	case s.transfer.admin != 0:
		reply.Status, reply.Reason = rsm.Refused, "another hand-over is under way"
	default:
		s.transfer.admin = from
		s.raft.TransferLeader(uint64(target))
		return
	}
	s.env.Send(from, reply)
}

// checkTransfer tells the administrator if raft has given up.
func (s *Server) checkTransfer() {
	if s.transfer.admin != 0 && s.leads && s.raft.BasicStatus().LeadTransferee == 0 {
		s.env.Send(s.transfer.admin, rsm.AdminReply{
			Status: rsm.Refused, Leader: s.env.ID(), Reason: "the other server did not take over in time",
		})
		s.transfer = transfer{}
	}
}

// finishTransfer is called by a leader that leads no longer, which is what was asked for.
func (s *Server) finishTransfer() {
	if s.transfer.admin != 0 {
		s.env.Send(s.transfer.admin, rsm.AdminReply{Status: rsm.OK, Leader: s.leader})
		s.transfer = transfer{}
	}
}
