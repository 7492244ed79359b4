package raft

import (
	"time"

	"quorumlab/node"
)

// authority is what the judge remembers of a server's relation to leaders: of what it
// heard as a follower, and of the rounds that it began as a leader.
type authority struct {
	heardAt   time.Duration   // when it last heard a leader, in this life or an earlier one, on its own clock
	says      time.Duration   // when it says so itself
	round     uint64          // the newest that it had begun by then
	acked     uint64          // the newest of these that was looked at when a majority had answered it
	confirmed uint64          // the newest that it took for answered by one
	begun     []roundStart    // of a leader with leases, from the newest that was answered on
	calls     map[node.ID]int // of the others when the newest round began
	assigned  int             // how many reads waited for a round that had begun,
	first     waitingRead     // and which was the oldest; its round is zero if there was none
}

// offer is a leader's word that another server may stand at once, whoever hears the
// leader.
type offer struct {
	term Term
	to   node.ID // zero: anybody
}

// checkSticks: a server that hears a leader, or is one, does not vote another into its
// place within the shortest election timeout, on which leases rely (dissertation
// §4.2.3, §6.4.1), unless the leader has asked for it. A restart does not shorten that.
func (v *Invariants) checkSticks(h *shadow, s *Server, restarted bool) error {
	if s.transfer.told {
		v.offers[offer{s.term, s.transfer.to}], v.offers[offer{s.term, 0}] = true, true
	}
	own := &h.authority
	heard := own.heardAt
	switch {
	case restarted:
		own.heardAt, own.says = min(max(heard, s.heardAt), s.env.Now()), s.heardAt
	case s.heardAt != own.says:
		own.heardAt, own.says = s.heardAt, s.heardAt
	}
	voted := s.votedFor != h.votedFor || s.term != h.term
	if !voted || restarted || s.votedFor == 0 || s.votedFor == h.id {
		return nil
	}
	if s.Repairing() {
		return violation(leaderCompleteness, "server %d votes for %d in term %d, though it does not know what damage took", h.id, s.votedFor, s.term)
	}
	c := v.shadow(s.votedFor)
	if own := c.voteOnDisk(); c.server != nil && own != (voteRecord{s.term, c.id}) && own.term <= s.term {
		return violation(electionSafety, "server %d votes in term %d for %d, whose disk does not hold that it stands", h.id, s.term, c.id)
	}
	if !s.config.CheckQuorum || v.offers[offer{s.term - 1, s.votedFor}] {
		return nil
	}
	since := max(0, s.env.Now()-heard) // if the clock was set back, nobody knows how long it is
	if h.role == Leader || since < s.config.ElectionTimeoutMin {
		return violation(sticks, "server %d votes for %d in term %d, though it heard the leader of term %d %v before",
			h.id, s.votedFor, s.term, h.term, since)
	}
	return nil
}

// checkReads: a read waits for a round that began after it came (dissertation §6.4),
// and a lease lasts, from when the round began that a majority has answered, no longer
// than the shortest election timeout on the slowest clock (§6.4.1).
func (v *Invariants) checkReads(h *shadow, s *Server, restarted bool) error {
	own := &h.authority
	if s.role != Leader || s.config.Reads == ReadLog {
		return nil
	}
	if restarted || h.role != Leader || h.term != s.term {
		*own = authority{heardAt: own.heardAt, says: own.says, round: s.reads.acked, confirmed: s.reads.acked}
	}
	early, assigned := 0, 0
	for _, r := range s.reads.waiting {
		if r.round != 0 {
			assigned++
			if r.round <= own.round {
				early++
			}
		}
	}
	if early > own.assigned {
		return violation(readsOwnRound, "server %d, leader of term %d: a read that has just come waits for round %d, which had begun before",
			h.id, s.term, own.round)
	}
	own.assigned = assigned
	if was := own.first; was.round > s.reads.acked && (assigned == 0 || !same(was, s.reads.waiting[0])) {
		return violation(readsOwnRound, "server %d, leader of term %d, no longer has a read wait for round %d, and only round %d was answered by a majority",
			h.id, s.term, was.round, s.reads.acked)
	}
	own.first = waitingRead{}
	if assigned > 0 {
		own.first = s.reads.waiting[0]
	}
	if s.config.Reads == ReadLease {
		if err := v.checkLease(h, s); err != nil {
			return err
		}
	}
	if err := v.checkConfirmed(h, s); err != nil {
		return err
	}
	return v.checkAnswered(h, s)
}

