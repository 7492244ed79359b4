package paxos

import "quorumlab/rsm"

// slotHistory is a judge's account of one slot.
type slotHistory struct {
	proposals []proposed // one per ballot in which somebody accepted a value

	// Whether a quorum has accepted a value in one ballot, which, and in which
	// ballot first.
	chosen bool
	value  uint64
	ballot Ballot
}

// proposed is the value of a ballot.
type proposed struct {
	ballot    Ballot
	request   rsm.Request
	value     uint64    // its digest
	durableAt serverSet // who has durably accepted it
	forgotBy  serverSet // and has lost it since to damage that it noticed, see lost
	since     Slot      // in which configuration it was accepted, if that matters
}

// at returns the account of a slot.
func (v *Invariants) at(slot Slot) *slotHistory {
	for slot > Slot(len(v.history)) {
		v.history = append(v.history, slotHistory{})
	}
	return &v.history[slot-1]
}

// compare holds an acceptor's proposal against the value of its ballot and the
// one that was chosen. One without a ballot was not accepted: it is looked at
// when the server takes it for chosen.
func (v *Invariants) compare(m *machine, p Proposal) error {
	if p.Ballot == 0 {
		return nil
	}
	h, value := v.at(p.Slot), digest(0, 0, p.Request)
	known := h.find(p.Ballot)
	switch {
	case known == nil:
		h.proposals = append(h.proposals,
			proposed{ballot: p.Ballot, request: p.Request, value: value, since: m.server.since()})
		known = &h.proposals[len(h.proposals)-1]
	case known.value != value:
		return violation(oneValue, m, "%v is accepted; another value was, in the same slot and ballot", p)
	}
	if h.chosen && p.Ballot > h.ballot && value != h.value && !v.void(p.Slot, known) {
		return violation(chosenStands, m, "%v is accepted; another value was chosen in ballot %v", p, h.ballot)
	}
	return nil
}

// accepted notes that an acceptance has become durable. With it a value may have
// been chosen, by definition.
func (v *Invariants) accepted(m *machine, slot Slot, ballot Ballot) error {
	h := v.at(slot)
	p := h.find(ballot)
	p.durableAt, p.forgotBy = p.durableAt.with(m.position), p.forgotBy.without(m.position)
	config, e := &m.server.config, v.governing(m, slot)
	if v.void(slot, p) || (p.durableAt&e.members).size() < quorum(config.Phase2Quorum, len(e.Servers)) {
		return nil
	}
	if h.chosen && p.value != h.value {
		return violation(chosenStands, m, "slot %d: different values are chosen in %v and %v", slot, h.ballot, ballot)
	}
	if h.chosen && ballot >= h.ballot {
		return nil
	}
	h.chosen, h.value, h.ballot = true, p.value, ballot
	for i := range h.proposals {
		if other := &h.proposals[i]; other.ballot > ballot && other.value != p.value && !v.void(slot, other) {
			return violation(chosenStands, m, "slot %d: a value is chosen in ballot %v, another is proposed in %v",
				slot, ballot, other.ballot)
		}
	}
	return v.advance(m)
}

// void reports whether a proposal was made in a configuration that has stopped before
// its slot: whoever has accepted it, it counts for nothing.
func (v *Invariants) void(slot Slot, p *proposed) bool {
	if p.since == 0 || len(v.electorates) == 0 {
		return false
	}
	return p.since < v.electorates[v.electorateOf(slot)].From
}

// lost looks at what a server has forgotten that begins a new life. It may have lost
// what it had accepted if it knows that something is missing (repair.go).
//
// That is remembered, for the acceptance does not come back with the repair: where the
// server has learned what was chosen it is not needed, and elsewhere it stays away. To
// demand it from later lives would be wrong. It is no harm if nothing can be chosen any
// more on the strength of it, which is demanded when the server is repaired.
func (v *Invariants) lost(m *machine) error {
	for i := range v.history {
		slot := Slot(i + 1)
		if slot <= m.server.Chosen() {
			continue
		}
		held := m.server.At(slot).Ballot
		for j := range v.history[i].proposals {
			p := &v.history[i].proposals[j]
			switch {
			case !p.durableAt.has(m.position) || p.forgotBy.has(m.position) || held >= p.ballot || v.void(slot, p):
			case m.damaged:
				p.forgotBy = p.forgotBy.with(m.position)
			default:
				return violation(acceptanceStands, m, "slot %d was durably accepted in %v, after a restart there is %v",
					slot, p.ballot, m.server.At(slot))
			}
		}
	}
	return nil
}

// checkRepaired looks at a server that takes itself for repaired. What it has forgotten
// of slots of which it does not know what was chosen must not matter any more: too few
// have accepted the value, or may yet, because the others have promised a higher ballot.
// That stays so for ever, for promises never go down.
func (v *Invariants) checkRepaired(m *machine) error {
	was := m.damaged
	m.damaged = m.server.Damaged()
	if !was || m.damaged {
		return nil
	}
	for i := int(m.server.Chosen()); i < len(v.history); i++ {
		slot := Slot(i + 1)
		for j := range v.history[i].proposals {
			p := &v.history[i].proposals[j]
			if p.forgotBy.has(m.position) && !v.void(slot, p) && v.open(m, slot, p) {
				return violation(acceptanceStands, m, "it takes itself for repaired; what it has forgotten of slot %d may be chosen in %v",
					slot, p.ballot)
			}
		}
	}
	return nil
}

// open reports whether a value may have been chosen in a ballot, or may yet be.
func (v *Invariants) open(m *machine, slot Slot, p *proposed) bool {
	e := v.governing(m, slot)
	able := len(e.Servers)
	for i, other := range v.machines {
		if e.members.has(i) && !p.durableAt.has(i) && other.durablePromise > p.ballot {
			able--
		}
	}
	return able >= quorum(m.server.config.Phase2Quorum, len(e.Servers))
}

// find returns the proposal of a ballot, or nil. The newest is looked at first.
func (h *slotHistory) find(b Ballot) *proposed {
	for i := len(h.proposals) - 1; i >= 0; i-- {
		if h.proposals[i].ballot == b {
			return &h.proposals[i]
		}
	}
	return nil
}
