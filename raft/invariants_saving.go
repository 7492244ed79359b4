package raft

// beingSaved is what the judge remembers of a snapshot on its way to a disk. The zero
// value is none.
type beingSaved struct {
	index   Index
	parts   bool   // its parts are; that they are all there is written when they are durable
	written uint64 // how much has to be durable for it to be
}

// checkSaved: a snapshot takes the place of the one before, and of the log up to where it
// reaches, when the disk holds it, and not before (snapshot.go). A crash may come at any
// moment, and what was removed for it is on that disk no more.
func (h *shadow) checkSaved(s *Server, restarted bool) error {
	before := h.saving
	h.saving = beingSaved{}
	if s.saving != nil {
		h.saving = beingSaved{index: s.saving.index, parts: s.saving.parts, written: before.written}
		if restarted || before.index != h.saving.index || before.parts != h.saving.parts {
			h.saving.written = s.journal.wal.Written()
		}
		if before.index != h.saving.index && len(s.saving.encoded) > 1 && !h.saving.parts {
			return violation(snapshotDurable, "server %d takes a snapshot of index %d for complete whose parts it has just written", h.id, h.saving.index)
		}
	}
	durable := s.journal.covers(before.written)
	switch {
	case restarted:
	case s.snapshot.index > h.snapshot && (before.index != s.snapshot.index || before.parts || !durable):
		return violation(snapshotDurable, "server %d relies on a snapshot of index %d which its disk does not hold yet", h.id, s.snapshot.index)
	case before.parts && before.index == h.saving.index && !h.saving.parts && !durable:
		return violation(snapshotDurable, "server %d takes a snapshot of index %d for complete, though the disk does not hold its parts yet",
			h.id, before.index)
	}
	return nil
}
