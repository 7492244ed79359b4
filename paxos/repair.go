package paxos

import "quorumlab/node"

// When a part of the log cannot be read any more, an acceptor may have forgotten
// what it accepted, and must not answer a Prepare as if it had accepted nothing:
// its acceptance may be the one by which a value was chosen. But it need not stay
// away for ever (Alagappan et al., "Protocol-Aware Recovery for Consensus-Based
// Storage", FAST 2018). Until it is repaired it promises nothing and does not try
// to lead; it goes on accepting, which forgets nothing, and catches up.
//
// It is repaired once it knows what was chosen in every slot in which it may have
// accepted something that still matters. Which slots are those? Ask a leader whose
// ballot is not below the acceptor's promise, and that has phase 1 behind it for
// all slots: what it has proposed last is the bound. Suppose that the acceptor had
// accepted something in a slot beyond. It was in a lower ballot, for the leader has
// proposed nothing there. Had it been chosen, the promises that the leader got would
// have reported it, by Paxos's own argument; it was not, and since a quorum has
// promised the leader's ballot it never will be.
type repair struct {
	damaged  bool   // something is missing
	question uint64 // zero: the bound is known, or was not asked for
	bound    Slot   // zero: not known
}

// askBound asks the leader for the bound.
func (s *Server) askBound(leader node.ID) {
	if !s.damaged || s.bound != 0 {
		return
	}
	if s.question == 0 {
		s.question = s.env.Rand().Uint64() | 1 // an answer to an earlier life would be too old
	}
	s.env.Send(leader, BoundRequest{Question: s.question, Since: s.since()})
}

// receiveBoundRequest tells how far this leader's ballot has come.
func (s *Server) receiveBoundRequest(from node.ID, m BoundRequest) {
	if _, changing := s.changeUnderWay(); changing || m.Since != s.since() {
		return
	}
	if s.role == leading && s.preparedTo == allSlots {
		last := s.next() - 1 + Slot(len(s.inherited))
		s.env.Send(from, Bound{Ballot: s.ballot, Question: m.Question, Last: last})
	}
}

// receiveBound learns the bound. The ballot was joined before it was asked for.
func (s *Server) receiveBound(m Bound) {
	if !s.damaged || m.Question != s.question || m.Ballot < s.promised {
		return
	}
	s.question, s.bound = 0, max(1, m.Last)
	s.finishRepair()
}

// finishRepair lets the acceptor promise again when nothing that is missing matters
// any more.
func (s *Server) finishRepair() {
	if s.damaged && s.bound != 0 && s.chosen >= s.bound && s.write(appendDamage(s.record[:0], false)) {
		s.repair = repair{}
		s.env.Note(Repaired)
	}
}
