package paxos

// What follows lets those who watch look inside a server.

// Memberships returns the membership that governs the next slot to be chosen, and
// those that follow it.
func (s *Server) Memberships() []Membership {
	all := make([]Membership, len(s.memberships))
	for i := range all {
		all[i] = s.memberships[i].Membership
	}
	return all
}

// Preparing reports whether the server is in phase 1 of a ballot of its own.
func (s *Server) Preparing() bool { return s.role == preparing }

// Promised returns the ballot below which the server accepts nothing.
func (s *Server) Promised() Ballot { return s.promised }

// Chosen returns the slot up to which the server knows what was chosen.
func (s *Server) Chosen() Slot { return s.chosen }

// Applied returns the slot up to which the server has carried out what was
// chosen, and a digest of what that was.
func (s *Server) Applied() (Slot, uint64) { return s.applied, s.digest }

// First returns the first slot in which the server can hold a proposal: what was
// held before is in a snapshot.
func (s *Server) First() Slot { return s.slots.base + 1 }

// Snapshot returns the newest snapshot that the server has, and the last slot in it;
// zero if it has none. The caller must not change it.
func (s *Server) Snapshot() (Slot, []byte) { return s.snapshotAt, s.snapshot.Whole() }

// Damaged reports whether the server may have forgotten what it has accepted.
func (s *Server) Damaged() bool { return s.damaged }

// Last returns the last slot in which the server holds a proposal.
func (s *Server) Last() Slot { return s.slots.last() }

// At returns the proposal that the server holds in a slot: what it has accepted
// last, or, without a ballot, what it has learned from others to be chosen. The
// zero Proposal is none.
func (s *Server) At(slot Slot) Proposal { return s.slots.at(slot) }
