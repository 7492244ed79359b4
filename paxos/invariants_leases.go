package paxos

import (
	"math"
	"time"
)

// authority is what the judge remembers of how a machine stands to leaders: what it
// heard as an acceptor, in this life or an earlier one, and which rounds of heartbeats
// it began as a leader.
type authority struct {
	boots   bool          // it was not seen since it started
	heard   bool          // from the leader of the promised ballot,
	heardAt time.Duration // on its own clock
	says    heard         // what it says of that itself
	led     bool

	ballot Ballot // of the rounds
	round  uint64 // the newest that it had begun after its last event
	begun  []begunRound
	since  Slot   // of the membership that was in force then
	floors []Slot // of the reads that waited then: so much somebody had carried out when they came
}

type heard struct {
	leader bool
	at     time.Duration
}

type begunRound struct {
	number uint64
	at     time.Duration
}

// checkKeeps: an acceptor that hears a leader, or is one, promises nothing to others
// for as long as leases rely on, unless that leader, or a later one, has asked another
// to take over. A restart does not shorten that.
func (v *Invariants) checkKeeps(m *machine) error {
	s, own := m.server, &m.authority
	if s.role == leading && s.pulse.offered {
		v.offered = max(v.offered, s.ballot)
	}
	before, says := *own, heard{s.heardLeader, s.heardAt}
	own.boots, own.says, own.led = false, says, s.role == leading
	if before.boots {
		owner := s.promised.Server()
		own.heard = owner != 0 && owner != m.id
		own.heardAt = min(max(before.heardAt, s.heardAt), s.env.Now())
		return nil
	}
	if says != before.says {
		own.heard, own.heardAt = says.leader, says.at
	}
	// Who has promised without having heard from the leader has answered a Prepare.
	owner := m.promised.Server()
	answered := m.promised > m.before && owner != m.id && owner != m.before.Server() && !s.heardLeader
	if !answered || !s.config.KeepLeader || v.offered >= m.before && v.offered != 0 {
		return nil
	}
	since := max(0, s.env.Now()-before.heardAt) // if the clock was set back, nobody knows how long it is
	if before.led || before.heard && since < s.config.LeaderTimeoutMin {
		return violation(keeps, m, "it promises %v, though it heard the leader of %v %v before", m.promised, m.before, since)
	}
	return nil
}

// checkReads: a read waits for a round that begins after it came, and after the
// membership came into force that is; what is read has all that anybody had carried out
// when the read came; and a lease lasts, from when the round began that a quorum has
// answered, no longer than the shortest leader timeout on the slowest clock.
func (v *Invariants) checkReads(m *machine) error {
	s, own := m.server, &m.authority
	if s.role != leading || s.config.Reads == ReadLog {
		return nil
	}
	if own.ballot != s.ballot {
		own.ballot, own.round, own.begun, own.floors = s.ballot, 0, nil, nil
		own.since = s.memberships[0].From
	}
	if err := v.checkAnswered(m); err != nil {
		return err
	}
	old := len(own.floors) // of those that wait were there before
	if since := s.memberships[0].From; since != own.since {
		own.since, old = since, 0
	}
	for i := range s.reads {
		if i >= old && s.reads[i].round <= own.round {
			return violation(readsOwnRound, m, "a read that has just come, or the members with it, waits for round %d of %v, which had begun before", own.round, s.ballot)
		}
	}
	for len(own.floors) < len(s.reads) {
		own.floors = append(own.floors, v.carriedOut())
	}
	if s.config.Reads == ReadLease {
		if err := v.checkLease(m); err != nil {
			return err
		}
	}
	own.round = s.pulse.round
	return nil
}

// checkAnswered looks at the reads that wait no more. They were answered: an event brings
// reads or ends some.
func (v *Invariants) checkAnswered(m *machine) error {
	s, own := m.server, &m.authority
	for len(own.floors) > len(s.reads) {
		if floor := own.floors[0]; s.applied < floor {
			return violation(readsFresh, m, "it leads %v and has answered a read in the state after slot %d; when that came, slot %d was carried out elsewhere",
				s.ballot, s.applied, floor)
		}
		own.floors = own.floors[1:]
	}
	return nil
}

// carriedOut returns up to which slot somebody has carried out what was chosen.
func (v *Invariants) carriedOut() (slot Slot) {
	for _, m := range v.machines {
		slot = max(slot, m.applied)
	}
	return slot
}

func (v *Invariants) checkLease(m *machine) error {
	s, own, now := m.server, &m.authority, m.server.env.Now()
	for round := own.round + 1; round <= s.pulse.round; round++ {
		own.begun = append(own.begun, begunRound{round, now})
	}
	for len(own.begun) > 1 && own.begun[1].number <= s.pulse.confirmed {
		own.begun = own.begun[1:]
	}
	if !s.holdsLease() {
		return nil
	}
	if len(own.begun) == 0 || own.begun[0].number > s.pulse.confirmed {
		return violation(leaseInTime, m, "it leads %v and holds a lease, and no round that it began was answered", s.ballot)
	}
	lasts := time.Duration(math.Floor(float64(s.config.LeaderTimeoutMin) / s.config.ClockDriftBound))
	if held := now - own.begun[0].at; held > lasts {
		return violation(leaseInTime, m, "it leads %v and holds a lease %v after it began the round that was answered, and leases last for %v", s.ballot, held, lasts)
	}
	if s.pulse.offered {
		return violation(leaseInTime, m, "it leads %v and holds a lease, though it has asked another server to take over", s.ballot)
	}
	if slot := v.carriedOut(); s.applied < slot && s.applied >= max(s.chosen, s.inheritedTo) {
		return violation(readsFresh, m, "it leads %v, holds a lease, and would answer reads in the state after slot %d; slot %d was carried out elsewhere",
			s.ballot, s.applied, slot)
	}
	return nil
}

// checkUnleased: nobody comes to lead while another server holds a lease. One that has
// missed the end of its configuration may lead that: nothing comes of it.
func (v *Invariants) checkUnleased(m *machine, ballot Ballot) error {
	for _, other := range v.machines {
		o := other.server
		if other == m || o == nil || o.role != leading || o.config.Reads != ReadLease || o.memberships[0].From != m.server.memberships[0].From {
			continue
		}
		if o.ballot < ballot && o.holdsLease() {
			return violation(leaseAlone, m, "it leads %v, while server %d, which leads %v, holds a lease", ballot, other.id, o.ballot)
		}
	}
	return nil
}
