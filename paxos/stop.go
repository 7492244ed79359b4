package paxos

import (
	"slices"

	"quorumlab/rsm"
)

// Changing the members by stopping the configuration (Lamport, Malkhi and Zhou,
// "Stoppable Paxos", 2008, and "Reconfiguring a State Machine", SIGACT News 2010). The
// command that names the new members is the last one of its configuration: the old
// acceptors choose it in slot i, and from slot i+1 on the new ones decide. With a
// window nobody proposes in a slot whose acceptors are not known. Here somebody may
// have: an old leader, in a slot behind one where a stop comes to be chosen. Nothing
// of that may ever be chosen, nor get into the way of what is. Four rules see to it.
//
//   - A leader that has proposed a stop proposes nothing after it until it is chosen.
//   - A new leader may hear of a stop, which may have been chosen, and also of
//     proposals in later slots. They cannot both have been chosen, and the higher
//     ballot wins. Who led it had the promises of a quorum: had the stop been chosen
//     before, it would have been reported, and nothing proposed after it; and who
//     proposed the stop did so after all that could have been chosen. So either a
//     no-op takes the stop's place, or what follows is left out (settleStops).
//   - That reasoning is about one configuration, and ballots of one say nothing about
//     another, whose acceptors may not have been asked. So an acceptor accepts only
//     what is proposed in the configuration that it knows to be in force
//     (Accept.Since), and when that stops it forgets what it had accepted in later
//     slots (voidStopped).
//   - A leader disregards what an acceptor reports that does not know the
//     configuration yet (Promise.Since).
//
// And one more, lest nothing happen at all: a leader may miss the end of its own
// configuration, if the stop was chosen in another's ballot. It proposes it once more,
// to acceptors who have gone on and accept nothing of the old configuration, but hear
// that their leader is alive. They tell it, and it gives up its ballot (stopped).

// lead is how many slots after the one in which it is chosen a change of the
// membership takes effect.
func (c Config) lead() Slot {
	if c.Reconfiguration == ByStop {
		return 1
	}
	return Slot(c.Window)
}

// since returns the first slot of the configuration that the server knows to be in
// force, or zero if slots need not be told apart by that.
func (s *Server) since() Slot {
	if s.config.Reconfiguration == ByWindow {
		return 0
	}
	return s.memberships[0].From
}

// untilStop returns how many of the values may be proposed at once, from the next slot
// on: those up to the first stop.
func (s *Server) untilStop(values []rsm.Request) int {
	if s.config.Reconfiguration == ByWindow {
		return len(values)
	}
	for i := range values {
		if _, ok := membershipOf(values[i]); ok {
			s.stopIn = s.next() + Slot(i)
			return i + 1
		}
	}
	return len(values)
}

// stopped reports whether a leader's configuration is over: a stop is among values that
// were chosen in slots that it does not know to be chosen.
func (s *Server) stopped(chosen []rsm.Request) bool {
	return s.config.Reconfiguration == ByStop && slices.ContainsFunc(chosen, func(r rsm.Request) bool {
		_, stop := membershipOf(r)
		return stop
	})
}

// settleStops decides between stops and what was proposed in later slots, so that if
// a stop is left it is the last.
func settleStops(inherited []Proposal) []Proposal {
	for i, stop := range inherited {
		if _, ok := membershipOf(stop.Request); !ok {
			continue
		}
		if !overtaken(stop, inherited[i+1:]) {
			return inherited[:i+1]
		}
		inherited[i] = Proposal{} // a hole: nothing was chosen there
	}
	return inherited
}

// overtaken reports whether something after a stop was proposed in a higher ballot.
func overtaken(stop Proposal, after []Proposal) bool {
	for i := range after {
		if after[i].Ballot > stop.Ballot {
			return true
		}
	}
	return false
}

// voidStopped forgets what was accepted in later slots before the configuration came
// to be in force.
func (s *Server) voidStopped() {
	if s.config.Reconfiguration == ByWindow {
		return
	}
	for slot := s.chosen + 1; slot <= s.slots.last(); slot++ {
		if s.recorded == nil || s.recorded[slot] < s.since() {
			s.slots.forget(slot)
		}
	}
}

// acceptedIn returns the configuration in which what is held in a slot was accepted: that
// which is in force, for what was accepted before is void, or at a start what the record
// says.
func (s *Server) acceptedIn(slot Slot) Slot {
	if s.recorded != nil {
		return s.recorded[slot]
	}
	return s.since()
}

// forgetUnknown forgets, at a start, what was accepted in a configuration of which the
// server does not know any more. A crash took the snapshot from which it knew of it; then
// nobody was told of the acceptance, which was written later. Or that snapshot is damaged,
// and the server promises nothing before it has caught up.
func (s *Server) forgetUnknown() {
	for slot := s.chosen + 1; slot <= s.slots.last(); slot++ {
		if s.recorded[slot] > s.since() {
			s.slots.forget(slot)
		}
	}
}
