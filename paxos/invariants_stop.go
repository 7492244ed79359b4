package paxos

// What the judge demands where changes stop configurations: see stop.go for why.

// checkStopped looks whether anything was chosen after the stop that is the last of
// the prefix.
func (v *Invariants) checkStopped(m *machine) error {
	if m.server.config.Reconfiguration != ByStop {
		return nil
	}
	for i := int(v.prefix); i < len(v.history); i++ {
		if h := &v.history[i]; h.chosen {
			return violation(beyondStop, m, "a stop is chosen in slot %d; a value had been in slot %d, in %v", v.prefix, i+1, h.ballot)
		}
	}
	return nil
}

// checkStops demands of a proposer that it proposes nothing after a stop before that is
// chosen.
func (v *Invariants) checkStops(m *machine, p Proposal) error {
	for _, stop := range v.stops {
		if stop.Ballot == p.Ballot && stop.Slot < p.Slot && stop.Slot > v.prefix {
			return violation(beyondStop, m, "slot %d is proposed in %v, after a stop in slot %d", p.Slot, p.Ballot, stop.Slot)
		}
	}
	if m.server.config.Reconfiguration == ByStop && isStop(p) {
		v.stops = append(v.stops, p)
	}
	return nil
}

// checkOpenStops demands that of a stop and of what was proposed in later slots only one
// can ever be chosen: nothing is proposed after a stop of a lower ballot that may be
// chosen, and no stop before a value of a lower ballot that may be.
func (v *Invariants) checkOpenStops(m *machine, p Proposal) error {
	if m.server.config.Reconfiguration != ByStop || v.at(p.Slot).chosen {
		return nil
	}
	for _, stop := range v.stops {
		if stop.Ballot >= p.Ballot || stop.Slot >= p.Slot || stop.Slot <= v.prefix {
			continue
		}
		if known := v.at(stop.Slot).find(stop.Ballot); !v.void(stop.Slot, known) && v.open(m, stop.Slot, known) {
			return violation(beyondStop, m, "%v is proposed, after a stop in slot %d that may yet be chosen, in %v",
				p, stop.Slot, stop.Ballot)
		}
	}
	if !isStop(p) {
		return nil
	}
	for i := int(p.Slot); i < len(v.history); i++ {
		slot := Slot(i + 1)
		for j := range v.history[i].proposals {
			after := &v.history[i].proposals[j]
			if after.ballot < p.Ballot && !v.void(slot, after) && v.open(m, slot, after) {
				return violation(beyondStop, m, "%v, a stop, is proposed before slot %d, where a value may yet be chosen, in %v",
					p, slot, after.ballot)
			}
		}
	}
	return nil
}

func isStop(p Proposal) bool {
	_, stop := membershipOf(p.Request)
	return stop
}

// checkVoided looks at what an acceptor holds that has come to know another configuration,
// or begins a life: nothing that was accepted in an earlier one, in slots that this one
// decides on, nor in one that it does not know, for then leaders would disregard it.
func (v *Invariants) checkVoided(m *machine) error {
	s := m.server
	if s.since() == m.since {
		return nil
	}
	m.since = s.since()
	for slot := s.Chosen() + 1; slot <= s.Last(); slot++ {
		p := s.At(slot)
		if p.Ballot == 0 {
			continue
		}
		if known := v.at(slot).find(p.Ballot); known.since != m.since {
			return violation(heldInForce, m, "the configuration that it knows begins in slot %d, and it holds %v, which was accepted in that of slot %d",
				m.since, p, known.since)
		}
	}
	return nil
}
