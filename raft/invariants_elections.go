package raft

import (
	"slices"

	"quorumlab/node"
)

// vote is a term and a vote, and how much has to be durable for them to be.
type vote struct {
	written uint64
	voteRecord
}

// reign is the leadership of one term.
type reign struct {
	leader node.ID
	server *Server
}

// checkTerm: the current term "increases monotonically" (Figure 2), but for what
// a crash takes back before it was synced.
func (h *shadow) checkTerm(s *Server, restarted bool) error {
	if !restarted && s.term < h.term {
		return violation(termsNeverGoDown, "server %d went from term %d to %d", h.id, h.term, s.term)
	}
	return nil
}

// checkVote: a server votes for at most one candidate in a term (§5.2). A vote
// that made a leader must be remembered across a restart too.
func (h *shadow) checkVote(s *Server, restarted bool) error {
	before := voteRecord{h.term, h.votedFor}
	if restarted {
		before = h.pledged
	}
	if before.votedFor == 0 || s.term > before.term || s.term == before.term && s.votedFor == before.votedFor {
		return nil
	}
	return violation(electionSafety, "server %d, now in term %d with its vote for %d, had voted for %d in term %d",
		h.id, s.term, s.votedFor, before.votedFor, before.term)
}

// checkReign: "at most one leader can be elected in a given term" (Figure 3).
// The same server elected a second time after a restart is two leaders as well:
// the second knows nothing of what the first has sent.
func (v *Invariants) checkReign(h *shadow, s *Server) error {
	own := voteRecord{s.term, h.id}
	if s.role != Leader || h.server == s && h.pledged == own {
		return nil
	}
	if r, ok := v.reigns[s.term]; ok && r.server != s {
		return violation(electionSafety, "servers %d and %d were both elected in term %d", r.leader, h.id, s.term)
	}
	if s.Repairing() {
		return violation(leaderCompleteness, "server %d leads term %d, though it does not know what damage took", h.id, s.term)
	}
	v.reigns[s.term] = reign{leader: h.id, server: s}
	h.pledged = own
	for i := range s.peers {
		if p := &s.peers[i]; p.granted {
			v.shadow(p.id).pledge(own)
		}
	}
	return nil
}

// voteOnDisk returns the newest term and vote that a server's disk holds.
func (h *shadow) voteOnDisk() voteRecord {
	done := 0
	for ; h.server != nil && done < len(h.votes) && h.server.journal.covers(h.votes[done].written); done++ {
		h.diskVote = h.votes[done].voteRecord
	}
	if done > 0 {
		h.votes = append(h.votes[:0], h.votes[done:]...)
	}
	return h.diskVote
}

// pledge notes that a server's vote made a leader.
func (h *shadow) pledge(vote voteRecord) {
	if vote.term > h.pledged.term {
		h.pledged = vote
	}
}

// checkElected: "if a log entry is committed in a given term, then that entry
// will be present in the logs of the leaders for all higher-numbered terms"
// (Figure 3).
func (v *Invariants) checkElected(h *shadow, s *Server) error {
	if err := v.checkVotes(h, s); err != nil {
		return err
	}
	if err := v.checkUnleased(h, s); err != nil {
		return err
	}
	for i := v.lastCommitted(); i > 0; i-- {
		if v.commitment(i).term < s.term {
			if err := v.checkComplete(h, s.term, i); err != nil {
				return err
			}
			break
		}
	}
	return v.checkAlone(h, s)
}

// checkVotes: a candidate wins if a majority of the servers "in the full cluster"
// votes for it "in the same term" (§5.2), each group of a joint configuration by
// itself. A vote counts from when the disk holds it. A voter that has gone on to a later
// term may have voted for it before.
func (v *Invariants) checkVotes(h *shadow, s *Server) error {
	c := s.configuration().Configuration
	for _, group := range [][]node.ID{c.Voters, c.Old} {
		votes := 0
		for _, other := range v.servers {
			known := other.voteOnDisk()
			voted := known == voteRecord{s.term, h.id} || known.term > s.term
			if voted && slices.Contains(group, other.id) {
				votes++
			}
		}
		if len(group) > 0 && votes < majority(len(group)) {
			return violation(electionSafety, "server %d was elected in term %d by %d of %v", h.id, s.term, votes, group)
		}
	}
	return nil
}

// checkComplete checks that a leader's log has the committed entry at index i,
// and so, hashes being chained, all before it.
func (v *Invariants) checkComplete(h *shadow, t Term, i Index) error {
	if v.holdsCommitted(h, i) {
		return nil
	}
	return violation(leaderCompleteness, "server %d leads term %d without the entry at index %d, committed in term %d",
		h.id, t, i, v.commitment(i).term)
}

// checkOtherLeaders checks Leader Completeness for leaders who were elected
// before an entry was committed in an earlier term than theirs.
func (v *Invariants) checkOtherLeaders(h *shadow, t Term) error {
	for _, other := range v.servers {
		if other != h && other.role == Leader && other.term > t {
			if err := v.checkComplete(other, other.term, v.lastCommitted()); err != nil {
				return err
			}
		}
	}
	return nil
}
