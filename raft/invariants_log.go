package raft

import "quorumlab/node"

// The part of the judge that looks at logs. It knows an entry by a hash that
// covers the entry and all before it: where two such hashes are equal, whole
// logs are equal up to there.

// last returns the index of the last entry in the server's log.
func (h *shadow) last() Index { return h.base + Index(h.log.length) }

// at returns the entry at an index in the server's log.
func (h *shadow) at(i Index) *shadowEntry { return h.log.at(int(i - h.base - 1)) }

// hash returns the hash of the server's log up to index i. Where the log begins,
// that is the hash of what was committed.
func (v *Invariants) hash(h *shadow, i Index) uint64 {
	switch {
	case i > h.base:
		return h.at(i).hash
	case i == 0:
		return 0
	}
	return v.commitment(i).hash
}

// lastCommitted returns the index of the last entry that is committed.
func (v *Invariants) lastCommitted() Index { return Index(v.committed.length) }

// commitment returns what is known of the committed entry at an index.
func (v *Invariants) commitment(i Index) *committedEntry { return v.committed.at(int(i - 1)) }

// holds reports whether the entry that the judge remembers at index i is e,
// given that all before it are as remembered.
func (v *Invariants) holds(h *shadow, i Index, e Entry) bool {
	known := h.at(i)
	return known.term == e.Term && known.hash == chainHash(v.hash(h, i-1), &e)
}

// checkLog brings the shadow of a server's log up to date.
func (v *Invariants) checkLog(h *shadow, s *Server, restarted bool) error {
	if restarted || !h.continues(s) {
		if err := v.reconsider(h, s, restarted); err != nil {
			return err
		}
	}
	h.settle(&s.journal)
	last := s.LastIndex()
	if restarted {
		h.writing = append(h.writing[:0], extent{s.journal.wal.Written(), last})
	}
	if h.last() == last {
		return nil
	}
	if !restarted {
		h.writing = append(h.writing, extent{s.journal.wal.Written(), last})
	}
	for i := h.last() + 1; i <= last; i++ {
		if err := v.checkAdded(h, s, i); err != nil {
			return err
		}
		if err := v.checkSource(h, s, i, restarted); err != nil {
			return err
		}
	}
	h.newest = s.Entry(last)
	return nil
}

// settle finds out what the disk holds by now, by what was written when and not by
// what the server makes of it. What a server has read after a restart is durable,
// though it may not rely on it before it has synced it once more.
func (h *shadow) settle(j *journal) {
	done := 0
	for ; done < len(h.writing) && j.covers(h.writing[done].records); done++ {
		h.durable = max(h.durable, h.writing[done].last)
	}
	if done > 0 {
		h.writing = append(h.writing[:0], h.writing[done:]...)
	}
}

// onDisk returns up to where a server's disk holds its log. A server that has ended
// itself may have done more in its last event, at which nobody looked.
func (h *shadow) onDisk() Index {
	if h.server != nil && len(h.writing) > 0 {
		h.settle(&h.server.journal)
	}
	return h.durable
}

// cut notes that nothing behind an index is on the disk any more, or on its way there.
func (h *shadow) cut(index Index) {
	h.durable = min(h.durable, index)
	for i := range h.writing {
		h.writing[i].last = min(h.writing[i].last, index)
	}
}

// checkSource checks where a new entry at the end of a server's log comes from: a
// client's request, at the leader of the entry's term, or that of the server's term,
// which holds it.
func (v *Invariants) checkSource(h *shadow, s *Server, i Index, restarted bool) error {
	switch {
	case restarted:
		return nil // from its disk
	case s.role == Leader:
		if s.log.term(i) != s.term {
			return violation(followersFollow, "server %d leads term %d and added an entry of term %d at index %d", h.id, s.term, s.log.term(i), i)
		}
		return nil
	}
	r, found := v.reigns[s.term]
	if !found {
		return violation(followersFollow, "server %d added the entry at index %d in term %d, which has no leader", h.id, i, s.term)
	}
	if leader := v.leading(r.leader, s.term); leader != nil && (i > leader.last() || v.hash(leader, i) != h.at(i).hash) {
		return violation(followersFollow, "server %d added an entry at index %d that server %d, the leader of its term %d, does not hold",
			h.id, i, r.leader, s.term)
	}
	return nil
}

// leading returns what is known of the leader of a term, if it leads still, or else
// nil.
func (v *Invariants) leading(id node.ID, term Term) *shadow {
	if h := v.shadow(id); h.role == Leader && h.term == term {
		return h
	}
	return nil
}

// continues reports whether a server's log is what it was, or goes on from there,
// which is nearly always so: it begins where it did, and the entry at which it had
// ended is the very same.
func (h *shadow) continues(s *Server) bool {
	return s.log.base == h.base && s.LastIndex() >= h.last() && (h.log.length == 0 || sameEntry(&h.newest, s.log.at(h.last())))
}

