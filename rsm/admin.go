package rsm

import (
	"fmt"

	"quorumlab/node"
)

// The messages of an administrator, whatever the protocol. They may be sent to
// any server, and are answered with AdminReply. As with requests, no answer
// means nothing: it may have been lost, or be still to come.

// TransferLeadership asks the leader to hand over to another server.
type TransferLeadership struct {
	To node.ID // zero: to whichever server is most fit
}

// ChangeMembership asks for the cluster to consist of the given servers from now
// on. A retry repeats it unchanged: a change that is in force already is OK. Changes
// are numbered upwards, whoever asks for them, and one with a lower number than that of
// the change that was made last is refused: so an old copy, which was under way for
// long, does not undo what was asked for since.
type ChangeMembership struct {
	ID      uint64    // its number, which comes back in the answer; zero is none
	Servers []node.ID // immutable
}

// AdminReply answers TransferLeadership and ChangeMembership.
type AdminReply struct {
	ID     uint64  // of ChangeMembership, zero with TransferLeadership
	Status Status  // OK: it is done
	Leader node.ID // with NotLeader: where to ask, or zero if not known
	Reason string  // with Refused: why
}

// Size implements node.Sizer.
func (m TransferLeadership) Size() int { return 4 }

// Size implements node.Sizer.
func (m ChangeMembership) Size() int { return 8 + 4*len(m.Servers) }

// Size implements node.Sizer.
func (r AdminReply) Size() int { return 13 + len(r.Reason) }

func (m TransferLeadership) String() string { return fmt.Sprintf("TransferLeadership(to=%d)", m.To) }

func (m ChangeMembership) String() string {
	return fmt.Sprintf("ChangeMembership(id=%d servers=%v)", m.ID, m.Servers)
}

func (r AdminReply) String() string {
	s := fmt.Sprintf("AdminReply(id=%d %v leader=%d)", r.ID, r.Status, r.Leader)
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}
