package raft

import (
	"slices"

	"quorumlab/node"
)

// committedEntry is an entry that some server said to be committed.
type committedEntry struct {
	hash uint64 // of the log up to and including this entry
	term Term   // in which it was committed, not that of the entry
	of   Term   // that of the entry
}

// holdsCommitted reports whether a server's log holds the entry committed at
// index i, if one is.
func (v *Invariants) holdsCommitted(h *shadow, i Index) bool {
	return i <= v.lastCommitted() && i <= h.last() && v.hash(h, i) == v.commitment(i).hash
}

// checkCommit checks what a server says to be committed. Committed is committed:
// for all servers and for ever.
func (v *Invariants) checkCommit(h *shadow, s *Server, restarted bool) error {
	index := s.CommitIndex()
	if !restarted && index < h.commitIndex {
		return violation(commitNeverDown, "server %d went from commit index %d to %d", h.id, h.commitIndex, index)
	}
	if index > s.LastIndex() {
		return violation(stateMachineSafety, "server %d: commit index %d is beyond the log, which ends at %d", h.id, index, s.LastIndex())
	}
	before := v.lastCommitted()
	switch {
	case index <= before:
	case s.role != Leader && h.role != Leader: // it may have resigned over what it committed
		return violation(stateMachineSafety, "server %d, which does not lead, takes index %d for committed before any leader does", h.id, index)
	case s.log.term(index) != s.term:
		// Figure 8: a leader to come may not have it.
		return violation(stateMachineSafety, "server %d commits index %d in term %d, though the entry is of term %d and may yet be replaced",
			h.id, index, s.term, s.log.term(index))
	}
	if known := min(index, before); known > h.agrees {
		if !v.holdsCommitted(h, known) {
			return violation(stateMachineSafety, "server %d: the entry of term %d at index %d, or one before it, is not the one that was committed there",
				h.id, s.log.term(known), known)
		}
		h.agrees = known
	}
	for i := before + 1; i <= index; i++ {
		v.committed.push(committedEntry{hash: h.at(i).hash, term: s.term, of: h.at(i).term})
	}
	if index > before {
		for _, c := range h.configurations {
			if c.index > before && c.index <= index {
				v.members = append(v.members, c)
			}
		}
		if err := v.checkOtherLeaders(h, s.term); err != nil {
			return err
		}
	}
	switch {
	case index > before:
		// The configuration may have changed since, in the same call.
		if was := h.configuration; !restarted && was != nil && v.holdMajority(was) {
			v.quorum = was
			return nil
		}
		v.quorum = s.configuration().Configuration
	case !restarted || before == 0:
		return nil
	}
	if !v.holdMajority(v.quorum) {
		return violation(committedMajority, "the entry at index %d is committed, but the disks of no majority of %v hold it (seen at server %d)",
			v.committed.length, v.quorum, h.id)
	}
	return nil
}

// holdMajority reports whether what is committed is on the disks of a majority (§5.3). It
// must be so when something is committed, and still after a restart: a server that
// answered that it stores an entry has to keep it.
func (v *Invariants) holdMajority(c *Configuration) bool {
	last := v.lastCommitted()
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		holders := 0
		for _, other := range v.servers {
			// Of a server whose disk was damaged it is enough that it once did.
			if slices.Contains(group, other.id) && (v.holdsCommitted(other, last) && other.onDisk() >= last || other.repairing) {
				holders++
			}
		}
		if len(group) > 0 && holders < majority(len(group)) {
			return false
		}
	}
	return true
}

// checkApplied: "if a server has applied a log entry at a given index to its
// state machine, no other server will ever apply a different log entry for the
// same index" (Figure 3), because it applies what is committed and nothing else.
func (v *Invariants) checkApplied(h *shadow, s *Server, restarted bool) error {
	index := s.LastApplied()
	switch {
	case !restarted && index < h.lastApplied:
		return violation(stateMachineSafety, "server %d went back from applied index %d to %d", h.id, h.lastApplied, index)
	case index > s.CommitIndex():
		return violation(stateMachineSafety, "server %d applied index %d, which it does not know to be committed", h.id, index)
	case index > 0 && s.appliedHash != v.commitment(index).hash:
		return violation(stateMachineSafety, "server %d: what it applied up to index %d is not what was committed", h.id, index)
	}
	h.lastApplied = index
	return nil
}
