package raft

import (
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Reads without the log. The state of a leader is new enough for a read if, at
// some moment after the read came, it was still the leader, and if it knew then
// all that was committed.
//
// The second is so once an entry of its own term is committed (§5.4.2). For the
// first there are two ways. ReadIndex asks: every AppendEntries carries the
// number of a round, and once a majority has answered a round that began after
// the read came, no other leader had been elected by then (dissertation §6.4).
// ReadLease reckons: whoever answered a round heard from the leader after the
// round began, and sticks to it for the shortest election timeout (see
// checkquorum.go), so that for this long, measured on the slowest clock that there may
// be, nobody else can be elected (dissertation §6.4.1).
//
// What is committed is applied in the same breath here, so that a read need not
// wait for that.
type reads struct {
	round   uint64       // the newest that began; rounds are never numbered anew
	acked   uint64       // the newest that a majority has answered
	begun   []roundStart // those that it has not, oldest first
	waiting []waitingRead

	leaseFrom, leaseUntil time.Duration // on the leader's clock
	noLease               bool          // another server was told to stand: see transfer.go
}

// roundStart is when a round began, on the leader's clock.
type roundStart struct {
	round uint64
	at    time.Duration
}

// waitingRead is a read and the round that has to be answered first; zero if that
// has not begun.
type waitingRead struct {
	round   uint64
	from    node.ID
	request rsm.Request
}

// receiveRead answers a read-only request at the leader, now or later.
func (s *Server) receiveRead(from node.ID, r rsm.Request) {
	if s.config.Reads == ReadLease && s.committedOwnEntry() {
		if s.leaseValid() {
			s.executor.Read(from, r)
			return
		}
		s.env.Note(MarkLeaseExpired)
	}
	s.reads.waiting = append(s.reads.waiting, waitingRead{from: from, request: r})
	s.startReads()
}

// leaseValid reports whether no other leader can have been elected.
func (s *Server) leaseValid() bool {
	now := s.env.Now()
	return !s.reads.noLease && now >= s.reads.leaseFrom && now < s.reads.leaseUntil
}

// startReads lets the reads that came at the same instant begin a round together.
func (s *Server) startReads() {
	if len(s.reads.waiting) > 0 && s.committedOwnEntry() {
		s.env.SetTimer(FlushTimer, 0)
	}
}

// beginReads begins a round for the reads that wait for one, or for the lease, and
// reports whether it has to reach the peers at once.
func (s *Server) beginReads() bool {
	if !s.committedOwnEntry() {
		return false
	}
	last := len(s.reads.waiting) - 1 // those without a round are at the end
	if last < 0 || s.reads.waiting[last].round != 0 {
		if s.config.Reads == ReadLease {
			s.beginRound() // entries that are about to leave carry it
		}
		return false
	}
	s.beginRound()
	for ; last >= 0 && s.reads.waiting[last].round == 0; last-- {
		s.reads.waiting[last].round = s.reads.round
	}
	return true
}

// beginRound begins a round: what is sent from now on belongs to it.
func (s *Server) beginRound() {
	s.reads.round++
	if s.config.Reads == ReadLease {
		s.reads.begun = append(s.reads.begun, roundStart{s.reads.round, s.env.Now()})
	}
}

// confirmReads answers the reads whose round a majority has answered, and extends
// the lease.
func (s *Server) confirmReads() {
	if s.reads.acked == s.reads.round {
		return // nobody waits for a round
	}
	acked := s.reached(s.reads.round, func(p *peer) uint64 { return p.round })
	if acked <= s.reads.acked {
		return
	}
	s.reads.acked = acked
	s.extendLease()
	answered := 0
	for _, r := range s.reads.waiting {
		if r.round == 0 || r.round > acked {
			break
		}
		s.executor.Read(r.from, r.request)
		answered++
	}
	rest := copy(s.reads.waiting, s.reads.waiting[answered:])
	clear(s.reads.waiting[rest:])
	s.reads.waiting = s.reads.waiting[:rest]
}

// extendLease counts the lease from when the newest round began that a majority
// has answered.
func (s *Server) extendLease() {
	done := 0
	for done < len(s.reads.begun) && s.reads.begun[done].round <= s.reads.acked {
		s.reads.leaseFrom = s.reads.begun[done].at
		done++
	}
	if done > 0 {
		lease := float64(s.config.ElectionTimeoutMin) / s.config.ClockDriftBound
		s.reads.leaseUntil = s.reads.leaseFrom + time.Duration(lease)
		s.reads.begun = append(s.reads.begun[:0], s.reads.begun[done:]...)
	}
}

// abandonReads tells those who wait to ask elsewhere.
func (s *Server) abandonReads() {
	for _, r := range s.reads.waiting {
		s.executor.Redirect(r.from, r.request, s.leader)
	}
	s.reads.waiting = nil
}
