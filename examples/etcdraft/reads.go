package etcdraft

import (
	"encoding/binary"

	"go.etcd.io/raft/v3"

	"quorumlab/node"
	"quorumlab/rsm"
)

// reads are the reads that wait for an answer without the log. Those that came at
// the same instant make one question to raft: up to where must be applied what is
// read, and does this server still lead?
type reads struct {
	asked   bool   // the newest reads are not yet part of a question
	round   uint64 // the number of the newest question
	waiting []waitingRead
}

type waitingRead struct {
	round   uint64
	index   uint64 // up to where must be applied; zero until raft has answered
	from    node.ID
	request rsm.Request
}

func (s *Server) receiveRead(from node.ID, r rsm.Request) {
	s.reads.waiting = append(s.reads.waiting, waitingRead{round: s.reads.round + 1, from: from, request: r})
	s.reads.asked = true
}

// askReads puts the question of the newest reads.
func (s *Server) askReads() {
	if s.reads.asked {
		s.reads.asked = false
		s.reads.round++
		s.raft.ReadIndex(binary.BigEndian.AppendUint64(nil, s.reads.round))
	}
}

// confirmReads takes raft's answers.
func (s *Server) confirmReads(states []raft.ReadState) {
	for _, state := range states {
		round := binary.BigEndian.Uint64(state.RequestCtx)
		for i := range s.reads.waiting {
			if s.reads.waiting[i].round == round {
				s.reads.waiting[i].index = state.Index
			}
		}
	}
	if len(states) > 0 {
		s.answerReads()
	}
}

// answerReads answers the reads whose index has been applied.
func (s *Server) answerReads() {
	rest := s.reads.waiting[:0]
	for _, r := range s.reads.waiting {
		if r.index > 0 && r.index <= s.applied {
			s.executor.Read(r.from, r.request)
		} else {
			rest = append(rest, r)
		}
	}
	clear(s.reads.waiting[len(rest):])
	s.reads.waiting = rest
}

// abandonReads tells those who wait to ask elsewhere.
func (s *Server) abandonReads() {
	for _, r := range s.reads.waiting {
		s.executor.Redirect(r.from, r.request, s.leader)
	}
	s.reads.waiting, s.reads.asked = nil, false
}
