package insync

import "quorumlab/node"

// Acks says when a producer takes a record for stored.
type Acks uint8

// The ways, as Kafka names them.
const (
	AcksNone   Acks = iota // acks=0: when it is sent; there is no answer
	AcksLeader             // acks=1: when the leader has it
	AcksAll                // acks=all: when every in-sync replica has it
)

// Status says what became of a request.
type Status uint8

// The answers.
const (
	OK         Status = iota
	NotLeader         // nothing was stored; ask another broker
	Deposed           // the record was stored, and may stay so; another broker leads now
	TooFew            // fewer in-sync replicas than the minimum: nothing was stored
	TooFewNow         // likewise, but the record was stored before they became so few
	OutOfRange        // the offset is not in the log, or not any more
)

// Record is what the log holds at an offset.
type Record struct {
	Epoch    uint64 // in which a leader took it
	Producer uint64 // zero: it is not numbered, and may be stored twice
	Number   uint64
	Value    string
}

// What clients ask for, and the answers.
type (
	// Produce asks a leader to store a record.
	Produce struct {
		Acks     Acks
		Attempt  uint64 // comes back in the answer
		Producer uint64
		Number   uint64
		Value    string
	}
	// Produced answers Produce. Where no answer is asked for only NotLeader is given.
	Produced struct {
		Attempt uint64
		Status  Status
		Leader  node.ID // with NotLeader and Deposed: whom to ask, or zero
		Offset  int64   // with OK
	}
	// Poll asks a leader for the committed records from an offset on.
	Poll struct {
		Attempt uint64
		Epoch   uint64 // the latest that the consumer has heard of: an older leader must not answer (KIP-320)
		Offset  int64
	}
	// Polled answers Poll.
	Polled struct {
		Attempt uint64
		Status  Status
		Leader  node.ID
		Epoch   uint64
		Values  []string // from the offset asked for; none if there is nothing new
		// With OutOfRange: the first offset that there is, and the next that will be
		// committed.
		Start, High int64
	}
)

// What brokers and the controller tell each other.
type (
	// Heartbeat says that a broker lives, and since when: each life has an incarnation
	// of its own.
	Heartbeat struct{ Incarnation uint64 }
	// Decided tells a broker what the controller has decided, in the life of it that the
	// controller knows: one that was back before it was missed must not take what its
	// last life is told for its own (KIP-380).
	Decided struct {
		Incarnation uint64
		Partition
	}
	// Partition is what the controller has decided. Of two the higher version is the
	// newer.
	Partition struct {
		Version uint64
		Epoch   uint64 // counts leaders
		Leader  node.ID
		InSync  []node.ID
	}
	// ChangeInSync is what the leader of an epoch proposes.
	ChangeInSync struct {
		Version      uint64 // on which it is founded; it is void if there is a newer
		InSync       []node.ID
		Incarnations []uint64 // of these as the leader knows them; zero is itself
	}
	// Fetch asks the leader of an epoch for records from an offset on. It says that
	// the follower has all before it, the last of them of an epoch, and up to where
	// they count as stored.
	Fetch struct {
		Epoch       uint64
		Incarnation uint64
		End
		Stored int64
	}
	// End is where a log ends: the offset of the next record, and the epoch of the last.
	End struct {
		Offset    int64
		LastEpoch uint64
	}
	// Fetched answers Fetch.
	Fetched struct {
		Epoch   uint64
		Asked   End   // where the follower's log ended when it asked
		Offset  int64 // of the first record
		Records []Record
		High    int64
		Start   int64
		// Diverges says that the logs differ before the offset asked for. The leader's
		// records of epochs up to LastEpoch end at Offset.
		Diverges  bool
		LastEpoch uint64
	}
)
