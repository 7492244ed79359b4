package mqjudge

import (
	"time"

	"quorumlab/mq"
	"quorumlab/mq/reference"
)

// Transcript is what all clients of a run asked, and what they were told. It is taken at
// the clients' network, so that it does not depend on what the clients make of it. What
// they do with messages they add themselves.
type Transcript struct {
	Asked []Asked           // in the order of their calls
	Made  map[string]Making // by the message
	Work  []Work
	Said  []Said
	Told  []Told

	now      func() time.Duration
	clock    int64
	sessions int
	answered map[int]int    // by client: where in Asked that is which it was answered last
	meant    map[int]string // by client: what it is about to ask for
}

// NewTranscript begins a transcript. Times are what the function says, virtual ones.
func NewTranscript(now func() time.Duration) *Transcript {
	return &Transcript{now: now, Made: make(map[string]Making), answered: make(map[int]int), meant: make(map[int]string)}
}

// Asked is a command that a client asked for. The numbers Call and End order all that
// happened at clients.
type Asked struct {
	Machine       int // the number of the client
	Session       int // a number for each session of the run
	Command       mq.Command
	Meant         string // the command as the client said itself (Mean), if it did
	Call, End     int64  // End is 0 if it was never answered
	Called, Ended time.Duration
	Answer        []byte
	Refused       bool // no server will ever carry it out
}

// Making is how a message came to be.
type Making struct {
	At      time.Duration
	Machine int  // the number of the client that made it
	Number  int  // which of its messages it is
	Poison  bool // nobody can deal with it
}

func (t *Transcript) tick() int64 {
	t.clock++
	return t.clock
}

// Said is what the owner of a consumer said about a lease, for its consumer to tell the
// service.
type Said struct {
	Machine int
	Queue   string
	Lease   mq.Lease
	How     mq.Settlement
	Timeout time.Duration // of Extending and Postponing
}

// Told is what a client told its owner: [Delivered], [Settled], [Confirmed] or [Refused].
type Told struct {
	Machine int
	At      time.Duration
	Answer  int // where in Asked that is which the client was answered last, or -1
	What    any
}

// What clients tell their owners. A code of zero is that all is well.
type (
	// Delivered is a message that a consumer gave its owner. Repeated: it acknowledges it
	// again by itself, because it remembers that the owner had. Done: it is to remember that.
	Delivered struct {
		mq.Delivery
		Repeated, Done bool
	}
	// Settled is what became of what an owner has said about a lease.
	Settled struct {
		mq.Lease
		How  mq.Settlement
		Code mq.Code
	}
	// Confirmed is that messages are stored.
	Confirmed struct {
		mq.Number
		Messages [][]byte
		mq.Confirmation
	}
	// Refused is that they are not.
	Refused struct {
		mq.Number
		Messages [][]byte
		Code     mq.Code
	}
)

// Mean writes down what a client is about to ask for: what is sent may be something else.
func (t *Transcript) Mean(machine int, c mq.Command) { t.meant[machine] = reference.Text(c) }

// Tell writes down what a client told its owner.
func (t *Transcript) Tell(machine int, what any) {
	at, any := t.answered[machine]
	if !any {
		at = -1
	}
	t.Told = append(t.Told, Told{machine, t.now(), at, what})
}

// Work is a client's work on a message.
type Work struct {
	Machine      int
	Queue, Group string
	Value        string
	Began, Ended time.Duration
}
