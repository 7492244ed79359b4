package raft

import (
	"slices"

	"quorumlab/node"
)

// matched is up to where a leader knows a peer's log to be its own.
type matched struct {
	peer  node.ID
	index Index
}

// checkMatch: matchIndex is "known to be replicated" on the other server, and
// "increases monotonically" while a server leads (Figure 2), but for what damage to
// the other's disk took.
func (v *Invariants) checkMatch(h *shadow, s *Server, elected bool) error {
	if s.role != Leader {
		return nil
	}
	if elected {
		h.match = h.match[:0]
	}
	for i := range s.peers {
		p := &s.peers[i]
		if i < len(h.match) && h.match[i] == (matched{p.id, p.match}) {
			continue // as nearly always
		}
		before := h.matched(i, p.id)
		if p.match == before.index {
			continue
		}
		if err := v.checkReplicated(h, s, p); err != nil {
			return err
		}
		if p.match < before.index && !v.shadow(p.id).damaged && p.match > 0 {
			return violation(matchNeverDown, "server %d, leader of term %d: matchIndex of server %d went from %d to %d",
				h.id, s.term, p.id, before.index, p.match)
		}
		before.index = p.match
	}
	return nil
}

// checkReplicated checks that a peer's disk holds what the leader has just come to
// believe it does. The answer may be old: if the peer has gone on to another term,
// its log may have too.
func (v *Invariants) checkReplicated(h *shadow, s *Server, p *peer) error {
	other := v.shadow(p.id)
	if other.term > s.term || other.damaged || p.match == 0 {
		return nil
	}
	if term := other.voteOnDisk().term; other.server != nil && term < s.term {
		return violation(matchIsTrue, "server %d, leader of term %d, believes server %d, which has only come to term %d, to store its log up to index %d",
			h.id, s.term, p.id, term, p.match)
	}
	if p.match > h.last() || p.match > other.onDisk() || p.match > other.last() || v.hash(other, p.match) != v.hash(h, p.match) {
		return violation(matchIsTrue, "server %d, leader of term %d, believes that server %d stores its log up to index %d, which it does not: its log ends at %d and is on its disk up to %d",
			h.id, s.term, p.id, p.match, other.last(), other.onDisk())
	}
	return nil
}

// matched returns what is remembered of a peer, most likely in the i-th place.
func (h *shadow) matched(i int, peer node.ID) *matched {
	if i < len(h.match) && h.match[i].peer == peer {
		return &h.match[i]
	}
	i = slices.IndexFunc(h.match, func(m matched) bool { return m.peer == peer })
	if i < 0 {
		i = len(h.match)
		h.match = append(h.match, matched{peer: peer})
	}
	return &h.match[i]
}
