package paxos

import (
	"fmt"
	"slices"
	"strings"

	"quorumlab/node"
)

// State is what a server is and knows at a moment, for a viewer: plain data, which
// shares nothing with the server and prints as text and as JSON.
type State struct {
	Server   node.ID `json:"server"`
	Role     string  `json:"role"`     // "follower", "preparing" or "leader"
	Ballot   Ballot  `json:"ballot"`   // its own: the one it prepares or leads, or the last
	Promised Ballot  `json:"promised"` // nothing is accepted below
	Expected node.ID `json:"expected"` // who leads or is about to, it thinks; zero for itself and nobody

	First    Slot `json:"first"` // in which it can hold a proposal; what is before it is in the snapshot
	Last     Slot `json:"last"`  // in which it holds one
	Chosen   Slot `json:"chosen"`
	Applied  Slot `json:"applied"`
	Snapshot Slot `json:"snapshot"` // the last slot in it; zero if there is none
	// Damaged: it may have forgotten what it has accepted, promises nothing, and has to
	// learn what was chosen up to RepairThrough.
	Damaged       bool `json:"damaged"`
	RepairThrough Slot `json:"repairThrough,omitempty"`

	Memberships []Membership `json:"memberships"` // in force, and to come

	PreparedTo Slot        `json:"preparedTo,omitempty"` // leader: phase 1 is over up to here only; zero: for all slots
	Open       int         `json:"open,omitempty"`       // leader: slots that are proposed and not chosen
	Inherited  int         `json:"inherited,omitempty"`  // leader: values to be proposed because others may have chosen them
	Waiting    int         `json:"waiting,omitempty"`    // requests to be proposed
	Reads      int         `json:"reads,omitempty"`      // leader: reads that wait to be answered
	TransferTo node.ID     `json:"transferTo,omitempty"` // leader: to whom it is handing over
	Peers      []PeerState `json:"peers,omitempty"`      // of who prepares or leads
}

// PeerState is what a server that prepares or leads knows of another.
type PeerState struct {
	Server   node.ID `json:"server"`
	Member   bool    `json:"member"`   // of those who decide on the next slot
	Promised bool    `json:"promised"` // its promise counts
	Reached  Slot    `json:"reached"`  // leader: up to here it has answered
}

// State returns the server's state as it is now.
func (s *Server) State() State {
	state := State{
		Server: s.env.ID(), Role: s.role.String(), Ballot: s.ballot, Promised: s.promised, Expected: s.expected,
		First: s.First(), Last: s.Last(), Chosen: s.chosen, Applied: s.applied, Snapshot: s.snapshotAt,
		Damaged: s.damaged, RepairThrough: s.through,
		Open: len(s.open), Inherited: len(s.inherited), Waiting: len(s.waiting),
		Reads: len(s.reads), TransferTo: s.transfer.to,
	}
	for _, m := range s.Memberships() {
		m.Servers = slices.Clone(m.Servers)
		state.Memberships = append(state.Memberships, m)
	}
	if s.role == follower {
		return state
	}
	if s.role == leading && s.preparedTo != allSlots {
		state.PreparedTo = s.preparedTo
	}
	for i, id := range s.roster[1:] {
		p := PeerState{Server: id, Member: s.memberships[0].members.has(i + 1), Promised: s.counts(s.promises[i+1])}
		if s.role == leading {
			p.Reached = s.reached[i+1]
		}
		state.Peers = append(state.Peers, p)
	}
	return state
}

// String shows the state, a line for the server and one for each peer.
func (s State) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "S%d %s", s.Server, s.Role)
	if s.Role == follower.String() {
		fmt.Fprintf(&b, " of %d", s.Expected)
	} else {
		fmt.Fprintf(&b, " %v", s.Ballot)
	}
	fmt.Fprintf(&b, ", promised %v; slots %d to %d, chosen to %d, applied to %d, snapshot to %d",
		s.Promised, s.First, s.Last, s.Chosen, s.Applied, s.Snapshot)
	for i, m := range s.Memberships {
		if i == 0 {
			fmt.Fprintf(&b, "; members %v", m.Servers)
		} else {
			fmt.Fprintf(&b, ", from %d on %v", m.From, m.Servers)
		}
	}
	if s.Damaged {
		fmt.Fprintf(&b, "; damaged, to be repaired through %d", s.RepairThrough)
	}
	if s.PreparedTo != 0 {
		fmt.Fprintf(&b, "; prepared to %d only", s.PreparedTo)
	}
	for _, count := range []struct {
		n    int
		what string
	}{{s.Open, "slots open"}, {s.Inherited, "values inherited"}, {s.Waiting, "requests wait"}, {s.Reads, "reads wait"}} {
		if count.n > 0 {
			fmt.Fprintf(&b, "; %d %s", count.n, count.what)
		}
	}
	if s.TransferTo != 0 {
		fmt.Fprintf(&b, "; hands over to %d", s.TransferTo)
	}
	for _, p := range s.Peers {
		fmt.Fprintf(&b, "\n  S%d member %t, promised %t, reached %d", p.Server, p.Member, p.Promised, p.Reached)
	}
	return b.String()
}
