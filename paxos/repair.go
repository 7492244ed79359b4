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
// accepted something. How far those reach nobody else can say: who leads, or takes
// itself for the leader, knows the ballots of its own configuration, and the damage may
// have taken another, in which the acceptor had gone on. So the acceptor keeps that
// beside its promise, in two copies like that: a ceiling above which it has accepted
// nothing. It goes up by a window at a time, so that few acceptances take a write more,
// and up to there slots may be empty. Those the leader fills with no-ops when it is asked
// to, which takes it no more than two windows.
type repair struct {
	damaged bool // something is missing
	through Slot // in slots up to here: the ceiling when the damage was found
}

// raiseCeiling lets a slot be accepted in.
func (s *Server) raiseCeiling(slot Slot) bool {
	if slot <= s.ceiling {
		return true
	}
	ceiling := slot + Slot(s.config.Window)
	if !s.storePromise(s.promised, ceiling) {
		return false
	}
	s.ceiling = ceiling
	return true
}

// askFill asks the leader for what a damaged acceptor still has to learn.
func (s *Server) askFill(leader node.ID) {
	if s.damaged {
		s.env.Send(leader, FillRequest{Through: s.through})
	}
}

// receiveFillRequest has no-ops proposed up to a slot.
func (s *Server) receiveFillRequest(m FillRequest) {
	if s.role == leading && s.next() <= m.Through {
		s.fillTo = max(s.fillTo, m.Through)
		s.scheduleFlush()
	}
}

// checkRepaired lets the acceptor promise again when nothing that is missing matters
// any more.
func (s *Server) checkRepaired() {
	if s.damaged && s.chosen >= s.through && s.write(appendRepaired(s.record[:0])) {
		s.repair = repair{}
		s.env.Note(Repaired)
	}
}
