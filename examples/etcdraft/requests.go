package etcdraft

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// receiveRequest takes a client's request. Only the leader orders requests; other
// servers say where it is, if they know.
func (s *Server) receiveRequest(from node.ID, r rsm.Request) {
	switch {
	case !s.leads:
		s.executor.Redirect(from, r, s.leader)
	case r.ReadOnly && s.config.ReadIndex:
		s.receiveRead(from, r)
	case s.executor.Admit(from, r):
		s.batch = append(s.batch, encodeRequest(s.executor.Stamp(r, s.term)))
	}
}

// propose hands the requests of this instant to raft, which sends a message to each
// follower for every proposal, however many entries it has.
func (s *Server) propose() {
	together := 1
	if s.config.Batching {
		together = max(together, len(s.batch))
	}
	for some := range slices.Chunk(s.batch, together) {
		if err := step(s.raft, proposal(some)); err != nil {
			// It leads no longer, or is handing over: none of those who wait can be sure.
			s.executor.Abandon(0)
		}
	}
	clear(s.batch)
	s.batch = s.batch[:0]
}
