package synod

import (
	"fmt"
	"time"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// AttemptTimer is a proposer's only timer, and a learner's: it expires when it is
// time to try, or to ask, again.
const AttemptTimer node.Timer = 0

// Proposer is a machine that wants a value chosen. It implements node.Handler.
type Proposer struct {
	env    node.Env
	config Config
	log    *wal.Log
	value  Value // its own

	number   Number // of the attempt under way, or of the last
	highest  Number // heard of in a Nack
	phase    phase
	promises map[node.ID]Promise // phase 1
	proposal Proposal            // phase 2
	accepted map[node.ID]bool
}

type phase uint8

const (
	pausing   phase = iota // between two attempts
	preparing              // phase 1
	proposing              // phase 2
	done                   // its proposal is chosen
)

// NewProposer makes a proposer of a value that is not empty. It panics if the
// configuration is not valid.
func NewProposer(env node.Env, config Config, value Value) *Proposer {
	config.must()
	if value == "" {
		panic("synod: there is no value to propose")
	}
	return &Proposer{env: env, config: config, value: value}
}

// Start implements node.Handler.
func (p *Proposer) Start() {
	log, records, err := wal.Open(p.env, "proposer")
	if err != nil {
		p.env.Exit(err)
		return
	}
	p.log = log
	for _, b := range records {
		last, err := decodeProposal(b)
		if err != nil {
			p.env.Exit(err)
			return
		}
		p.number = last.Number
	}
	p.prepare()
	p.log.Flush()
}

// prepare begins an attempt with phase 1a. The number is written down before
// anybody hears of it: "Each proposer remembers (in stable storage) the
// highest-numbered proposal it has tried to issue" (Paxos Made Simple §2.5), or
// after a crash it might use the number for another value.
func (p *Proposer) prepare() {
	p.number = max(p.number, p.highest).next(p.env.ID())
	if err := p.log.Append(encodeProposal(Proposal{Number: p.number})); err != nil {
		p.env.Exit(err)
		return
	}
	p.phase = preparing
	p.promises = make(map[node.ID]Promise)
	for _, acceptor := range p.config.Acceptors {
		p.log.Send(acceptor, Prepare{Number: p.number})
	}
	p.env.SetTimer(AttemptTimer, p.config.Patience)
}

// Receive implements node.Handler.
func (p *Proposer) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case Promise:
		p.receivePromise(from, m)
	case Accepted:
		p.receiveAccepted(from, m)
	case Nack:
		p.receiveNack(m)
	case Ask:
		if p.phase == done {
			p.prepare() // what is chosen is chosen again, for the learner to see
		}
	}
	p.log.Flush()
}

// receivePromise counts promises. A majority's end phase 1. One that comes later
// changes nothing: a number stands for one value.
func (p *Proposer) receivePromise(from node.ID, m Promise) {
	if p.phase != preparing || m.Number != p.number {
		return
	}
	p.promises[from] = m
	if len(p.promises) == p.config.majority() {
		p.propose()
	}
}

// propose is phase 2a. The value is that "of the highest-numbered proposal among
// the responses, or is any value if the responses reported no proposals" (Paxos
// Made Simple §2.2).
func (p *Proposer) propose() {
	var highest Proposal
	for _, acceptor := range p.config.Acceptors {
		if reported := p.promises[acceptor].Accepted; reported.Number > highest.Number {
			highest = reported
		}
	}
	p.proposal = Proposal{Number: p.number, Value: highest.Value}
	if highest.Number == 0 {
		p.proposal.Value = p.value
	}
	p.phase = proposing
	p.accepted = make(map[node.ID]bool)
	for _, acceptor := range p.config.Acceptors {
		p.env.Send(acceptor, Accept{Proposal: p.proposal})
	}
}

// receiveAccepted counts acceptances, so that the proposer knows when to stop.
func (p *Proposer) receiveAccepted(from node.ID, m Accepted) {
	if p.phase != proposing || m.Proposal != p.proposal {
		return
	}
	p.accepted[from] = true
	if len(p.accepted) == p.config.majority() {
		p.phase = done
		p.env.StopTimer(AttemptTimer)
	}
}

// receiveNack gives the attempt up, for a while that is drawn at random, so that
// one of two proposers that overtake each other gets the time to finish (Paxos
// Made Simple §2.4).
func (p *Proposer) receiveNack(m Nack) {
	p.highest = max(p.highest, m.Promised)
	if m.Number != p.number || p.phase != preparing && p.phase != proposing {
		return
	}
	p.phase = pausing
	pause := time.Duration(p.env.Rand().Int64N(int64(p.config.Backoff) + 1))
	p.env.SetTimer(AttemptTimer, pause)
}

// Timeout implements node.Handler: it is time for another attempt.
func (p *Proposer) Timeout(node.Timer) {
	p.prepare()
	p.log.Flush()
}

// Synced implements node.Handler.
func (p *Proposer) Synced(s node.Sync, err error) {
	if err := p.log.Synced(s, err); err != nil {
		p.env.Exit(err)
	}
}

// Done reports whether the proposer knows a value to be chosen, and which.
func (p *Proposer) Done() (Value, bool) { return p.proposal.Value, p.phase == done }

// String returns the proposer's state.
func (p *Proposer) String() string {
	state := [...]string{"pausing after", "preparing", "proposing in", "done in"}[p.phase]
	return fmt.Sprintf("proposer of %s: %s %v", p.value, state, p.number)
}
