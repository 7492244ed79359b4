package raft

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
	Role     string  `json:"role"` // as Role prints
	Term     Term    `json:"term"`
	VotedFor node.ID `json:"votedFor"` // in Term; zero for nobody
	Leader   node.ID `json:"leader"`   // of Term; zero if not known

	FirstIndex    Index `json:"firstIndex"` // of the log; what is before it is in the snapshot
	LastIndex     Index `json:"lastIndex"`
	LastTerm      Term  `json:"lastTerm"`
	DurableIndex  Index `json:"durableIndex"` // up to where the server knows its disk to hold the log
	CommitIndex   Index `json:"commitIndex"`
	LastApplied   Index `json:"lastApplied"`
	SnapshotIndex Index `json:"snapshotIndex"` // zero if there is no snapshot
	Repairing     bool  `json:"repairing"`     // after damage to its disk: it does not vote

	Voters []node.ID `json:"voters"`
	Old    []node.ID `json:"old,omitempty"` // not empty in joint consensus

	Peers      []PeerState `json:"peers,omitempty"`      // of a candidate: who has voted; of a leader: who stores what
	Waiting    int         `json:"waiting,omitempty"`    // leader: reads that wait to be confirmed
	TransferTo node.ID     `json:"transferTo,omitempty"` // leader: to whom it is handing over
}

// PeerState is what a candidate or leader knows of another server.
type PeerState struct {
	Server  node.ID `json:"server"`
	Voter   bool    `json:"voter"` // or else it learns
	Granted bool    `json:"granted"`
	Match   Index   `json:"match"`
	Next    Index   `json:"next"`
	Doing   string  `json:"doing"` // "probe": next is a guess; "replicate"; "snapshot"
}

// State returns the server's state as it is now.
func (s *Server) State() State {
	c := s.configuration()
	state := State{
		Server: s.env.ID(), Role: s.role.String(), Term: s.term, VotedFor: s.votedFor, Leader: s.leader,
		FirstIndex: s.FirstIndex(), LastIndex: s.LastIndex(), LastTerm: s.log.lastTerm(), DurableIndex: s.journal.durable,
		CommitIndex: s.commitIndex, LastApplied: s.lastApplied, SnapshotIndex: s.snapshot.index, Repairing: s.Repairing(),
		Voters: slices.Clone(c.Voters), Old: slices.Clone(c.Old),
		Waiting: len(s.reads.waiting), TransferTo: s.transfer.to,
	}
	if s.role == Follower {
		return state
	}
	for i := range s.peers {
		p := &s.peers[i]
		doing := "replicate"
		switch {
		case p.sending.index > 0:
			doing = "snapshot"
		case p.probing:
			doing = "probe"
		}
		state.Peers = append(state.Peers, PeerState{p.id, p.votes.any(), p.granted, p.match, p.next, doing})
	}
	return state
}

// String shows the state, a line for the server and one for each peer.
func (s State) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "S%d %s of term %d, vote for %d, leader %d; log %d to %d of term %d, durable to %d, committed to %d, applied to %d, snapshot to %d; members %v",
		s.Server, s.Role, s.Term, s.VotedFor, s.Leader, s.FirstIndex, s.LastIndex, s.LastTerm, s.DurableIndex,
		s.CommitIndex, s.LastApplied, s.SnapshotIndex, &Configuration{Voters: s.Voters, Old: s.Old})
	if s.Repairing {
		b.WriteString("; repairing")
	}
	if s.Waiting > 0 {
		fmt.Fprintf(&b, "; %d reads wait", s.Waiting)
	}
	if s.TransferTo != 0 {
		fmt.Fprintf(&b, "; hands over to %d", s.TransferTo)
	}
	for _, p := range s.Peers {
		kind := "voter"
		if !p.Voter {
			kind = "learner"
		}
		fmt.Fprintf(&b, "\n  S%d %s, granted %t, match %d, next %d, %s", p.Server, kind, p.Granted, p.Match, p.Next, p.Doing)
	}
	return b.String()
}
