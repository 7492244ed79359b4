package paxos

import (
	"math"
	"slices"

	"quorumlab/node"
)

// Membership says who the acceptors are, from a slot on.
type Membership struct {
	From    Slot   // the first slot it governs
	ID      uint64 // of the change that brought it about; zero for the first
	Servers []node.ID
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
// Config.Window.
type members struct {
	memberships []membership // the one that governs the next slot to be chosen, and those that follow
	roster      roster
	peers       []node.ID // the other servers of all memberships
}

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
		for _, id := range m.Servers {
			if s.roster.position(id) < 0 {
				s.roster = append(s.roster, id)
			}
			if id != s.env.ID() && !slices.Contains(s.peers, id) {
				s.peers = append(s.peers, id)
			}
		}
		m.members = s.roster.set(m.Servers)
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
	s.preparedTo = math.MaxUint64
}
