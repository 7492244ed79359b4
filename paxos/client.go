package paxos

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// receiveRequest takes a client's request if this server leads or is about to,
// and tells the client where to go if another does, or to go elsewhere if nobody answers
// this one. If nobody has ever led, this server prepares because of the request; it is
// proposed when phase 1 is over.
func (s *Server) receiveRequest(from node.ID, r rsm.Request) {
	if s.role == follower && s.expected == 0 && s.promised == 0 {
		s.prepare()
	}
	if s.role == follower || s.inVain() {
		s.executor.Redirect(from, r, s.expected)
		return
	}
	if s.executor.TooLong(from, r, s.config.MaxCommandBytes) {
		return
	}
	if r.ReadOnly && s.role == leading && s.config.Reads != ReadLog {
		s.receiveRead(from, r)
		return
	}
	if s.executor.Admit(from, r) {
		s.enqueue(r)
	}
}

// enqueue has a request proposed as soon as that can be.
func (s *Server) enqueue(r rsm.Request) {
	if len(s.waiting) == cap(s.waiting) {
		s.waiting = slices.Grow(s.waiting, waitingRoom)
	}
	// The array is shared with the Accepts sent before, but only the part after
	// theirs is written to.
	s.waiting = append(s.waiting, r)
	switch {
	case s.role != leading:
	case s.config.Batching:
		s.scheduleFlush()
	default:
		s.flush()
	}
}

// waitingRoom is for how many requests an array is allocated at a time.
const waitingRoom = batchRequests

// scheduleFlush has what waits proposed after all that is in the inbox now: so
// requests that came together go together, in one message and one write.
func (s *Server) scheduleFlush() {
	if !s.flushing {
		s.flushing = true
		s.env.SetTimer(FlushTimer, 0)
	}
}
