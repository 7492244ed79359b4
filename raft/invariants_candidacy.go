package raft

import (
	"slices"

	"quorumlab/node"
)

// candidacy is what the judge remembers of a server's way to stand for election, in
// numbers of the events at which it looked.
type candidacy struct {
	asked   Term   // the highest in which it was a pre-candidate, in this life or an earlier one,
	askedAt uint64 // and when it first was
	willing uint64 // when it was last called and did not hear a leader, nor was one
}

// checkCandidacy: "each server begins a term by an election" (§5.1): a term in which nobody
// was before is that of a candidate, who votes for himself. To ask for pre-votes raises
// nobody's term, nor does a pre-vote that is given (dissertation §9.6).
func (v *Invariants) checkCandidacy(h *shadow, s *Server, restarted bool) error {
	v.looks++
	if s.term > v.newest && !restarted && s.votedFor != h.id {
		return violation(termsBegin, "server %d came to term %d, for which nobody has stood: before that nobody was beyond term %d",
			h.id, s.term, v.newest)
	}
	v.newest = max(v.newest, s.term)
	if err := v.checkPreVotes(h, s, restarted); err != nil {
		return err
	}
	own := &h.candidacy
	if s.role == PreCandidate && s.term > own.asked {
		own.asked, own.askedAt = s.term, v.looks
	}
	if now := s.env.Now(); s.role != Leader && now-min(s.heardAt, now) >= s.config.ElectionTimeoutMin {
		own.willing = v.looks
	}
	return nil
}

// checkPreVotes: who asks before it stands has pre-votes of a majority, each group of a
// joint configuration by itself, and nobody gives one who is a leader, or heard one within
// the shortest election timeout (dissertation §9.6). To give one changes nothing, so who
// gave one was called then, and so it was after that call. An answer may be to what was
// asked earlier in the term, even in an earlier life, but not to what was not asked yet.
// None is needed where the leader has asked for the election.
func (v *Invariants) checkPreVotes(h *shadow, s *Server, restarted bool) error {
	stands := s.role == Candidate && s.votedFor == h.id && s.term == h.term+1
	if restarted || !stands || !s.config.PreVote || v.offers[offer{h.term, h.id}] || h.candidacy.asked > h.term {
		return nil
	}
	c := s.configuration().Configuration
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		could := 0
		for _, other := range v.servers {
			given := h.candidacy.asked == h.term && other.candidacy.willing > h.candidacy.askedAt
			if slices.Contains(group, other.id) && (other == h || given) {
				could++
			}
		}
		if len(group) > 0 && could < majority(len(group)) {
			return violation(preVotes, "server %d stands in term %d, though since it first asked for pre-votes only %d of %v, itself among them, did not hear a leader",
				h.id, s.term, could, group)
		}
	}
	return nil
}
