package paxos

import "quorumlab/rsm"

// checkChosen looks at the slots that a server newly takes for chosen.
func (v *Invariants) checkChosen(m *machine) error {
	chosen := m.server.Chosen()
	if chosen < m.chosen {
		return violation(chosenNeverDown, m, "from %d to %d", m.chosen, chosen)
	}
	for m.chosen < chosen {
		m.chosen++
		if m.chosen < m.server.First() {
			continue // in a snapshot
		}
		p := m.server.At(m.chosen)
		if p.Slot == 0 {
			return violation(noHole, m, "slot %d is taken for chosen and is a hole", m.chosen)
		}
		if h := v.at(m.chosen); !h.chosen {
			return violation(chosenByQuorum, m, "%v is taken for chosen, but no quorum has accepted it in one ballot", p)
		} else if digest(0, 0, p.Request) != h.value {
			return violation(agreement, m, "%v is taken for chosen, but another value is, in ballot %v", p, h.ballot)
		}
	}
	return nil
}

// checkApplied looks at what a server has carried out.
func (v *Invariants) checkApplied(m *machine) error {
	applied, total := m.server.Applied()
	if applied < m.applied {
		return violation(appliedNeverDown, m, "from %d to %d", m.applied, applied)
	}
	m.applied = applied
	if applied > m.chosen {
		return violation(noHole, m, "slot %d is carried out, known to be chosen are those up to %d", applied, m.chosen)
	}
	if right, ok := v.totalAt(applied); !ok || total != right {
		return violation(agreement, m, "what was carried out up to slot %d is not what was chosen", applied)
	}
	return nil
}

// checkSnapshot looks at a snapshot that a server newly has.
func (v *Invariants) checkSnapshot(m *machine) error {
	if m.server.snapshotAt == m.snapshot {
		return nil
	}
	at, content := m.server.Snapshot()
	m.snapshot = at
	value := digest(0, at, rsm.Request{Command: content})
	if known, ok := v.snapshots[at]; ok && known != value {
		return violation(snapshotsAgree, m, "the snapshot of slot %d differs from another server's", at)
	}
	v.snapshots[at] = value
	return nil
}
