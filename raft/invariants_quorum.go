package raft

import "quorumlab/node"

// contact is whether a leader has heard a peer since it last began to count.
type contact struct {
	peer   node.ID
	active bool
}

// checkHeard: a leader that does not hear from a majority for an election timeout steps
// down (dissertation §6.2). So when one begins to count anew from whom it hears, it had
// heard from a majority, in each group of its configuration. Those who only learn do not
// count.
func (v *Invariants) checkHeard(h *shadow, s *Server, restarted bool) error {
	if s.role != Leader || !s.config.CheckQuorum {
		return nil
	}
	goesOn := !restarted && h.role == Leader && h.term == s.term && h.configuration == s.configuration().Configuration
	if goesOn && h.countsAnew(s) && !h.heardMajority(s) {
		return violation(quorumHeard, "server %d goes on to lead term %d, though since it last looked it has heard only from %v, and the configuration is %v",
			h.id, s.term, h.contacts, s.configuration())
	}
	h.contacts = h.contacts[:0]
	for i := range s.peers {
		h.contacts = append(h.contacts, contact{s.peers[i].id, s.peers[i].active})
	}
	return nil
}

// countsAnew reports whether the server has forgotten from whom it had heard.
func (h *shadow) countsAnew(s *Server) bool {
	if len(h.contacts) != len(s.peers) {
		return false
	}
	had := false
	for i, c := range h.contacts {
		p := &s.peers[i]
		if p.id != c.peer || p.active {
			return false
		}
		had = had || c.active
	}
	return had
}

// heardMajority reports whether those who had been heard, and the server itself, are one.
func (h *shadow) heardMajority(s *Server) bool {
	c := s.configuration().Configuration
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		heard := 0
		for _, id := range group {
			if id == h.id || h.heardFrom(id) {
				heard++
			}
		}
		if len(group) > 0 && heard < majority(len(group)) {
			return false
		}
	}
	return true
}

func (h *shadow) heardFrom(id node.ID) bool {
	for _, c := range h.contacts {
		if c.peer == id {
			return c.active
		}
	}
	return false
}
