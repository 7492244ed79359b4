package paxos

import (
	"fmt"

	"quorumlab/node"
)

// Marks of situations that are rare.
const (
	Duel              node.Mark = "paxos: a candidate is overtaken by another"
	QuorumLost        node.Mark = "paxos: a leader steps down without a quorum"
	MembersChanged    node.Mark = "paxos: new members are in force"
	HoleFilled        node.Mark = "paxos: a new leader fills a hole"
	CaughtUp          node.Mark = "paxos: a server is handed chosen values"
	SnapshotInstalled node.Mark = "paxos: a server is handed a snapshot"
	LeaseExpired      node.Mark = "paxos: a read finds the lease expired"
	HandedOver        node.Mark = "paxos: a leader hands over"
	Repaired          node.Mark = "paxos: an acceptor is repaired after damage"
)

// Notes for those who watch a run (node.Env.Note). None is on the path of a
// command.

// Preparing says that a server has begun phase 1.
type Preparing struct{ Ballot Ballot }

// BecameLeader says that a server has ended phase 1 with a quorum's promises.
type BecameLeader struct{ Ballot Ballot }

// Preempted says that a server that prepared or led gave up its ballot.
type Preempted struct {
	Ballot Ballot // its own
	By     Ballot // the one it heard of: a higher one, or a live leader's
}

// SteppedDown says that a leader gave up its ballot because it could not reach a
// quorum for too long.
type SteppedDown struct{ Ballot Ballot }

// MembershipChanged says that a membership is in force.
type MembershipChanged struct{ Membership Membership }

func (n MembershipChanged) String() string {
	return fmt.Sprintf("%v decide from slot %d on", n.Membership.Servers, n.Membership.From)
}

func (n SteppedDown) String() string {
	return fmt.Sprintf("stepped down from ballot %v: no quorum answers", n.Ballot)
}

func (n Preparing) String() string { return fmt.Sprintf("preparing ballot %v", n.Ballot) }

func (n BecameLeader) String() string { return fmt.Sprintf("became leader of ballot %v", n.Ballot) }

func (n Preempted) String() string {
	return fmt.Sprintf("pre-empted in ballot %v by %v", n.Ballot, n.By)
}
