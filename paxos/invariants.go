package paxos

import (
	"fmt"

	"quorumlab/node"
)

// The invariants. Those of Paxos Made Simple §2.2 are P1a (an acceptor keeps its
// promise) and P2b (what is chosen stays chosen); the others follow from the
// rules by which the paper keeps them, and show a bug earlier.
const (
	// An acceptor's promise never goes down, and a durable one is not forgotten
	// by a restart.
	promiseNeverDown = "Promise Never Goes Down"
	// No acceptor accepts anything in a ballot below its promise (P1a), nor above
	// it: accepting raises the promise.
	acceptedBelow = "Accepted Below Promise"
	// Nothing is accepted in slots which an acceptor that finds its log damaged would take
	// for free of its acceptances.
	acceptedAbove = "Accepted Above Ceiling"
	// No acceptor forgets a durable acceptance before it knows what was chosen, but to
	// damage that it knows of; and then it is not repaired before that cannot matter.
	acceptanceStands = "Acceptance Stands"
	// Every ballot is led by one server, whose own it is, and by that one only once.
	oneLeader = "One Leader per Ballot"
	// Nobody leads a ballot without the durable promises of a quorum.
	preparedByQuorum = "Prepared by a Quorum"
	// Whoever has promised a ballot, and whoever has chosen a value before, have an
	// acceptor in common (Flexible Paxos).
	quorumsMeet = "Quorums Meet"
	// A ballot's value is that of the highest lower ballot in which any of a quorum that
	// has promised the ballot had accepted one (P2c).
	adoptsHighest = "Adopts the Highest"
	// Nobody proposes in a slot before it is known who decides on it.
	beyondWindow = "Proposed Beyond the Window"
	// Nobody proposes anything after a stop before that is chosen, or that may yet be, nor
	// a stop before something that may yet be chosen; and nothing is chosen after it by
	// those for whom it was the last (Stoppable Paxos).
	beyondStop = "Nothing After a Stop"
	// What an acceptor holds, of slots of which it does not know what was chosen, it has
	// accepted in the configuration that it knows to be in force (stop.go).
	heldInForce = "Acceptances Are of the Configuration in Force"
	// In one slot and ballot all servers accept the same value, for ever.
	oneValue = "One Value per Ballot"
	// Once a quorum has durably accepted a value in one ballot it is chosen,
	// whether anybody noticed or not, and no higher ballot has another (P2b).
	chosenStands = "Chosen Value Stands"
	// Nobody takes for chosen what is not.
	chosenByQuorum = "Chosen by a Quorum"
	// Nobody takes for chosen, or carries out, another value than the chosen one.
	agreement = "Agreement"
	// Commands are carried out slot after slot.
	noHole = "No Hole Applied Over"
	// Snapshots of the same slot are equal, on all servers, whether made or handed over.
	snapshotsAgree = "Snapshots Agree"
	// What a server knows and has done it does not unlearn before it crashes.
	chosenNeverDown  = "Chosen Never Goes Down"
	appliedNeverDown = "Applied Never Goes Down"
	// What leases and reads without the log rely on (Config.KeepLeader, reads.go).
	keeps         = "Acceptors Stand by Their Leader"
	readsOwnRound = "Reads Wait for a Round That Began After Them"
	readsFresh    = "Reads See What Was Carried Out Before Them"
	leaseInTime   = "Leases End in Time"
	leaseAlone    = "Nobody Comes to Lead During a Lease"
)

// Invariants judges a cluster from the inside. It is told after every event
// which server has just run, and keeps its own account of what was promised,
// accepted and chosen, by the paper's definitions and not by what the servers
// make of it. A check costs time in proportion to what has changed.
//
// A promise or an acceptance counts from when it is durable, for the protocol
// may not let anybody know before, and a crash may take it away. A machine whose
// disk loses what a sync covered breaks the invariants: Paxos cannot bear that.
type Invariants struct {
	machines []*machine // in the order in which they were first seen
	history  []slotHistory
	leaders  map[Ballot]node.ID

	electorates []electorate // of which the present one is the last in force
	stops       []Proposal   // that are proposed, and in slots not known to be chosen
	prefix      Slot         // all slots up to here are chosen
	total       uint64       // digest of them,
	totals      []uint64     // and of all up to each, by slot - 1
	snapshots   map[Slot]uint64
	offered     Ballot // the highest whose leader has asked another server to take over
}

// machine is what the judge remembers of one machine.
type machine struct {
	id       node.ID
	position int
	server   *Server // its present life
	boots    bool    // what it holds it has not accepted just now
	damaged  bool    // something of what it had accepted may be missing
	since    Slot    // of the configuration that it knew to be in force

	promised Ballot   // after the last event
	before   Ballot   // and before it
	held     []Ballot // by slot - 1: in which ballot the acceptor has accepted last
	leads    Ballot
	chosen   Slot
	applied  Slot
	snapshot Slot

	durablePromise Ballot   // by lives past and present
	pending        []change // not durable yet, oldest first

	authority authority
}

