package paxos

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// learner is the part of a server that knows what was chosen and carries it out.
// A value is chosen once a quorum has accepted it in one ballot (Paxos Made
// Simple §2.2); the leader finds out and tells the others.
type learner struct {
	chosen     Slot    // the values of all slots up to here are known
	applied    Slot    // up to here they were handed to the state machine
	digest     uint64  // of all that was applied, in order
	saidChosen Slot    // all slots up to here are chosen, said a leader of the promised ballot or a lower one
	catchingUp bool    // another server was asked for chosen values,
	asked      node.ID // this one
}

// receiveDecision hears of chosen values without delay.
func (s *Server) receiveDecision(from node.ID, m Decision) {
	if !s.join(from, m.Ballot) {
		return
	}
	s.hear(from)
	s.hearChosen(from, m.Chosen)
}

// hearChosen takes notice of what the leader of the promised ballot says is
// chosen.
func (s *Server) hearChosen(leader node.ID, chosen Slot) {
	s.saidChosen = max(s.saidChosen, chosen)
	s.learnAccepted()
	if s.chosen < s.saidChosen {
		s.askCatchUp(leader)
	}
}

// learnAccepted learns that values accepted here are the chosen ones. That a slot
// is chosen does not say which value is: what is held there may be of an older
// ballot than the leader's who says so, and have lost. But what was accepted in
// that leader's ballot, or a higher one, is chosen, because from the ballot in
// which a value is chosen on all ballots have the same (P2b in Paxos Made Simple
// §2.2).
func (s *Server) learnAccepted() {
	for s.chosen < s.saidChosen && s.slots.at(s.chosen+1).Ballot == s.promised {
		s.chosen++
	}
	s.apply()
}

// apply carries out what is chosen, slot after slot. It never goes past a slot
// whose value is not known: the commands of all servers must have the same
// order.
func (s *Server) apply() {
	for s.applied < s.chosen {
		p := s.slots.at(s.applied + 1)
		s.applied++
		s.digest = digest(s.digest, p.Slot, p.Request)
		s.executor.Apply(p.Request)
		if p.Request.Client == 0 {
			s.learnMembership(p.Slot, p.Request)
		}
		since := s.since()
		s.forgetMemberships()
		if s.since() != since {
			s.voidStopped() // before a snapshot says that it was accepted in the new configuration
		}
		if every := Slot(s.config.SnapshotSlots); every > 0 && s.applied%every == 0 {
			s.takeSnapshot()
		}
	}
	s.checkRepaired()
}

// digest adds a request, applied in a slot, to the digest of those before it
// (FNV-1a, eight bytes at a time for the numbers).
func digest(d uint64, slot Slot, r rsm.Request) uint64 {
	const prime = 0x100000001b3
	d = (d ^ uint64(slot)) * prime
	d = (d ^ uint64(r.Client)) * prime
	d = (d ^ r.Sequence) * prime
	for _, b := range r.Command {
		d = (d ^ uint64(b)) * prime
	}
	return d ^ d>>32
}

// askCatchUp asks a server for the values that are missing here, or for the rest of
// its snapshot. One such request is under way at a time.
func (s *Server) askCatchUp(from node.ID) {
	if s.catchingUp {
		return
	}
	s.catchingUp, s.asked = true, from
	s.env.SetTimer(CatchUpTimer, s.config.LeaderTimeoutMin)
	if s.incoming.at > s.chosen {
		s.env.Send(from, SnapshotRequest{First: s.chosen + 1, At: s.incoming.at, Offset: len(s.incoming.data)})
		return
	}
	s.env.Send(from, CatchUpRequest{First: s.chosen + 1})
}

// catchUpTimeout takes a request to catch up for lost. The rest of a snapshot is asked for
// once more at once, since few may have that snapshot and show it seldom. Otherwise
// whoever shows next that this server is behind is asked.
func (s *Server) catchUpTimeout() {
	s.catchingUp = false
	if s.incoming.at > s.chosen && !s.incoming.again {
		s.incoming.again = true
		s.askCatchUp(s.asked)
	}
}

// receiveCatchUpRequest hands over chosen values. What was only accepted is never
// handed over this way: it may yet lose.
func (s *Server) receiveCatchUpRequest(from node.ID, m CatchUpRequest) {
	if m.First <= s.chosen {
		s.handOver(from, m.First)
	}
}

// handOver hands over the values chosen from a slot on, or a snapshot if they are not
// kept any more.
func (s *Server) handOver(to node.ID, first Slot) {
	if first <= s.slots.base {
		s.sendChunk(to, s.snapshotOf(s.snapshotAt), 0)
		return
	}
	s.log.Send(to, CatchUp{First: first, Requests: s.slots.requests(first, s.chosen), Chosen: s.chosen})
}

// receiveCatchUp takes over chosen values as they are.
func (s *Server) receiveCatchUp(from node.ID, m CatchUp) {
	next := s.chosen + 1
	if m.First > next || m.First+Slot(len(m.Requests)) <= next {
		return // it leaves a hole, or tells nothing new
	}
	requests := m.Requests[next-m.First:]
	if s.role == leading {
		if !s.stopped(requests) {
			return // a leader counts what is chosen in its ballot, and inherits the rest
		}
		s.retire(0)
	}
	if !s.write(appendLearned(s.record[:0], next, requests)) {
		return
	}
	s.env.Note(CaughtUp)
	s.slots.setAll(0, next, requests)
	s.chosen += Slot(len(requests))
	s.caughtUp(from, m.Chosen)
}

// caughtUp goes on with what else is known to be chosen.
func (s *Server) caughtUp(from node.ID, chosen Slot) {
	s.learnAccepted()
	s.catchingUp = false
	s.env.StopTimer(CatchUpTimer)
	if s.chosen < max(chosen, s.saidChosen) {
		s.askCatchUp(from)
	}
	if s.role == preparing {
		s.countPromises() // some may count only now
	}
}
