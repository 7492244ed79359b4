package paxos

import (
	"fmt"

	"quorumlab/rsm"
)

// The messages, by the names of Paxos Made Simple §2.2 where it has them. Who sent
// a message comes with it (node.Handler.Receive). The numbers 1a, 1b, 2a and 2b
// are those by which the literature calls the messages of the two phases.

// Proposal is a value proposed for a slot in a ballot.
type Proposal struct {
	Slot    Slot
	Ballot  Ballot
	Request rsm.Request // one without a client is a no-op
}

// Prepare (1a) asks for a promise to accept nothing more below a ballot, for all
// slots from First on at once: that is what makes it Multi-Paxos (Paxos Made
// Simple §3).
type Prepare struct {
	Ballot Ballot
	First  Slot // the proposer knows the values of all slots before
}

// Promise (1b) gives the promise. It is sent once the acceptor's disk holds it.
type Promise struct {
	Ballot Ballot
	// Chosen: the acceptor knows the values of all slots up to here. The proposer
	// needs to know them too before it may count this promise.
	Chosen Slot
	// Accepted is what the acceptor has accepted last in each slot after Chosen.
	Accepted []Proposal
}

// Accept (2a) asks to accept a value in each of one or more consecutive slots. It
// also says what has been chosen so far, which saves a message.
type Accept struct {
	Ballot   Ballot
	First    Slot          // the slot of the first request
	Requests []rsm.Request // at least one
	Chosen   Slot          // all slots up to here are chosen, says the leader
}

// Accepted (2b) says that an acceptor has accepted, in that ballot, the values
// of the slots from First to Last. It is sent once the acceptor's disk holds
// them.
type Accepted struct {
	Ballot      Ballot
	First, Last Slot
}

// Nack tells a proposer that it was overtaken: somebody promised a higher ballot.
// Paxos is correct without it, but this way the proposer need not wait for
// nothing (end of Paxos Made Simple §2.2).
//
// An acceptor that hears from a leader also refuses to promise anything to anybody
// else (Config.KeepLeader), and then the ballot it has promised is that leader's,
// and may be the lower one.
type Nack struct {
	Ballot   Ballot // which is refused
	Promised Ballot // what the acceptor has promised instead
}

// Heartbeat says that a leader is alive and what has been chosen.
type Heartbeat struct {
	Ballot Ballot
	Chosen Slot // all slots up to here are chosen
	// Overdue, unless zero: the slots after Chosen up to this one were proposed
	// long enough ago to wonder what became of them. The acceptor answers with
	// Accepted for those it has and Missing for those it lacks.
	Overdue Slot
	// Round numbers the heartbeats of a ballot. The answer repeats it.
	Round uint64
}

// HeartbeatReply says that the acceptor is there and has promised no higher ballot.
type HeartbeatReply struct {
	Ballot Ballot
	Round  uint64
}

// Missing asks the leader to repeat what it proposed in the slots from First to
// Last.
type Missing struct {
	Ballot      Ballot
	First, Last Slot
}

// Decision says what has been chosen (Config.CommitNotices).
type Decision struct {
	Ballot Ballot
	Chosen Slot // all slots up to here are chosen
}

// CatchUpRequest asks a server for the values chosen from First on.
type CatchUpRequest struct {
	First Slot
}

// CatchUp hands over values that were chosen. Unlike accepted ones they may be
// taken as they are, whatever their ballot was.
type CatchUp struct {
	First    Slot          // the slot of the first request
	Requests []rsm.Request // chosen in consecutive slots
	Chosen   Slot          // the sender knows the values of all slots up to here
}

const (
	ballotSize = 8
	slotSize   = 8
	roundSize  = 8
	lengthSize = 4
)

// Size implements node.Sizer.
func (m Prepare) Size() int { return ballotSize + slotSize }

// Size implements node.Sizer.
func (m Promise) Size() int {
	size := ballotSize + slotSize + lengthSize
	for i := range m.Accepted {
		size += slotSize + ballotSize + m.Accepted[i].Request.Size()
	}
	return size
}