// checkConfirmed: a round is answered when a majority of those whose word counts has
// answered it, in each group of a joint configuration (dissertation §4.3, §6.4); others, who
// only learn, could be anybody's.
func (v *Invariants) checkConfirmed(h *shadow, s *Server) error {
	own, acked, c := &h.authority, s.reads.acked, s.configuration().Configuration
	if acked == own.confirmed {
		return nil
	}
	own.confirmed = acked
	if c != h.configuration { // what those had answered who have left is not known any more
		return nil
	}
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		answered := 0
		for _, id := range group {
			if p := s.peer(id); id == h.id || p != nil && p.round >= acked {
				answered++
			}
		}
		if len(group) > 0 && answered < majority(len(group)) {
			return violation(readsOwnRound, "server %d, leader of term %d, takes round %d for answered, which %d of %v have", h.id, s.term, acked, answered, group)
		}
	}
	return nil
}

// checkAnswered: who has answered the newest round was called since that began. An answer
// to an earlier message says nothing of it.
func (v *Invariants) checkAnswered(h *shadow, s *Server) error {
	own := &h.authority
	if s.reads.round == own.round {
		if s.reads.acked < own.round || own.acked == own.round {
			return nil
		}
		own.acked = own.round
		for i := range s.peers {
			p := &s.peers[i]
			if calls, known := own.calls[p.id]; known && p.round == own.round && v.shadow(p.id).calls == calls {
				return violation(readsOwnRound, "server %d, leader of term %d, takes round %d for answered by server %d, which has not run since that began",
					h.id, s.term, own.round, p.id)
			}
		}
		return nil
	}
	own.round = s.reads.round
	if own.calls == nil {
		own.calls = make(map[node.ID]int)
	}
	for i := range s.peers {
		own.calls[s.peers[i].id] = v.shadow(s.peers[i].id).calls
	}
	return nil
}

func same(a, b waitingRead) bool {
	return a.from == b.from && a.request.Client == b.request.Client && a.request.Sequence == b.request.Sequence
}

func (v *Invariants) checkLease(h *shadow, s *Server) error {
	own, now := &h.authority, s.env.Now()
	for round := own.round + 1; round <= s.reads.round; round++ {
		own.begun = append(own.begun, roundStart{round, now})
	}
	for len(own.begun) > 1 && own.begun[1].round <= s.reads.acked {
		own.begun = own.begun[1:]
	}
	if !s.leaseValid() {
		return nil
	}
	if len(own.begun) == 0 || own.begun[0].round > s.reads.acked {
		return violation(leaseInTime, "server %d, leader of term %d, holds a lease, and no round that it began was answered", h.id, s.term)
	}
	lasts := time.Duration(float64(s.config.ElectionTimeoutMin) / s.config.ClockDriftBound)
	if held := now - own.begun[0].at; held > lasts {
		return violation(leaseInTime, "server %d, leader of term %d, holds a lease %v after it began the round that was answered, and leases last for %v",
			h.id, s.term, held, lasts)
	}
	if v.offers[offer{s.term, 0}] {
		return violation(leaseInTime, "server %d, leader of term %d, holds a lease, though it has told another server to stand", h.id, s.term)
	}
	return nil
}

// checkUnleased: nobody is elected while another server holds a lease.
func (v *Invariants) checkUnleased(h *shadow, s *Server) error {
	for _, other := range v.servers {
		if o := other.server; other != h && o != nil && o.role == Leader && o.term < s.term && o.config.Reads == ReadLease && o.leaseValid() {
			return violation(leaseAlone, "server %d was elected in term %d, while server %d, leader of term %d, holds a lease",
				h.id, s.term, other.id, o.term)
		}
	}
	return nil
}
