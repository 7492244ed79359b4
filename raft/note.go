package raft

import (
	"fmt"

	"quorumlab/node"
)

// Notes for those who watch a run (node.Env.Note). None is on the path of a
// command.

// BecameCandidate says that a server stands for election.
type BecameCandidate struct{ Term Term }

// BecameLeader says that a server has won an election.
type BecameLeader struct{ Term Term }

// SteppedDown says that a candidate or leader gave up its role.
type SteppedDown struct {
	Role Role // what it was
	Term Term // in which term
	For  Term // the term it follows from here on
}

// SnapshotRefused says that a server did not install a snapshot that it was sent.
type SnapshotRefused struct {
	From   node.ID
	Reason error // a *ClusterError, or one that wraps ErrDamaged
}

func (n BecameCandidate) String() string { return fmt.Sprintf("became candidate of term %d", n.Term) }

func (n BecameLeader) String() string { return fmt.Sprintf("became leader of term %d", n.Term) }

func (n SteppedDown) String() string {
	return fmt.Sprintf("stepped down as %v of term %d for term %d", n.Role, n.Term, n.For)
}

// The situations that a batch of runs should have reached.
const (
	MarkSplitVote               node.Mark = "raft: split vote"
	MarkTruncation              node.Mark = "raft: entries replaced"
	MarkLeaderWithoutQuorum     node.Mark = "raft: leader without a quorum stepped down"
	MarkSnapshotTaken           node.Mark = "raft: snapshot taken"
	MarkSnapshotSent            node.Mark = "raft: snapshot sent"
	MarkSnapshotInstalled       node.Mark = "raft: snapshot installed"
	MarkLeaseExpired            node.Mark = "raft: lease expired"
	MarkTransfer                node.Mark = "raft: leadership handed over"
	MarkMembershipChanged       node.Mark = "raft: membership changed"
	MarkConfigurationRolledBack node.Mark = "raft: configuration rolled back"
	MarkDamaged                 node.Mark = "raft: damage found"
	MarkRepaired                node.Mark = "raft: repaired after damage"
	MarkUnrepaired              node.Mark = "raft: damaged, and no leader to be repaired by"
)

func (n SnapshotRefused) String() string {
	return fmt.Sprintf("refused the snapshot of server %d: %v", n.From, n.Reason)
}
