package raft

import (
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// The part of the judge that looks at configurations and snapshots.

// checkConfiguration: "a server always uses the latest configuration in its log,
// regardless of whether the entry is committed" (dissertation §4.1), which also
// means: not one that has left its log.
func (h *shadow) checkConfiguration(s *Server) error {
	index := s.configuration().index
	switch {
	case index > h.last():
		return violation(configurationInLog, "server %d acts by the configuration of index %d, though its log ends at %d",
			h.id, index, h.last())
	case h.configured() > max(index, s.snapshot.index), index > h.base && index != h.configured():
		return violation(configurationInLog, "server %d acts by the configuration of index %d, though the newest in its log is at %d",
			h.id, index, h.configured())
	case s.change != nil && len(s.change.learners) == 0 && s.configuration().change != s.change.request.ID:
		// Its end would be that of another, and the administrator would be told that it is made.
		return violation(configurationChange, "server %d has change %d under way, for which nobody has to learn and which is not in the log",
			h.id, s.change.request.ID)
	}
	return nil
}

// configured returns where the newest configuration in the log is, zero if there is
// none.
func (h *shadow) configured() Index {
	if n := len(h.configurations); n > 0 {
		return h.configurations[n-1].index
	}
	return 0
}

// forgetConfigurations drops those that have left the log.
func (h *shadow) forgetConfigurations() {
	h.configurations = slices.DeleteFunc(h.configurations, func(c configured) bool { return c.index <= h.base || c.index > h.last() })
}

// checkChange: a leader changes the configuration only when the one before it is
// committed (dissertation §4.1), and so is an entry of its own term. Without the
// second, majorities can come about that do not meet, and overwrite what was applied
// (Ongaro, raft-dev, 2015).
func (h *shadow) checkChange(s *Server, i Index) error {
	leads := s.role == Leader || h.role == Leader && h.term == s.term // it may have resigned over it
	if h.server != s || !leads {
		return nil // it comes from its disk, or from a leader who was asked
	}
	if s.log.term(s.commitIndex) != s.term {
		return violation(stateMachineSafety, "server %d changes the configuration at index %d before an entry of its term %d is committed",
			h.id, i, s.term)
	}
	if before := h.configured(); before > s.commitIndex {
		return violation(configurationChange, "server %d changes the configuration at index %d before that of index %d is committed",
			h.id, i, before)
	}
	return nil
}

// checkStep: a configuration differs from the one before it in the log in a single
// server (dissertation §4.1), or is reached by way of a joint one (§4.3).
func (h *shadow) checkStep(i Index, next *Configuration) error {
	if h.configured() == 0 {
		return nil // the one before it is in a snapshot, or the first of all
	}
	before, ok := h.configurations[len(h.configurations)-1].Configuration, false
	switch {
	case before.Joint():
		ok = !next.Joint() && sameServers(next.Voters, before.Voters)
	case next.Joint():
		ok = sameServers(next.Old, before.Voters)
	default:
		ok = difference(next.Voters, before.Voters) <= 1
	}
	if !ok {
		return violation(configurationChange, "server %d: configuration %v at index %d after %v", h.id, next, i, before)
	}
	return nil
}

// checkAlone: of two leaders, at most one can still commit anything, since the
// majority that elected the newer will not listen to the older any more.
func (v *Invariants) checkAlone(h *shadow, s *Server) error {
	for _, other := range v.servers {
		if other == h || other.server == nil || other.server.role != Leader || other.role != Leader {
			continue
		}
		older, newer := other, h
		if other.term > s.term {
			older, newer = h, other
		}
		if v.followed(older) {
			return violation(oneLeaderCommits, "servers %d and %d lead terms %d and %d, each with a majority that listens to it",
				older.id, newer.id, older.server.term, newer.server.term)
		}
	}
	return nil
}

// followed reports whether a leader has the ear of a majority of its configuration.
func (v *Invariants) followed(leader *shadow) bool {
	c := leader.server.Configuration()
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		listeners := 0
		for _, other := range v.servers {
			if other.server != nil && slices.Contains(group, other.id) && other.server.term <= leader.server.term {
				listeners++
			}
		}
		if len(group) > 0 && listeners < majority(len(group)) {
			return false
		}
	}
	return true
}

// checkSnapshot: a snapshot stands for exactly the entries that were committed up
// to its index, and is equal on all servers.
func (v *Invariants) checkSnapshot(h *shadow, s *Server, restarted bool) error {
	if err := h.checkSaved(s, restarted); err != nil {
		return err
	}
	snap := &s.snapshot
	if snap.index == 0 || snap.index == h.snapshot && !restarted {
		return nil
	}
	h.snapshot = snap.index
	if snap.index > v.lastCommitted() || snap.hash != v.commitment(snap.index).hash {
		return violation(snapshotSafety, "server %d: its snapshot of index %d is not of what was committed there", h.id, snap.index)
	}
	if of := v.commitment(snap.index).of; snap.term != of {
		return violation(logMatching, "server %d: its snapshot ends in an entry of term %d at index %d, where one of term %d was committed",
			h.id, snap.term, snap.index, of)
	}
	if err := v.checkMembers(h, snap); err != nil {
		return err
	}
	hash := rsm.HashBytes(0, snap.state.Whole())
	if known, found := v.states[snap.index]; found && known != hash {
		return violation(snapshotSafety, "server %d: its snapshot of index %d holds another state than another server's", h.id, snap.index)
	}
	v.states[snap.index] = hash
	return nil
}

// checkMembers: a snapshot carries "the latest configuration in the log as of last
// included index" (dissertation §5.1).
func (v *Invariants) checkMembers(h *shadow, snap *snapshot) error {
	index := Index(0)
	for _, c := range v.members {
		if c.index <= snap.index {
			index = c.index
		}
	}
	if snap.configuration.index != index {
		return violation(snapshotSafety, "server %d: its snapshot of index %d holds the configuration of index %d, not that of %d",
			h.id, snap.index, snap.configuration.index, index)
	}
	return nil
}