// change is a promise, which has no slot, or an acceptance.
type change struct {
	written uint64 // how much was written when it was
	ballot  Ballot
	slot    Slot
}

// NewInvariants makes a judge for one run of one cluster.
func NewInvariants() *Invariants {
	return &Invariants{leaders: make(map[Ballot]node.ID), snapshots: make(map[Slot]uint64)}
}

// Check is to be called after each call of a handler method of server id, which
// is s, unless the server has ended itself in that call. It returns a
// *node.Violation if an invariant is broken, after which the judge must not be
// asked again.
func (v *Invariants) Check(id node.ID, s *Server) error {
	m := v.machine(id)
	if m == nil {
		m = &machine{id: id, position: len(v.machines)}
		v.meet(m)
	}
	if m.server != s {
		if err := v.checkRestart(m, s); err != nil {
			return err
		}
	}
	for _, check := range checks {
		if err := check(v, m); err != nil {
			return err
		}
	}
	return nil
}

// checks are made in this order after every event: the later ones build on the
// account that the earlier ones have brought up to date.
var checks = [...]func(v *Invariants, m *machine) error{
	(*Invariants).checkPromise,
	(*Invariants).checkDurable, // what was done before
	(*Invariants).checkTouched,
	(*Invariants).checkDurable,
	(*Invariants).checkRepaired,
	(*Invariants).checkLeader,
	(*Invariants).checkChosen,
	(*Invariants).checkVoided,
	(*Invariants).checkApplied,
	(*Invariants).checkSnapshot,
	(*Invariants).checkKeeps,
	(*Invariants).checkReads,
}

// CheckAll compares all that the servers hold with the whole account. Check looks
// only at what an event has changed; CheckAll, for the end of a run, finds out
// whether anything else did.
func (v *Invariants) CheckAll() error {
	for _, m := range v.machines {
		again := &machine{id: m.id, server: m.server}
		for slot := m.server.First(); slot <= m.server.Last(); slot++ {
			if err := v.compare(again, m.server.At(slot)); err != nil {
				return err
			}
		}
		if err := v.checkChosen(again); err != nil {
			return err
		}
		if err := v.checkApplied(again); err != nil {
			return err
		}
	}
	return nil
}

// machine returns the account of a machine, or nil if it was not seen before.
func (v *Invariants) machine(id node.ID) *machine {
	for _, m := range v.machines {
		if m.id == id {
			return m
		}
	}
	return nil
}

// checkRestart begins the account of a new life of a machine.
func (v *Invariants) checkRestart(m *machine, s *Server) error {
	heardAt := m.authority.heardAt
	*m = machine{id: m.id, position: m.position, server: s, durablePromise: m.durablePromise}
	m.authority.boots, m.authority.heardAt = true, heardAt
	if s.Promised() < m.durablePromise {
		return violation(promiseNeverDown, m, "%v was promised and durable, after a restart it is %v",
			m.durablePromise, s.Promised())
	}
	m.damaged = s.Damaged()
	if err := v.lost(m); err != nil {
		return err
	}
	m.boots = true
	for slot := s.First(); slot <= s.Last(); slot++ {
		if err := v.checkHeld(m, slot); err != nil {
			return err
		}
	}
	m.boots = false
	return nil
}

// checkLeader looks at a server that has begun to lead.
func (v *Invariants) checkLeader(m *machine) error {
	term, leads := m.server.Leads()
	ballot := Ballot(term)
	if !leads || ballot == m.leads {
		return nil
	}
	m.leads = ballot
	if ballot.Server() != m.id {
		return violation(oneLeader, m, "it leads %v, which is not its own", ballot)
	}
	if other, ok := v.leaders[ballot]; ok {
		return violation(oneLeader, m, "%v was led by server %d before", ballot, other)
	}
	v.leaders[ballot] = m.id
	if err := v.checkUnleased(m, ballot); err != nil {
		return err
	}
	if err := v.checkPrepared(m, v.governing(m, m.server.Chosen()+1), ballot, m.server.Chosen()+1); err != nil {
		return err
	}
	return v.checkMeeting(m, ballot)
}

// quorum returns the size of a quorum among n servers, given the setting for it.
func quorum(setting, n int) int {
	if setting == 0 {
		return n/2 + 1
	}
	return setting
}

func violation(invariant string, m *machine, format string, arguments ...any) error {
	return &node.Violation{
		Invariant: invariant,
		Detail:    fmt.Sprintf("server %d: ", m.id) + fmt.Sprintf(format, arguments...),
	}
}
