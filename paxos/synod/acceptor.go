package synod

import (
	"fmt"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// Acceptor is a machine that votes. It implements node.Handler. What it has
// answered it must remember "even if it fails and then restarts" (Paxos Made
// Simple §2.2): no answer leaves before the disk holds what it says.
type Acceptor struct {
	env    node.Env
	config Config
	log    *wal.Log

	promised Number   // no proposal numbered lower is accepted
	accepted Proposal // last
}

// NewAcceptor makes an acceptor. It panics if the configuration is not valid.
func NewAcceptor(env node.Env, config Config) *Acceptor {
	config.must()
	return &Acceptor{env: env, config: config}
}

// Start implements node.Handler.
func (a *Acceptor) Start() {
	log, records, err := wal.Open(a.env, "acceptor")
	if err != nil {
		a.env.Exit(err)
		return
	}
	a.log = log
	for _, b := range records {
		p, err := decodeProposal(b)
		if err != nil {
			a.env.Exit(err)
			return
		}
		a.promised = p.Number
		if p.Value != "" {
			a.accepted = p
		}
	}
	a.log.Flush()
}

// Receive implements node.Handler.
func (a *Acceptor) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case Prepare:
		a.receivePrepare(from, m)
	case Accept:
		a.receiveAccept(from, m)
	}
	a.log.Flush()
}

// receivePrepare is phase 1b: "If an acceptor receives a prepare request with
// number n greater than that of any prepare request to which it has already
// responded, then it responds to the request with a promise not to accept any
// more proposals numbered less than n and with the highest-numbered proposal (if
// any) that it has accepted" (Paxos Made Simple §2.2).
func (a *Acceptor) receivePrepare(from node.ID, m Prepare) {
	if m.Number < a.promised {
		a.env.Send(from, Nack{Number: m.Number, Promised: a.promised})
		return
	}
	if m.Number > a.promised && !a.write(Proposal{Number: m.Number}) {
		return
	}
	a.promised = m.Number // an equal one is the same Prepare, once more
	a.log.Send(from, Promise{Number: m.Number, Accepted: a.accepted})
}

// receiveAccept is phase 2b: an acceptor accepts a proposal "unless it has already
// responded to a prepare request having a number greater than n" (Paxos Made
// Simple §2.2). Accepting counts as promising: if a lower proposal were accepted
// later, what is reported would not be the highest.
func (a *Acceptor) receiveAccept(from node.ID, m Accept) {
	if m.Proposal.Number < a.promised {
		a.env.Send(from, Nack{Number: m.Proposal.Number, Promised: a.promised})
		return
	}
	if m.Proposal != a.accepted && !a.write(m.Proposal) {
		return
	}
	a.promised, a.accepted = m.Proposal.Number, m.Proposal
	a.log.Send(from, Accepted(m))
	for _, learner := range a.config.Learners {
		a.log.Send(learner, Accepted(m))
	}
}

// write writes a promise, which has no value, or an acceptance to the log.
func (a *Acceptor) write(p Proposal) bool {
	if err := a.log.Append(encodeProposal(p)); err != nil {
		a.env.Exit(err)
		return false
	}
	return true
}

// Timeout implements node.Handler. An acceptor has no timer: it only answers.
func (a *Acceptor) Timeout(node.Timer) {}

// Synced implements node.Handler.
func (a *Acceptor) Synced(s node.Sync, err error) {
	if err := a.log.Synced(s, err); err != nil {
		a.env.Exit(err)
	}
}

// String returns the acceptor's state.
func (a *Acceptor) String() string {
	return fmt.Sprintf("acceptor: promised %v, accepted %v", a.promised, a.accepted)
}
