package etcdraft

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"quorumlab/node"
)

// handleReady does what raft wants done, until it wants nothing more.
func (s *Server) handleReady() {
	s.propose()
	s.askReads()
	for !s.installing() && s.raft.HasReady() {
		ready := s.raft.Ready()
		s.observe(ready)
		for i := range ready.Messages {
			s.dispatch(at(ready.Messages, i))
		}
		s.confirmReads(ready.ReadStates)
	}
}

// observe follows term and leader. One that leads no longer tells its clients.
func (s *Server) observe(ready raft.Ready) {
	led := s.leads
	if t := term(ready); t > s.term {
		s.term, s.leads = t, false
	}
	if soft := ready.SoftState; soft != nil {
		s.leader, s.leads = node.ID(soft.Lead), soft.RaftState == raft.StateLeader
	}
	if led && !s.leads {
		s.executor.Abandon(s.leader)
		s.abandonReads()
		s.finishTransfer()
		clear(s.sending)
	}
}

// dispatch does what a message says that is for the server's own disk or state, and
// sends any other.
func (s *Server) dispatch(m *pb.Message) {
	switch to(m) {
	case raft.LocalAppendThread:
		s.store(m)
	case raft.LocalApplyThread:
		s.apply(m)
	default:
		if kind(m) == pb.MsgSnap {
			s.sending[to(m)] = 2 * s.config.ElectionTicks
		}
		s.env.Send(node.ID(to(m)), Message{m})
	}
}

// store puts on the disk what must be there before the responses may leave.
func (s *Server) store(m *pb.Message) {
	if snap, ok := readSnapshot(m); ok {
		s.install(snap, m)
		return
	}
	s.journal.save(readHard(m), m.Entries)
	if len(m.Entries) > 0 {
		s.exitOn(s.storage.Append(m.Entries))
	}
	s.respond(m)
}

// respond makes the promises that come with a message to the disk.
func (s *Server) respond(m *pb.Message) {
	for i := range m.Responses {
		s.journal.promise(at(m.Responses, i))
	}
}

// apply carries out what is committed. It needs no disk: what was applied is in the
// log or in a snapshot, and will be applied again after a restart.
func (s *Server) apply(m *pb.Message) {
	for i := range m.Entries {
		e := readEntry(m.Entries[i])
		s.executor.Apply(decodeRequest(e.data))
		s.applied = e.index
	}
	for i := range m.Responses {
		_ = step(s.raft, at(m.Responses, i))
	}
	s.answerReads()
	s.considerSnapshot()
}

func (s *Server) exitOn(err error) {
	if err != nil {
		s.env.Exit(err)
	}
}
