package paxos

import (
	"fmt"

	"quorumlab/rsm"
)

// How messages look in a trace.

func (p Proposal) String() string {
	return fmt.Sprintf("%d=%v@%v", p.Slot, value(p.Request), p.Ballot)
}

func (m Prepare) String() string {
	if m.HandedOver != 0 {
		return fmt.Sprintf("Prepare(%v from %d, handed over)", m.Ballot, m.First)
	}
	return fmt.Sprintf("Prepare(%v from %d)", m.Ballot, m.First)
}

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

func (m HandOver) String() string { return fmt.Sprintf("HandOver(%v)", m.Ballot) }

func (m Known) String() string {
	if m.Answered {
		return fmt.Sprintf("Known(chosen=%d, answered)", m.Chosen)
	}
	return fmt.Sprintf("Known(chosen=%d)", m.Chosen)
}

func (m CatchUpRequest) String() string { return fmt.Sprintf("CatchUpRequest(from %d)", m.First) }

func (m CatchUp) String() string {
	return fmt.Sprintf("CatchUp(%s chosen=%d)", values(m.First, m.Requests), m.Chosen)
}

func (m SnapshotChunk) String() string {
	return fmt.Sprintf("SnapshotChunk(at %d, %d bytes from %d of %d)", m.At, len(m.Data), m.Offset, m.Total)
}

func (m SnapshotRequest) String() string {
	return fmt.Sprintf("SnapshotRequest(at %d from %d)", m.At, m.Offset)
}

func (m FillRequest) String() string { return fmt.Sprintf("FillRequest(through %d)", m.Through) }

// value names a request by client and sequence number.
func value(r rsm.Request) string {
	if servers, ok := membershipOf(r); ok {
		return fmt.Sprintf("members %v", servers)
	}
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
