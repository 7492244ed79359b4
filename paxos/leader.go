package paxos

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// leader is the part of a server that conducts phase 2 of its ballot, slot after
// slot, without a phase 1 for each.
type leader struct {
	preparedTo Slot          // phase 1 is over for all slots up to here
	inherited  []Proposal    // what has to be proposed in the next slots; zero in holes
	fillTo     Slot          // up to here no-ops are proposed if there is nothing else
	waiting    []rsm.Request // what is to be proposed after that, oldest first
	flushing   bool          // FlushTimer is set
	open       []tally       // of the slots proposed and not known to be chosen: from chosen+1 on
	counted    Slot          // up to here the leader's own acceptances count
	overdue    Slot          // up to here proposals were made before the last heartbeat
	stopIn     Slot          // the slot of the last stop proposed
	reached    []Slot        // by position in the roster: up to where a server has answered
	withheld   bool          // somebody was not sent an Accept since the last heartbeat
	pulse      pulse

	inheritedTo Slot   // the last slot in which something was inherited
	reads       []read // which wait, oldest first
	transfer    transfer
	change      membershipChange
}

// tally counts the acceptances of one slot in the leader's ballot. Acceptances of
// other ballots do not add up with them: chosen is what a quorum has accepted in
// one ballot.
type tally struct {
	acceptedBy serverSet
	record     uint64 // the record of the log that holds the leader's own acceptance
}

// next returns the first slot that is not proposed yet.
func (s *Server) next() Slot { return s.chosen + Slot(len(s.open)) + 1 }

// lead begins phase 2: first the values that may have been chosen in earlier
// ballots, then those that clients wait for.
func (s *Server) lead(inherited []Proposal) {
	s.role = leading
	s.inherited, s.inheritedTo = inherited, s.chosen+Slot(len(inherited))
	s.counted = s.chosen
	s.fillTo = s.memberships[len(s.memberships)-1].From - 1
	s.updatePrepared()
	s.beginPulse()
	s.reached = slices.Repeat([]Slot{s.chosen}, len(s.roster)) // lest they be sent nothing
	s.env.Note(BecameLeader{Ballot: s.ballot})
	s.flush()
	if len(s.open) == 0 {
		s.sendHeartbeat(0) // nothing else would tell the others
	}
	s.env.SetTimer(HeartbeatTimer, s.config.HeartbeatInterval)
}

// flush proposes what there is to propose, as far as phase 1 and the window allow.
func (s *Server) flush() {
	s.flushing = false
	s.askQuorum()
	for {
		last := min(s.preparedTo, s.chosen+Slot(s.config.Window))
		if s.stopIn > s.chosen {
			last = s.stopIn
		}
		if s.next() > last || len(s.open) > 0 && !s.config.Pipelining {
			return
		}
		values := s.take(int(last + 1 - s.next()))
		if len(values) == 0 || !s.propose(values) {
			return
		}
	}
}

// take takes at most n values: of what is inherited, then of what waits, and then
// no-ops if there is something to fill up. None follows a stop.
func (s *Server) take(n int) (values []rsm.Request) {
	if len(s.inherited) == 0 && len(s.waiting) > 0 {
		n = s.untilStop(s.waiting[:min(n, len(s.waiting))])
		if !s.config.Batching {
			n = 1
		}
		values, s.waiting = s.waiting[:n:n], s.waiting[n:]
		for i := range values {
			values[i] = s.executor.Stamp(values[i], s.reign(s.next()+Slot(i)))
		}
		return values
	}
	if len(s.inherited) == 0 {
		return make([]rsm.Request, max(0, min(n, int(s.fillTo)+1-int(s.next()))))
	}
	n = min(n, len(s.inherited))
	for _, p := range s.inherited[:n] {
		if p.Slot == 0 {
			s.env.Note(HoleFilled)
		}
		values = append(values, p.Request)
	}
	s.inherited = s.inherited[n:]
	return values[:s.untilStop(values)] // a stop is the last that is inherited
}

