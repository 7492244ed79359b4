package paxos

import "slices"

// electorate is a membership in a judge's account.
type electorate struct {
	Membership
	members serverSet // by positions among the judge's machines
}

// governing returns who decides on a slot, as far as the values that are chosen
// say.
func (v *Invariants) governing(m *machine, slot Slot) *electorate {
	if len(v.electorates) == 0 {
		first := Membership{From: 1, Servers: m.server.Config().Servers}
		v.electorates = []electorate{{first, v.positions(first)}}
	}
	for i := len(v.electorates) - 1; i > 0; i-- {
		if v.electorates[i].From <= slot {
			return &v.electorates[i]
		}
	}
	return &v.electorates[0]
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
func (v *Invariants) advance(window Slot) {
	for v.prefix < Slot(len(v.history)) && v.history[v.prefix].chosen {
		h := &v.history[v.prefix]
		v.prefix++
		chosen := h.find(h.ballot)
		if servers, ok := membershipOf(chosen.request); ok {
			next := Membership{From: v.prefix + window, Servers: servers}
			v.electorates = append(v.electorates, electorate{next, v.positions(next)})
		}
		v.total = digest(v.total, v.prefix, chosen.request)
		v.totals = append(v.totals, v.total)
	}
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
	if p.Ballot.Server() != m.id {
		return nil
	}
	window := Slot(m.server.Config().Window)
	if p.Slot > v.prefix+window {
		return violation(beyondWindow, m, "slot %d is proposed, and chosen are those up to %d", p.Slot, v.prefix)
	}
	if len(v.electorates) < 2 {
		return nil // it was looked at when the leader began to lead
	}
	return v.checkPrepared(m, p.Ballot, p.Slot)
}

// checkPrepared demands the durable promises of a quorum of those who decide on a
// slot.
func (v *Invariants) checkPrepared(m *machine, ballot Ballot, slot Slot) error {
	e := v.governing(m, slot)
	promised := 0
	for i, other := range v.machines {
		if e.members.has(i) && other.durablePromise >= ballot {
			promised++
		}
	}
	if promised < quorum(m.server.Config().Phase1Quorum, len(e.Servers)) {
		return violation(preparedByQuorum, m, "%v has, for slot %d, the durable promises of %d of %v",
			ballot, slot, promised, e.Servers)
	}
	return nil
}
