package paxos

import (
	"slices"

	"quorumlab/rsm"
)

// electorate is a membership in a judge's account.
type electorate struct {
	Membership
	members serverSet // by positions among the judge's machines
}

// governing returns who decides on a slot, as far as the values that are chosen
// say.
func (v *Invariants) governing(m *machine, slot Slot) *electorate {
	if len(v.electorates) == 0 {
		first := Membership{From: 1, Servers: m.server.config.Servers}
		v.electorates = []electorate{{first, v.positions(first)}}
	}
	return &v.electorates[v.electorateOf(slot)]
}

// electorateOf finds the electorate of a slot.
func (v *Invariants) electorateOf(slot Slot) int {
	i := len(v.electorates) - 1
	for i > 0 && v.electorates[i].From > slot {
		i--
	}
	return i
}

// positions returns which machines are in a membership.
func (v *Invariants) positions(of Membership) (set serverSet) {
	for i, m := range v.machines {
		if slices.Contains(of.Servers, m.id) {
			set = set.with(i)
		}
	}
	return set
}

// meet adds a machine to the account.
func (v *Invariants) meet(m *machine) {
	v.machines = append(v.machines, m)
	for i := range v.electorates {
		v.electorates[i].members = v.positions(v.electorates[i].Membership)
	}
}

// advance goes on over slots that are chosen without a gap.
func (v *Invariants) advance(m *machine) error {
	for v.prefix < Slot(len(v.history)) && v.history[v.prefix].chosen {
		h := &v.history[v.prefix]
		v.prefix++
		chosen := h.find(h.ballot)
		if servers, ok := membershipOf(chosen.request); ok {
			next := Membership{From: v.prefix + m.server.config.lead(), Servers: servers}
			v.electorates = append(v.electorates, electorate{next, v.positions(next)})
			if err := v.checkStopped(m); err != nil {
				return err
			}
		}
		v.total = digest(v.total, v.prefix, chosen.request)
		v.totals = append(v.totals, v.total)
	}
	for len(v.stops) > 0 && v.stops[0].Slot <= v.prefix {
		v.stops = v.stops[1:]
	}
	return nil
}

// totalAt returns the digest of all that was chosen up to a slot, if that is
// chosen.
func (v *Invariants) totalAt(slot Slot) (total uint64, ok bool) {
	switch {
	case slot == 0:
		return 0, true
	case slot > v.prefix:
		return 0, false
	}
	return v.totals[slot-1], true
}

// checkProposal looks at an acceptance of a proposal by the one who proposes it.
// Who decides on a slot is known once what was chosen a window before is, and no
// sooner may anybody propose there; and it takes their promises.
func (v *Invariants) checkProposal(m *machine, p Proposal) error {
	if p.Slot > v.prefix+Slot(m.server.config.Window) {
		return violation(beyondWindow, m, "slot %d is proposed, and chosen are those up to %d", p.Slot, v.prefix)
	}
	if err := v.checkStops(m, p); err != nil {
		return err
	}
	if known := v.at(p.Slot).find(p.Ballot); v.void(p.Slot, known) {
		// The proposer has missed that its configuration has stopped before this slot, as
		// it may: the others know, and accept nothing of it (stop.go). Neither will it be
		// chosen nor is it heeded by who proposes there, so that P2c does not concern it;
		// who decides on the slot has promised nothing to one who does not know them. It
		// takes the promises of those who decided before.
		return v.checkPrepared(m, &v.electorates[v.electorateOf(known.since)], p.Ballot, p.Slot)
	}
	if err := v.checkOpenStops(m, p); err != nil {
		return err
	}
	if err := v.checkAdopted(m, p); err != nil {
		return err
	}
	if len(v.electorates) < 2 {
		return nil // it was looked at when the leader began to lead
	}
	return v.checkPrepared(m, v.governing(m, p.Slot), p.Ballot, p.Slot)
}

// checkPrepared demands the durable promises of a quorum of those who decide on a
// slot.
func (v *Invariants) checkPrepared(m *machine, e *electorate, ballot Ballot, slot Slot) error {
	if n := v.promised(e, ballot).size(); n < quorum(m.server.config.Phase1Quorum, len(e.Servers)) {
		return violation(preparedByQuorum, m, "%v has, for slot %d, the durable promises of %d of %v",
			ballot, slot, n, e.Servers)
	}
	return nil
}

