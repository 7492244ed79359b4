package paxos

import "quorumlab/rsm"

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
	// HandedOver: the leader of that ballot has asked the proposer to take over, so that
	// nobody need stand by it, or by those before it. Zero: none has.
	HandedOver Ballot
}

// Promise (1b) gives the promise. It is sent once the acceptor's disk holds it.
type Promise struct {
	Ballot Ballot
	// Chosen: the acceptor knows the values of all slots up to here. The proposer
	// needs to know them too before it may count this promise.
	Chosen Slot
	// Accepted is what the acceptor has accepted last in each slot after Chosen.
	Accepted []Proposal
	// Since is the first slot of the configuration in which it has accepted that, if
	// changes of the membership stop configurations (ByStop).
	Since Slot
}

// Accept (2a) asks to accept a value in each of one or more consecutive slots. It
// also says what has been chosen so far, which saves a message.
type Accept struct {
	Ballot   Ballot
	First    Slot          // the slot of the first request
	Requests []rsm.Request // at least one
	Chosen   Slot          // all slots up to here are chosen, says the leader
	Since    Slot          // the first slot of the leader's configuration, as in Promise
	Round    uint64        // unless zero: it stands for the heartbeat of that number
}

// Accepted (2b) says that an acceptor has accepted, in that ballot, the values
// of the slots from First to Last. It is sent once the acceptor's disk holds
// them.
type Accepted struct {
	Ballot      Ballot
	First, Last Slot
	Round       uint64 // of the Accept, to which this is the answer; or zero
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
	Chosen Slot // the acceptor knows what was chosen up to here
}

// Missing asks the leader to repeat what it proposed in the slots from First to
// Last.
type Missing struct {
	Ballot      Ballot
	First, Last Slot
}

// Decision says what has been chosen (Config.EagerCommit).
type Decision struct {
	Ballot Ballot
	Chosen Slot // all slots up to here are chosen
}

// HandOver asks a server to take over from the leader of a ballot.
type HandOver struct {
	Ballot Ballot
}

// Known says that the sender knows what was chosen up to a slot.
type Known struct {
	Chosen   Slot
	Answered bool // it answers one, and is not answered: else two servers might never end
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

// SnapshotChunk is a part of a snapshot, which takes the place of chosen values that
// are not kept any more.
type SnapshotChunk struct {
	At     Slot // the last slot in the snapshot
	Offset int  // of the data in it
	Data   []byte
	Total  int // the length of the whole
}

// SnapshotRequest asks for the part of a snapshot that begins at an offset.
type SnapshotRequest struct {
	First  Slot // as in CatchUpRequest
	At     Slot
	Offset int
}

// FillRequest asks a leader to see to it that something is chosen in all slots up to
// one, for an acceptor that has forgotten what it accepted there.
type FillRequest struct {
	Through Slot
}
