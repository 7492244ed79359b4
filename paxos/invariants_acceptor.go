package paxos

import "slices"

// checkPromise looks at the promise.
func (v *Invariants) checkPromise(m *machine) error {
	promised := m.server.Promised()
	if promised < m.promised {
		return violation(promiseNeverDown, m, "from %v to %v", m.promised, promised)
	}
	if promised > m.promised {
		m.await(change{ballot: promised})
	}
	m.before, m.promised = m.promised, promised
	return nil
}

// checkTouched looks at what has changed among the acceptances.
func (v *Invariants) checkTouched(m *machine) error {
	first, last := m.server.slots.touchedFirst, m.server.slots.touchedLast
	if first == 0 {
		return nil
	}
	for slot := first; slot <= last; slot++ {
		if err := v.checkHeld(m, slot); err != nil {
			return err
		}
	}
	return nil
}

// checkHeld looks at what an acceptor holds in one slot.
func (v *Invariants) checkHeld(m *machine, slot Slot) error {
	p := m.server.At(slot)
	for slot > Slot(len(m.held)) {
		m.held = append(m.held, 0)
	}
	before := m.held[slot-1]
	m.held[slot-1] = p.Ballot
	if p.Ballot == 0 {
		if before != 0 && slot > m.server.Chosen() && !v.void(slot, v.at(slot).find(before)) {
			return violation(acceptanceStands, m, "slot %d was accepted in %v, is not chosen, and is forgotten", slot, before)
		}
		return nil
	}
	if err := v.compare(m, p); err != nil || p.Ballot == before {
		return err
	}
	if !m.boots && slot <= m.chosen {
		// Were it the same value it would be so by luck: the proposal is of a ballot of which
		// nobody has looked whether the value was chosen before it or after.
		return violation(agreement, m, "%v is written over what it knows to be chosen there", p)
	}
	if p.Ballot < m.before || p.Ballot > m.server.Promised() {
		return violation(acceptedBelow, m, "slot %d is accepted in %v: promised was %v, and is %v",
			slot, p.Ballot, m.before, m.server.Promised())
	}
	// It goes up before anything is accepted above it, and at a start by what records say.
	if ceiling := m.server.ceiling; slot > ceiling {
		return violation(acceptedAbove, m, "slot %d is accepted in %v, and the ceiling is %d", slot, p.Ballot, ceiling)
	}
	m.await(change{ballot: p.Ballot, slot: slot})
	if m.boots || p.Ballot.Server() != m.id {
		return nil
	}
	return v.checkProposal(m, p)
}

// await notes a change that is not known to be durable yet.
func (m *machine) await(c change) {
	if log := m.server.log; log != nil { // or else it could not read its disk, and ends
		c.written = log.Written()
	}
	m.pending = append(m.pending, c)
}

// holds reports whether the disk holds so much of what was written to it.
func (m *machine) holds(written uint64) bool {
	return m.server.log == nil || m.server.log.Covers(written)
}

// checkDurable takes notice of what has become durable.
func (v *Invariants) checkDurable(m *machine) error {
	n := 0
	for ; n < len(m.pending) && m.holds(m.pending[n].written); n++ {
		c := m.pending[n]
		if c.slot == 0 {
			m.durablePromise = max(m.durablePromise, c.ballot)
			continue
		}
		if err := v.accepted(m, c.slot, c.ballot); err != nil {
			return err
		}
	}
	m.pending = slices.Delete(m.pending, 0, n)
	return nil
}