// reign numbers the leader for what is stamped in a slot: by the membership that governs it,
// and then by the ballot. A ballot alone does not do: that of a new membership's leader may be
// lower than those of leaders before, of which its acceptors need not have heard.
func (s *Server) reign(slot Slot) uint64 {
	return uint64(s.governing(slot).From)<<32 + uint64(s.ballot)
}

// propose is phase 2a for the next slots, as few messages as will do. The leader
// accepts its own proposals like any acceptor. The others are asked at once, while
// its disk is still writing: an Accept promises nothing on the leader's behalf.
func (s *Server) propose(values []rsm.Request) bool {
	for len(values) > 0 {
		n := batch(values)
		first, requests := s.next(), values[:n:n]
		if !s.accept(s.ballot, first, requests) {
			return false
		}
		for range requests {
			s.open = append(s.open, tally{record: s.log.Appended()})
		}
		s.sendAccept(Accept{
			Ballot: s.ballot, First: first, Requests: requests, Chosen: s.chosen, Since: s.since(), Round: s.roundIfDue(),
		})
		values = values[n:]
	}
	return true
}

// sendAccept sends proposals to all who have answered for what went before.
func (s *Server) sendAccept(m Accept) {
	var message node.Message = m
	for _, peer := range s.peers {
		switch reached := s.reached[s.roster.position(peer)]; {
		case m.First > reached+Slot(s.config.MaxInFlightSlots):
			s.withheld = true // it is too far behind
		case s.config.ParallelWrite:
			s.env.Send(peer, message)
		default:
			s.log.Send(peer, message)
		}
	}
}

// receiveAccepted counts an acceptor's acceptances.
func (s *Server) receiveAccepted(from node.ID, m Accepted) {
	if s.role != leading || m.Ballot != s.ballot {
		return // of a ballot that is over
	}
	if i := s.roster.position(from); i >= 0 {
		s.reached[i] = max(s.reached[i], m.Last)
		if m.Round != 0 {
			s.receiveRound(i, m.Round)
		}
		s.count(i, m.First, m.Last)
	}
}

// countOwnAcceptances counts those of the leader's own acceptances that its disk
// holds.
func (s *Server) countOwnAcceptances() {
	last := max(s.counted, s.chosen)
	for last+1 < s.next() && s.open[last-s.chosen].record <= s.log.Durable() {
		last++
	}
	first := s.counted + 1
	s.counted = last
	s.count(self, first, last)
}

// count adds a server's acceptances to the tallies of those slots that are open,
// and moves on over those that are now chosen.
func (s *Server) count(position int, first, last Slot) {
	for slot := max(first, s.chosen+1); slot <= min(last, s.next()-1); slot++ {
		t := &s.open[slot-s.chosen-1]
		t.acceptedBy = t.acceptedBy.with(position)
	}
	n := 0
	for n < len(s.open) && s.isChosen(s.chosen+1+Slot(n), s.open[n].acceptedBy) {
		n++
	}
	if n == 0 {
		return
	}
	s.open = slices.Delete(s.open, 0, n)
	s.chosen += Slot(n)
	s.apply()
	s.answerReads()
	if s.config.EagerCommit {
		s.broadcast(Decision{Ballot: s.ballot, Chosen: s.chosen})
	}
	if len(s.waiting) > 0 || len(s.inherited) > 0 || s.next() <= s.fillTo {
		s.scheduleFlush()
	}
}

// isChosen reports whether a quorum of the acceptors of a slot is among those who
// have accepted.
func (s *Server) isChosen(slot Slot, acceptedBy serverSet) bool {
	m := s.governing(slot)
	return (acceptedBy & m.members).size() >= s.config.phase2Quorum(len(m.Servers))
}

// receiveMissing proposes again, to one acceptor, what it never got. What was
// chosen meanwhile it will learn of by the next heartbeat.
func (s *Server) receiveMissing(from node.ID, m Missing) {
	if s.role != leading || m.Ballot != s.ballot {
		return
	}
	last := min(m.Last, s.next()-1)
	for first := max(m.First, s.chosen+1); first <= last; {
		requests := s.slots.requests(first, last)
		s.env.Send(from, Accept{
			Ballot: s.ballot, First: first, Requests: requests, Chosen: s.chosen, Since: s.since(),
		})
		first += Slot(len(requests))
	}
}
