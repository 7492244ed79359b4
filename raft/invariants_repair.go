package raft

// holding is a log that a disk had held, and the newest term with it: what was committed
// in a later one was not so on the strength of that disk.
type holding struct {
	base Index
	log  []shadowEntry
	term Term
}

// checkRepairing keeps account of what damage took. That a server has it all back
// counts from when its disk has: a crash before that finds the damage once more, and
// meanwhile nothing leaves the server that builds on it. It has it back when it knows to
// be committed all that it may have stored, or holds what it was sent by a leader of a
// later term than any in which it had a say (repair.go). What it may have stored the
// server does not always know, but the judge does.
func (v *Invariants) checkRepairing(h *shadow, s *Server, restarted bool) error {
	switch {
	case s.Repairing():
		if restarted && s.loss != h.said { // or else it is what it had found before
			h.lost, h.said = loss{s.loss.index, max(s.loss.term, h.voteOnDisk().term)}, s.loss
		}
		if restarted {
			h.held = append(h.held, h.holding())
		}
		h.repairing, h.repaired, h.damaged = true, 0, true
	case restarted:
		h.repairing, h.said, h.held = false, loss{}, nil
	case h.repairing && h.repaired == 0:
		h.repaired = s.journal.wal.Written()
		if s.CommitIndex() < h.lost.index && s.log.lastTerm() <= h.lost.term {
			return violation(repairedTruly, "server %d takes itself for repaired, with %d entries committed, of which the last is of term %d: it may have stored %d, up to term %d",
				h.id, s.CommitIndex(), s.log.lastTerm(), h.lost.index, h.lost.term)
		}
		if i := v.owed(h); i > 0 && (s.LastIndex() < i || s.log.base < i && s.log.term(i) != v.commitment(i).of) {
			return violation(repairedTruly, "server %d takes itself for repaired, and lacks the committed entry at index %d, which its disk had held: its log ends at %d, committed up to %d",
				h.id, i, s.LastIndex(), s.CommitIndex())
		}
	}
	if h.repairing && h.repaired > 0 && s.journal.covers(h.repaired) {
		h.repairing, h.repaired, h.lost, h.said, h.held = false, 0, loss{}, loss{}, nil
	}
	return nil
}

// holding returns what the server's disk held before a restart.
func (h *shadow) holding() holding {
	n := max(min(h.onDisk(), h.last()), h.base) - h.base
	return holding{h.base, h.log.slice(0, int(n)), h.voteOnDisk().term}
}

// owed returns the last index that is committed, maybe on the strength of a server's
// word, of all that its disk had held before it was damaged.
func (v *Invariants) owed(h *shadow) (last Index) {
	for _, held := range h.held {
		i := min(held.base+Index(len(held.log)), v.lastCommitted())
		for i > held.base && (v.commitment(i).hash != held.log[i-held.base-1].hash || v.commitment(i).term > held.term) {
			i--
		}
		last = max(last, i)
	}
	return last
}
