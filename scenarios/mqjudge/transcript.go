package mqjudge

import (
	"time"

	"quorumlab/mq"
)

// Transcript is what all clients of a run asked, and what they were told. It is taken at
// the clients' network, so that it does not depend on what the clients make of it. What
// they do with messages they add themselves.
type Transcript struct {
	Asked []Asked           // in the order of their calls
	Made  map[string]Making // by the message
	Work  []Work
	Said  []Said

	now      func() time.Duration
	clock    int64
	sessions int
}

// NewTranscript begins a transcript. Times are what the function says, virtual ones.
func NewTranscript(now func() time.Duration) *Transcript {
	return &Transcript{now: now, Made: make(map[string]Making)}
}

// Asked is a command that a client asked for. The numbers Call and End order all that
// happened at clients.
type Asked struct {
	Machine       int // the number of the client
	Session       int // a number for each session of the run
	Command       mq.Command
	Call, End     int64 // End is 0 if it was never answered
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

// Work is a client's work on a message.
type Work struct {
	Machine      int
	Queue, Group string
	Value        string
	Began, Ended time.Duration
}
