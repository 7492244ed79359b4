package paxos

import (
	"slices"

	"quorumlab/rsm"
)

// slots is what a server holds in each slot, from some slot on without gaps in
// the array, though there may be holes: slots in which it holds nothing.
//
// A proposal it holds was either accepted, in the ballot it names, or learned as
// chosen from another server, and then it names no ballot.
type slots struct {
	base      Slot // what was held up to here is in a snapshot
	proposals []Proposal

	// The slots written during the call of the handler that is under way, or was
	// last: so that a judge need not look at all of them after every event.
	touchedFirst, touchedLast Slot
}

// at returns what is held in a slot; the zero Proposal if nothing is.
func (s *slots) at(slot Slot) Proposal {
	if slot <= s.base || slot > s.last() {
		return Proposal{}
	}
	return s.proposals[slot-s.base-1]
}

// last returns the last slot in which something is held.
func (s *slots) last() Slot { return s.base + Slot(len(s.proposals)) }

// set puts a proposal into its slot, unless that is in a snapshot.
func (s *slots) set(p Proposal) {
	if p.Slot <= s.base {
		return
	}
	if room := p.Slot - s.base; room > Slot(cap(s.proposals)) {
		s.proposals = slices.Grow(s.proposals, max(int(room)-len(s.proposals), cap(s.proposals)))
	}
	if p.Slot > s.last() {
		s.proposals = s.proposals[:p.Slot-s.base]
	}
	s.proposals[p.Slot-s.base-1] = p
	s.touch(p.Slot)
}

// touch notes that a slot was written.
func (s *slots) touch(slot Slot) {
	if s.touchedFirst == 0 {
		s.touchedFirst, s.touchedLast = slot, slot
	}
	s.touchedFirst, s.touchedLast = min(s.touchedFirst, slot), max(s.touchedLast, slot)
}

// setAll puts requests into consecutive slots, all in one ballot.
func (s *slots) setAll(ballot Ballot, first Slot, requests []rsm.Request) {
	for i, r := range requests {
		s.set(Proposal{Slot: first + Slot(i), Ballot: ballot, Request: r})
	}
}

// discard lets go of all that is held up to a slot.
func (s *slots) discard(through Slot) {
	if through <= s.base {
		return
	}
	n := copy(s.proposals, s.proposals[min(through-s.base, Slot(len(s.proposals))):])
	clear(s.proposals[n:]) // they hold on to commands
	s.base, s.proposals = through, s.proposals[:n]
	if n < cap(s.proposals)/8 {
		s.proposals = slices.Clip(slices.Clone(s.proposals)) // the array was for more than is usual
	}
}

// forget makes a hole of a slot.
func (s *slots) forget(slot Slot) {
	if slot > s.base && slot <= s.last() {
		s.proposals[slot-s.base-1] = Proposal{}
		s.touch(slot)
	}
}

// beginCall forgets which slots the last call of the handler touched.
func (s *slots) beginCall() { s.touchedFirst, s.touchedLast = 0, 0 }

// after returns a copy of all that is held after a slot.
func (s *slots) after(slot Slot) []Proposal {
	var held []Proposal
	for slot = max(slot, s.base); slot < s.last(); slot++ {
		if p := s.at(slot + 1); p.Slot != 0 {
			held = append(held, p)
		}
	}
	return held
}

// Bounds of one message. A longer one would hold up heartbeats behind it on the
// link for long enough to look like a dead leader.
const (
	batchRequests = 512
	batchBytes    = 1 << 20
)

// batch returns how many of the requests fit into one message: at least one.
func batch(requests []rsm.Request) int {
	size := 0
	for i := range requests {
		size += rsm.RequestOverhead + len(requests[i].Command)
		if i > 0 && (i == batchRequests || size > batchBytes) {
			return i
		}
	}
	return len(requests)
}

// requests returns a copy of the requests held from one slot to another, cut to
// what fits into one message. None of the slots may be a hole.
func (s *slots) requests(first, last Slot) []rsm.Request {
	requests := make([]rsm.Request, 0, min(last+1-first, batchRequests))
	for slot := first; slot <= last && len(requests) < batchRequests; slot++ {
		requests = append(requests, s.at(slot).Request)
	}
	return requests[:batch(requests)]
}