// Size implements node.Sizer.
func (m Accept) Size() int { return ballotSize + 2*slotSize + sizeOf(m.Requests) }

// Size implements node.Sizer.
func (m Accepted) Size() int { return ballotSize + 2*slotSize }

// Size implements node.Sizer.
func (m Nack) Size() int { return 2 * ballotSize }

// Size implements node.Sizer.
func (m Heartbeat) Size() int { return ballotSize + 2*slotSize + roundSize }

// Size implements node.Sizer.
func (m HeartbeatReply) Size() int { return ballotSize + roundSize }

// Size implements node.Sizer.
func (m Missing) Size() int { return ballotSize + 2*slotSize }

// Size implements node.Sizer.
func (m Decision) Size() int { return ballotSize + slotSize }

// Size implements node.Sizer.
func (m CatchUpRequest) Size() int { return slotSize }

// Size implements node.Sizer.
func (m CatchUp) Size() int { return 2*slotSize + sizeOf(m.Requests) }

func sizeOf(requests []rsm.Request) int {
	size := lengthSize
	for i := range requests {
		size += requests[i].Size()
	}
	return size
}

func (p Proposal) String() string {
	return fmt.Sprintf("%d=%v@%v", p.Slot, value(p.Request), p.Ballot)
}

func (m Prepare) String() string { return fmt.Sprintf("Prepare(%v from %d)", m.Ballot, m.First) }

func (m Promise) String() string {
	return fmt.Sprintf("Promise(%v chosen=%d accepted=%s)", m.Ballot, m.Chosen, summary(m.Accepted))
}

func (m Accept) String() string {
	return fmt.Sprintf("Accept(%v %s chosen=%d)", m.Ballot, values(m.First, m.Requests), m.Chosen)
}

func (m Accepted) String() string {
	return fmt.Sprintf("Accepted(%v %s)", m.Ballot, span(m.First, m.Last))
}

func (m Nack) String() string { return fmt.Sprintf("Nack(%v promised %v)", m.Ballot, m.Promised) }

func (m Heartbeat) String() string {
	if m.Overdue == 0 {
		return fmt.Sprintf("Heartbeat(%v chosen=%d)", m.Ballot, m.Chosen)
	}
	return fmt.Sprintf("Heartbeat(%v chosen=%d overdue=%d)", m.Ballot, m.Chosen, m.Overdue)
}

func (m HeartbeatReply) String() string { return fmt.Sprintf("HeartbeatReply(%v)", m.Ballot) }

func (m Missing) String() string {
	return fmt.Sprintf("Missing(%v %s)", m.Ballot, span(m.First, m.Last))
}

func (m Decision) String() string { return fmt.Sprintf("Decision(%v chosen=%d)", m.Ballot, m.Chosen) }

func (m CatchUpRequest) String() string { return fmt.Sprintf("CatchUpRequest(from %d)", m.First) }

func (m CatchUp) String() string {
	return fmt.Sprintf("CatchUp(%s chosen=%d)", values(m.First, m.Requests), m.Chosen)
}

// value names a request by client and sequence number.
func value(r rsm.Request) string {
	if r.Client == 0 {
		return "no-op"
	}
	return fmt.Sprintf("%d/%d", r.Client, r.Sequence)
}

// span names one slot or several.
func span(first, last Slot) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// longestList is how many values a message lists: a line of a trace should stay
// a line.
const longestList = 4

func values(first Slot, requests []rsm.Request) string {
	slots := span(first, first+Slot(len(requests))-1)
	if len(requests) > longestList {
		return slots
	}
	list := make([]string, len(requests))
	for i, r := range requests {
		list[i] = value(r)
	}
	return fmt.Sprintf("%s=%v", slots, list)
}

func summary(proposals []Proposal) string {
	if len(proposals) > longestList {
		return fmt.Sprintf("[%v ... %v, %d slots]", proposals[0], proposals[len(proposals)-1], len(proposals))
	}
	return fmt.Sprint(proposals)
}
