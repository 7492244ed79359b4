package paxos

import (
	"math"
	"slices"

	"quorumlab/node"
	"quorumlab/rsm"
)

// Membership says who the acceptors are, from a slot on.
type Membership struct {
	From    Slot      `json:"from"` // the first slot it governs
	ID      uint64    `json:"id"`   // of the change that brought it about; zero for the first
	Servers []node.ID `json:"servers"`
}

// membership is a membership as a proposer uses it.
type membership struct {
	Membership
	members serverSet // its servers, by their positions in the roster
}

// members is the part of a server that knows who the others are.
//
// The membership that governs a slot is part of the replicated state: a command
// chosen in slot i governs from slot i+α on (Paxos Made Simple §3: "The set of
// servers … executing the i+αth instance … can then be made part of the state"). So
// everybody who may propose in a slot, knowing what was chosen up to α slots
// before, knows its membership, and nobody else proposes there. α is
// Config.Window, or 1 if a change stops its configuration: see stop.go.
type members struct {
	memberships []membership // the one that governs the next slot to be chosen, and those that follow
	roster      roster
	peers       []node.ID // the other servers of all memberships
	relieved    Slot      // up to here others know what is chosen too
}

const allSlots = math.MaxUint64

// governing returns the membership of a slot that is not known to be chosen.
func (s *Server) governing(slot Slot) *membership {
	for i := len(s.memberships) - 1; i > 0; i-- {
		if s.memberships[i].From <= slot {
			return &s.memberships[i]
		}
	}
	return &s.memberships[0]
}

// isMember reports whether the server is one of some membership, in force or to
// come.
func (s *Server) isMember(id node.ID) bool {
	return slices.ContainsFunc(s.memberships, func(m membership) bool { return slices.Contains(m.Servers, id) })
}

// enroll gives every server of all memberships a position. Those that have one
// keep it.
func (s *Server) enroll() {
	s.peers = nil // it may be in use by a caller further up
	for i := range s.memberships {
		m := &s.memberships[i]
		s.enrollAll(m.Servers)
		m.members = s.roster.set(m.Servers)
	}
	s.enrollAll(s.change.learners)
}

func (s *Server) enrollAll(servers []node.ID) {
	for _, id := range servers {
		if s.roster.position(id) < 0 {
			s.roster = append(s.roster, id)
		}
		if id != s.env.ID() && !slices.Contains(s.peers, id) {
			s.peers = append(s.peers, id)
		}
	}
}

// enrollAnew forgets positions that are not needed any more. A ballot must not be
// under way.
func (s *Server) enrollAnew() {
	s.roster = roster{s.env.ID()}
	s.enroll()
}

// updatePrepared finds out up to where phase 1 is over. The promises of a ballot are
// for all slots, but it takes those of a quorum of the slot's own acceptors.
func (s *Server) updatePrepared() {
	for i := range s.memberships {
		if m := &s.memberships[i]; s.missing(m) > 0 {
			s.preparedTo = m.From - 1
			return
		}
	}
	s.preparedTo = allSlots
}

// learnMembership takes notice of a change of the membership that is chosen in a
// slot.
func (s *Server) learnMembership(chosenIn Slot, r rsm.Request) {
	servers, ok := membershipOf(r)
	if !ok {
		return
	}
	s.memberships = append(s.memberships, membership{Membership: Membership{
		From: chosenIn + s.config.lead(), ID: r.Sequence, Servers: servers,
	}})
	if s.config.Reconfiguration == ByWindow { // otherwise it is in force at once
		s.membershipsChanged()
	}
}

// forgetMemberships forgets those whose last slot is carried out.
func (s *Server) forgetMemberships() {
	for len(s.memberships) > 1 && s.memberships[1].From <= s.applied+1 {
		s.memberships = slices.Delete(s.memberships, 0, 1)
		s.env.Note(MembershipChanged{Membership: s.memberships[0].Membership})
		s.env.Note(MembersChanged)
		s.membershipsChanged()
		if s.role == leading {
			s.renewReads()
			if s.change.id == s.memberships[0].ID {
				s.endChange(rsm.AdminReply{Status: rsm.OK})
			}
		}
	}
}

