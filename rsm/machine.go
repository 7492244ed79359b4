package rsm

import (
	"time"
)

// StateMachine is a deterministic machine: equal commands in equal order lead to
// equal states and answers, on every replica, for ever. It reads no clock, draws
// no random number and lets no map order show.
type StateMachine interface {
	// Apply carries out a command and returns its answer. It is total: a command
	// it does not understand is answered as such and changes nothing. It neither
	// keeps nor changes the slice it is given; the answer is immutable.
	Apply(command []byte) (result []byte)
	// Read answers a command that changes nothing as Apply would, and changes
	// nothing. Any other command is answered like one that is not understood.
	Read(command []byte) (result []byte)
	// Snapshot returns the whole state; equal states give equal bytes.
	Snapshot() []byte
	// Restore replaces the state by that of a snapshot. On an error the state is
	// as it was before.
	Restore(snapshot []byte) error
}

// Stamper is implemented by a StateMachine to which time matters. A machine reads
// no clock, so the time has to come to it in its commands: the server that puts a
// command into the log stamps it with its own clock, once, and every replica
// applies what was stamped. What a server's clock is worth, which may jump and
// differ from that of the next server to order commands, is for the machine to
// consider.
type Stamper interface {
	// Stamp returns the command with the time now on the clock of the server that leads
	// in a term (see node.Leader), or under another number that is higher than those of
	// all leaders before. It must not become longer, and is stamped anew if it
	// bears a stamp already, a client's for example. It changes neither the machine nor
	// the slice it is given.
	//
	// The order of stamps in the log need not be that of the terms: a leader may come
	// upon a command that one of an earlier term had stamped and nobody else knew.
	Stamp(command []byte, term uint64, now time.Duration) []byte
}
