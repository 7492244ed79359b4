package rsm

import (
	"fmt"

	"quorumlab/node"
)

// ClientID names a client's session. Zero is none: protocols use it for entries
// of their own, such as no-ops, which no client asked for.
type ClientID uint64

// Request asks the service to carry out a command exactly once. A retry repeats
// it unchanged.
type Request struct {
	Client   ClientID // the session
	Sequence uint64   // 1, 2, 3, ... within the session
	Command  []byte   // for the state machine; immutable
	// ReadOnly says that the command changes nothing, so that a protocol may
	// answer it without the log. In a log it means nothing.
	ReadOnly bool
}

// RequestOverhead is how many bytes a request has on the wire beside its command.
const RequestOverhead = 24

// Size implements node.Sizer.
func (r Request) Size() int { return RequestOverhead + len(r.Command) }

func (r Request) String() string {
	kind := ""
	if r.ReadOnly {
		kind = " read-only"
	}
	return fmt.Sprintf("Request(client=%d sequence=%d%s, %d bytes)", r.Client, r.Sequence, kind, len(r.Command))
}

// Status says what became of a request.
type Status uint8

const (
	// OK: the command was applied; Result is the machine's answer.
	OK Status = iota
	// NotLeader: this server did not take the request and another may. It is no
	// proof that the command will never be applied: an earlier copy, or a copy
	// that the network made of this one, can still be on its way.
	NotLeader
	// Refused: the command was not applied and never will be, whoever is asked.
	Refused
)

func (s Status) String() string {
	switch s {
	case OK:
		return "ok"
	case NotLeader:
		return "not leader"
	case Refused:
		return "refused"
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Reply answers the request with the same client and sequence number.
type Reply struct {
	Client   ClientID
	Sequence uint64
	Status   Status
	Leader   node.ID // with NotLeader: where to ask, or zero if not known
	Result   []byte  // with OK: the machine's answer; with Refused: why, in words; immutable
}

// Size implements node.Sizer.
func (r Reply) Size() int { return 32 + len(r.Result) }

func (r Reply) String() string {
	return fmt.Sprintf("Reply(client=%d sequence=%d %v leader=%d, %d bytes)",
		r.Client, r.Sequence, r.Status, r.Leader, len(r.Result))
}