// sameEntry reports whether two entries are one and the same, the memory of the
// command included.
func sameEntry(a, b *Entry) bool {
	return a.Term == b.Term && a.Configuration == b.Configuration &&
		a.Request.Client == b.Request.Client && a.Request.Sequence == b.Request.Sequence &&
		len(a.Request.Command) == len(b.Request.Command) &&
		(len(a.Request.Command) == 0 || &a.Request.Command[0] == &b.Request.Command[0])
}

// reconsider finds out up to where the shadow of a server's log is right still, and
// cuts it there.
func (v *Invariants) reconsider(h *shadow, s *Server, restarted bool) error {
	base := s.FirstIndex() - 1
	if base > v.lastCommitted() {
		return violation(snapshotSafety, "server %d compacted its log up to index %d, of which only %d are committed",
			h.id, base, v.committed.length)
	}
	if base > 0 && (restarted || base != h.base) && s.log.baseTerm != v.commitment(base).of {
		return violation(logMatching, "server %d: its log begins behind an entry of term %d at index %d, where one of term %d was committed",
			h.id, s.log.baseTerm, base, v.commitment(base).of)
	}
	if restarted || base < h.base { // a restarted server is read from the beginning
		h.base, h.log, h.agrees = base, row[shadowEntry]{}, 0
		h.durable = min(h.onDisk(), s.LastIndex())
	} else {
		kept := min(h.last(), s.LastIndex())
		for kept > base && kept > h.base && !v.holds(h, kept, s.Entry(kept)) {
			kept--
		}
		kept = max(kept, min(base, h.last()))
		if err := v.checkRemoved(h, s, kept+1); err != nil {
			return err
		}
		h.log.cut(int(kept - h.base))
		h.agrees = min(h.agrees, kept)
		h.cut(kept)
		if base > h.base { // compacted, or replaced by a snapshot
			h.log.drop(min(int(base-h.base), h.log.length))
			h.base = base
			// The snapshot is on the disk. That the log begins behind it has to be as well: were
			// the snapshot damaged, nothing else would tell that there was one.
			h.writing = append(h.writing, extent{s.journal.wal.Written(), base})
		}
	}
	h.forgetConfigurations()
	if last := h.last(); last > h.base {
		h.newest = s.Entry(last)
	}
	return nil
}

// checkRemoved checks that the entries from index first on, which are gone, were
// allowed to go. "A leader never overwrites or deletes entries in its log"
// (Figure 3); a follower removes only what conflicts with its leader's log (§5.3), so
// never one that is committed, since its leader has it too.
//
// All leaders have it, that is, "for all higher-numbered terms" than the one in which
// it was committed (Leader Completeness). A server that has slept through that term may
// wake up to what the leader of an earlier one had sent it, and has to follow. That
// takes nothing from those by whom the entry was committed: they were in the later term
// then, and follow no earlier leader any more.
func (v *Invariants) checkRemoved(h *shadow, s *Server, first Index) error {
	if first > h.last() {
		return nil
	}
	if s.role == Leader && h.role == Leader && s.term == h.term {
		return violation(leaderAppendOnly, "server %d, leader of term %d, removed the entry at index %d", h.id, s.term, first)
	}
	if v.holdsCommitted(h, first) && v.commitment(first).term <= s.term {
		return violation(stateMachineSafety, "server %d removed the committed entry at index %d", h.id, first)
	}
	if r, found := v.reigns[s.term]; found {
		if leader := v.leading(r.leader, s.term); leader != nil && first <= leader.last() && v.hash(leader, first) == v.hash(h, first) {
			return violation(followersFollow, "server %d removed the entry at index %d, though server %d, the leader of its term %d, holds it",
				h.id, first, r.leader, s.term)
		}
	}
	return nil
}

// checkAdded adds the entry at index i, the next one, to the shadow. "If two logs
// contain an entry with the same index and term, then the logs are identical in
// all entries up through the given index" (Figure 3).
func (v *Invariants) checkAdded(h *shadow, s *Server, i Index) error {
	e := s.log.at(i)
	hash := chainHash(v.hash(h, i-1), e)
	if other, found := v.known.add(i, e.Term, hash); found && other != hash {
		return violation(logMatching, "server %d: entry %v at index %d, or what precedes it, differs from another log's entry of that term",
			h.id, e, i)
	}
	if e.Term < s.log.term(i-1) || e.Term > s.term {
		return violation(termsNeverGoDown, "server %d in term %d: entry %v at index %d after one of term %d",
			h.id, s.term, e, i, s.log.term(i-1))
	}
	h.log.push(shadowEntry{term: e.Term, hash: hash})
	if e.Configuration != nil {
		if err := h.checkStep(i, e.Configuration); err != nil {
			return err
		}
		if err := h.checkChange(s, i); err != nil {
			return err
		}
		h.configurations = append(h.configurations, configured{index: i, Configuration: e.Configuration})
	}
	return nil
}
