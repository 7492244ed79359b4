package rsm

import (
	"fmt"
	"maps"
	"slices"

	"quorumlab/node"
)

// Executor is the end of a replica that faces its clients. It keeps those who
// wait for an answer, applies what the protocol has committed, and answers. It
// is the same for every protocol: what differs between protocols is only how a
// request comes to be committed.
type Executor struct {
	env      node.Env
	sessions *Sessions
	stamper  Stamper // nil if the machine knows no time
	waiting  map[ClientID]*waiter
	underWay int // how many of them have a request under way
}

// waiter is where the answer to a client's request under way goes. It stays when the
// answer has left, for the next one.
type waiter struct {
	sequence uint64 // of the request; zero if none is under way
	address  node.ID
}

// NewExecutor makes the executor of one replica over a fresh state machine.
func NewExecutor(env node.Env, machine StateMachine) *Executor {
	stamper, _ := machine.(Stamper)
	return &Executor{
		env:      env,
		sessions: NewSessions(machine),
		stamper:  stamper,
		waiting:  make(map[ClientID]*waiter),
	}
}

// Admit takes a client's request at the server that orders them and reports
// whether it has to be put into the log. It does not if it was applied before,
// in which case it is answered, or if it is under way already, in which case the
// answer goes to where the newest copy came from. A request outside of any
// session is refused: nobody could tell its copies apart.
func (x *Executor) Admit(from node.ID, r Request) bool {
	if r.Client == 0 || r.Sequence == 0 {
		x.env.Send(from, Reply{Client: r.Client, Sequence: r.Sequence, Status: Refused})
		return false
	}
	newest := x.sessions.newest[r.Client]
	if reply, ok := newest.reply(r); ok {
		x.env.Send(from, reply)
		return false
	}
	if newest.stale(r) {
		return false // its client has an answer and has gone on
	}
	w := x.waiting[r.Client]
	if w == nil {
		w = new(waiter)
		x.waiting[r.Client] = w
	}
	before := w.sequence
	if before > r.Sequence {
		return false // an old copy: the client has gone on to the one under way
	}
	if before == 0 {
		x.underWay++
	}
	*w = waiter{sequence: r.Sequence, address: from}
	return before != r.Sequence
}

// Stamp returns an admitted request as it has to stand in the log: with the term in which
// this server leads and the time on its clock, if the machine is a Stamper. A server
// stamps when it leads, not while it still stands for election: else it might tell of a
// time that passed while another led as well. Requests without a client stay as they are.
func (x *Executor) Stamp(r Request, term uint64) Request {
	if x.stamper != nil && r.Client != 0 {
		r.Command = x.stamper.Stamp(r.Command, term, x.env.Now())
	}
	return r
}

// Apply carries out a committed request and answers the client that waits for
// it here, if any. Requests without a client (no-ops) change nothing.
func (x *Executor) Apply(r Request) {
	if r.Client == 0 {
		return
	}
	newest := x.sessions.apply(r)
	if x.underWay == 0 {
		return // most replicas order no requests
	}
	if w := x.waiting[r.Client]; w != nil && w.sequence == r.Sequence {
		if reply, ok := newest.reply(r); ok {
			w.sequence = 0
			x.underWay--
			x.env.Send(w.address, reply)
		}
	}
}

// Read answers a read-only request from the state as it is now. That this state
// is new enough is for the protocol to know.
func (x *Executor) Read(from node.ID, r Request) { x.env.Send(from, x.sessions.Read(r)) }

// Redirect turns a request away that this server cannot order.
func (x *Executor) Redirect(from node.ID, r Request, leader node.ID) {
	x.env.Send(from, Reply{Client: r.Client, Sequence: r.Sequence, Status: NotLeader, Leader: leader})
}

// TooLong refuses a request whose command has more bytes than a limit, and reports
// whether it does.
func (x *Executor) TooLong(from node.ID, r Request, limit int) bool {
	if len(r.Command) <= limit {
		return false
	}
	why := fmt.Appendf(nil, "a command may have %d bytes: this one has %d", limit, len(r.Command))
	x.env.Send(from, Reply{Client: r.Client, Sequence: r.Sequence, Status: Refused, Result: why})
	return true
}

// Abandon is called by a server that orders requests no longer: it tells all who
// wait to ask elsewhere. Their requests may still come to be applied.
func (x *Executor) Abandon(leader node.ID) {
	for _, client := range slices.Sorted(maps.Keys(x.waiting)) {
		if w := x.waiting[client]; w.sequence > 0 {
			x.Redirect(w.address, Request{Client: client, Sequence: w.sequence}, leader)
		}
	}
	clear(x.waiting)
	x.underWay = 0
}

// Snapshot returns the replicated state: sessions and machine. Who waits is not
// part of it.
func (x *Executor) Snapshot() []byte { return x.sessions.Snapshot() }

// SnapshotPieces returns the same in pieces: see Sessions.
func (x *Executor) SnapshotPieces() Pieces { return x.sessions.SnapshotPieces() }

// Restore replaces the replicated state by that of a snapshot. On an error it is
// as it was before.
func (x *Executor) Restore(snapshot []byte) error { return x.sessions.Restore(snapshot) }
