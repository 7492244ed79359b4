package paxos

import (
	"quorumlab/node"
	"quorumlab/rsm"
)

// acceptor is the part of a server that votes. All of it is on the disk, and no
// answer leaves before the disk holds what it says: an acceptor must remember
// "even if it fails and then restarts" (Paxos Made Simple §2.2).
type acceptor struct {
	promised Ballot // nothing is accepted below
	ceiling  Slot   // nothing was ever accepted above: for repair, see there
	slots    slots  // what was accepted last, slot by slot
}

// receivePrepare is phase 1b (Paxos Made Simple §2.2): "If an acceptor receives a
// prepare request with number n greater than that of any prepare request to
// which it has already responded, then it responds to the request with a promise
// not to accept any more proposals numbered less than n and with the
// highest-numbered proposal (if any) that it has accepted", here for all slots.
// A repeated Prepare is answered again, for the first answer may be lost.
func (s *Server) receivePrepare(from node.ID, m Prepare) {
	if s.damaged {
		return // it may have forgotten what it would have to report
	}
	agreed := m.HandedOver != 0 && m.HandedOver >= s.promised // says the leader itself, and none that it has replaced
	if !agreed && s.keepsLeader(from) || s.role == preparing && m.Ballot < s.ballot {
		s.refuse(from, m.Ballot)
		if m.First <= s.chosen { // the proposer may have missed that it is no member any more
			s.env.Send(from, Known{Chosen: s.chosen})
		}
		return
	}
	isNew := m.Ballot > s.promised
	if !s.join(from, m.Ballot) {
		return
	}
	if isNew { // a proposer that only repeats itself may be unable to hear anybody
		s.expect(from)
	}
	if m.First <= s.chosen {
		s.handOver(from, m.First) // so that the proposer can count the promise
	}
	s.log.Send(from, s.ownReport(m.Ballot))
}

// ownReport is what the acceptor tells with a promise.
func (s *Server) ownReport(b Ballot) Promise {
	return Promise{Ballot: b, Chosen: s.chosen, Accepted: s.slots.after(s.chosen), Since: s.since()}
}

// receiveAccept is phase 2b: an acceptor "accepts the proposal unless it has
// already responded to a prepare request having a number greater than n" (Paxos
// Made Simple §2.2).
func (s *Server) receiveAccept(from node.ID, m Accept) {
	if !s.join(from, m.Ballot) {
		return
	}
	s.hear(from)
	if m.Round != 0 {
		s.askFill(from)
	}
	if s.since() != m.Since {
		s.hearChosen(from, m.Chosen)
		switch {
		case s.since() < m.Since:
			return // the leader will find that the proposals are missing
		case s.since() > m.Since:
			s.env.Send(from, Known{Chosen: s.chosen}) // it may have missed the end of its configuration
			return
		}
	}
	last := m.First + Slot(len(m.Requests)) - 1
	// What is known to be chosen stays. The proposal may be an old leader's, and not
	// what was chosen, where this acceptor has learned that but not promised the ballot
	// in which it was. Whoever prepares is told that the slot is chosen, not what was
	// accepted there, so nothing need be written down.
	first := min(max(m.First, s.chosen+1), last+1)
	if !s.holds(m.Ballot, first, last) && !s.accept(m.Ballot, first, m.Requests[first-m.First:]) {
		return
	}
	s.log.Send(from, Accepted{Ballot: m.Ballot, First: m.First, Last: last, Round: m.Round})
	s.hearChosen(from, m.Chosen)
}

// join makes the server an acceptor of a ballot, unless it has promised a higher
// one. Any message of a ballot's phases counts as if its Prepare had come first,
// so accepting raises the promise too.
func (s *Server) join(from node.ID, b Ballot) bool {
	if b < s.promised {
		s.refuse(from, b)
		return false
	}
	if b == s.promised {
		return true
	}
	if !s.promise(b) {
		return false
	}
	s.heardLeader = false // of the new ballot
	s.giveUp(b, from)
	return true
}

// refuse tells a proposer which ballot stands in its way: the one promised, or
// that which this server prepares itself.
func (s *Server) refuse(proposer node.ID, b Ballot) {
	promised := s.promised
	if s.role == preparing {
		promised = s.ballot
	}
	s.env.Send(proposer, Nack{Ballot: b, Promised: promised})
}

// promise raises the promise and reports whether that could be written down.
func (s *Server) promise(b Ballot) bool {
	if !s.storePromise(b, s.ceiling) {
		return false
	}
	s.promised = b
	return true
}

// accept accepts values in consecutive slots and reports whether that could be
// written down.
func (s *Server) accept(b Ballot, first Slot, requests []rsm.Request) bool {
	if !s.raiseCeiling(first + Slot(len(requests)) - 1) {
		return false
	}
	if !s.write(appendAccepted(s.record[:0], b, s.since(), s.chosen, first, requests)) {
		return false
	}
	s.slots.setAll(b, first, requests)
	return true
}

// holds reports whether values of a ballot were accepted in all these slots, so
// that a repeated Accept need not be written again.
func (s *Server) holds(b Ballot, first, last Slot) bool {
	for slot := first; slot <= last; slot++ {
		if s.slots.at(slot).Ballot != b {
			return false
		}
	}
	return true
}

// report tells the leader what became of its overdue proposals: which of them
// this acceptor has, the Accepted for which may be lost, and which it lacks.
func (s *Server) report(leader node.ID, m Heartbeat) {
	for first := m.Chosen + 1; first <= m.Overdue; {
		has := s.holds(m.Ballot, first, first)
		last := first
		for last < m.Overdue && s.holds(m.Ballot, last+1, last+1) == has {
			last++
		}
		if has {
			s.log.Send(leader, Accepted{Ballot: m.Ballot, First: first, Last: last})
		} else {
			s.env.Send(leader, Missing{Ballot: m.Ballot, First: first, Last: last})
		}
		first = last + 1
	}
}
