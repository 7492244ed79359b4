package synod

import "fmt"

// The messages, by the names of Paxos Made Simple §2.2. Who sent a message comes
// with it (node.Handler.Receive).

// Prepare (1a) asks an acceptor for a promise to accept no proposal numbered
// lower any more.
type Prepare struct{ Number Number }

// Promise (1b) gives the promise, and reports the proposal that the acceptor has
// accepted last, if any.
type Promise struct {
	Number   Number
	Accepted Proposal
}

// Accept (2a) asks an acceptor to accept a proposal.
type Accept struct{ Proposal Proposal }

// Accepted (2b) says, to proposer and learners, that the acceptor has accepted a
// proposal.
type Accepted struct{ Proposal Proposal }

// Nack tells a proposer that the acceptor has promised a higher number. Nothing
// depends on it but how soon the proposer gives up (end of Paxos Made Simple §2.2).
type Nack struct {
	Number   Number // which the proposer used
	Promised Number // the higher one
}

// Ask is how a learner that has not heard enough has a proposer propose once more
// (Paxos Made Simple §2.3).
type Ask struct{}

func (m Prepare) String() string { return fmt.Sprintf("Prepare(%v)", m.Number) }
func (m Promise) String() string {
	return fmt.Sprintf("Promise(%v, accepted %v)", m.Number, m.Accepted)
}
func (m Accept) String() string   { return fmt.Sprintf("Accept(%v)", m.Proposal) }
func (m Accepted) String() string { return fmt.Sprintf("Accepted(%v)", m.Proposal) }
func (m Nack) String() string     { return fmt.Sprintf("Nack(%v, promised %v)", m.Number, m.Promised) }
func (m Ask) String() string      { return "Ask" }