// membershipsChanged has a leader bring phase 1 to the acceptors that are new: they
// may know of proposals in the slots that they are to decide on. Until the next
// membership is in force it fills the slots before with no-ops if clients do not.
func (s *Server) membershipsChanged() {
	s.enrollMore()
	if s.role == follower && s.expected != 0 && !s.isMember(s.expected) {
		s.awaitLeader()
	}
	if s.role != leading {
		return
	}
	s.fillTo = max(s.fillTo, s.memberships[len(s.memberships)-1].From-1)
	s.inheritAnew()
	s.updatePrepared()
	if s.preparedTo != allSlots {
		s.sendPrepare()
	}
	s.scheduleFlush()
}

// inheritAnew finds out what has to be proposed from the next slot on, when there is
// another promise, or one that had been there begins to matter.
func (s *Server) inheritAnew() {
	s.inherited = s.inherit(s.next())
	s.inheritedTo = max(s.inheritedTo, s.next()-1+Slot(len(s.inherited)))
}

// enrollMore gives those who have come to play a part a place in all accounts.
func (s *Server) enrollMore() {
	s.enroll()
	if s.role == follower {
		return
	}
	for len(s.promises) < len(s.roster) {
		s.promises = append(s.promises, Promise{})
	}
	if s.role == preparing {
		return
	}
	for len(s.pulse.answered) < len(s.roster) {
		s.pulse.answered = append(s.pulse.answered, 0)
		s.reached = append(s.reached, 0)
	}
}

// receiveLatePromise takes the promise of an acceptor whom the leader asked after it
// began to lead, because of a change of the membership. Slots in which the leader
// has proposed something are settled: a ballot has one value per slot. Any other
// promise that is late is of no use.
func (s *Server) receiveLatePromise(i int, m Promise) {
	if s.preparedTo == allSlots || s.counts(s.promises[i]) {
		return
	}
	if m.Chosen > s.chosen { // under other leaders, of whom this one knew nothing
		s.retire(0)
		return
	}
	s.promises[i] = m
	s.inheritAnew()
	s.updatePrepared()
	s.renewReads()
	s.flush()
}

// membershipRequest makes the command that changes the membership. A request of no
// client is never carried out by the state machine; unlike a no-op it says
// something.
func membershipRequest(id uint64, servers []node.ID) rsm.Request {
	var d []byte
	for _, server := range servers {
		d = append(d, byte(server>>8), byte(server))
	}
	return rsm.Request{Sequence: id, Command: d}
}

// membershipOf returns the servers that a command names, or reports that it is
// another command.
func membershipOf(r rsm.Request) (servers []node.ID, ok bool) {
	if r.Client != 0 || len(r.Command) == 0 || len(r.Command)%2 != 0 {
		return nil, false
	}
	for b := r.Command; len(b) > 0; b = b[2:] {
		servers = append(servers, node.ID(b[0])<<8|node.ID(b[1]))
	}
	return servers, true
}

// announce tells the members what this server, which is none, knows to be chosen. It
// may be the only one that knows who they are: had the last leader died as soon as
// the new members were in force, they would not know it themselves.
func (s *Server) announce() {
	if s.chosen > s.relieved {
		s.broadcast(Known{Chosen: s.chosen})
	}
}

// receiveKnown learns what another server has to hand over, or tells one that is behind
// what there is to learn: who the members are it may not know, and who has relieved this
// server may have lost what it knew. A member relieves one that is none.
func (s *Server) receiveKnown(from node.ID, m Known) {
	if m.Chosen > s.chosen {
		s.askCatchUp(from)
		return
	}
	if !m.Answered && (m.Chosen < s.chosen || s.isMember(s.env.ID()) && !s.isMember(from)) {
		s.log.Send(from, Known{Chosen: s.chosen, Answered: true}) // the other will rely on it
	}
	if m.Chosen == s.chosen {
		s.relieved = m.Chosen
	}
}