// promised returns who of an electorate has durably promised a ballot, or a higher one.
func (v *Invariants) promised(e *electorate, ballot Ballot) (set serverSet) {
	for i, other := range v.machines {
		if e.members.has(i) && other.durablePromise >= ballot {
			set = set.with(i)
		}
	}
	return set
}

// checkMeeting demands of a new leader that one of those who have promised its ballot
// can have told it of every value that was chosen, and that it does not know to be. In
// slots that others decide on it has yet to ask for promises.
func (v *Invariants) checkMeeting(m *machine, ballot Ballot) error {
	e := v.governing(m, m.server.Chosen()+1)
	promised := v.promised(e, ballot)
	for i := int(m.server.Chosen()); i < len(v.history); i++ {
		h, slot := &v.history[i], Slot(i+1)
		if v.governing(m, slot) != e {
			return nil
		}
		if h.chosen && h.find(h.ballot).durableAt&promised == 0 {
			return violation(quorumsMeet, m, "%v is led by promises of others than those who have chosen a value in slot %d, in %v",
				ballot, slot, h.ballot)
		}
	}
	return nil
}

// checkAdopted is P2c of Paxos Made Simple §2.2. Which quorum's promises a proposer has
// gone by cannot be seen, so there has to be one by which it can have come to the value.
func (v *Invariants) checkAdopted(m *machine, p Proposal) error {
	h, e := v.at(p.Slot), v.governing(m, p.Slot)
	value := digest(0, 0, p.Request)
	if p.Slot <= m.server.inheritedTo && !v.inherits(value, p) {
		return violation(adoptsHighest, m, "%v is proposed where the proposer inherits; nobody had accepted that there, and it is no no-op", p)
	}
	if h.chosen || len(h.proposals) == 1 {
		return nil // the first is looked at with the others; this ballot's is the only one
	}
	promised := v.promised(e, p.Ballot)
	needed := quorum(m.server.config.Phase1Quorum, len(e.Servers))
	if v.upTo(promised, p, 0) >= needed {
		return nil // nothing need have been reported
	}
	for i := range h.proposals {
		other := &h.proposals[i]
		if other.ballot < p.Ballot && v.mayFollow(value, other) && v.upTo(promised, p, other.ballot) >= needed {
			return nil
		}
	}
	return violation(adoptsHighest, m, "%v is proposed, though others were accepted in lower ballots", p)
}

// inherits reports whether a value may be proposed in a slot of those that a proposer
// inherits: somebody had accepted it there in a lower ballot, and in a configuration that
// matters, or it is a no-op, which fills a hole.
func (v *Invariants) inherits(value uint64, p Proposal) bool {
	if value == noOp {
		return true
	}
	for i := range v.at(p.Slot).proposals {
		other := &v.at(p.Slot).proposals[i]
		if other.ballot < p.Ballot && other.value == value && !v.void(p.Slot, other) {
			return true
		}
	}
	return false
}

// noOp is the digest of a no-op.
var noOp = digest(0, 0, rsm.Request{})

// mayFollow reports whether a value may be proposed because of a proposal: it is its
// value, or a no-op that takes the place of a stop.
func (v *Invariants) mayFollow(value uint64, p *proposed) bool {
	if p.value == value {
		return true
	}
	_, stop := membershipOf(p.request)
	return stop && p.since != 0 && value == noOp
}

// upTo counts who of a set had accepted, in a proposal's slot and lower ballots than
// its own, nothing or nothing in a ballot above the given one.
func (v *Invariants) upTo(set serverSet, p Proposal, ballot Ballot) (n int) {
	h := v.at(p.Slot)
	for i, other := range v.machines {
		if !set.has(i) {
			continue
		}
		held := Ballot(0)
		if p.Slot <= Slot(len(other.held)) {
			held = other.held[p.Slot-1]
		}
		if known := h.find(held); held >= p.Ballot || known != nil && v.void(p.Slot, known) {
			held = 0
		}
		if held <= ballot {
			n++
		}
	}
	return n
}
