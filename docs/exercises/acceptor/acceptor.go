// Package acceptor is an exercise: an acceptor of single-decree Paxos with two gaps
// to fill. README.md has the task.
package acceptor

import (
	"fmt"
	"strconv"
	"strings"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/paxos/synod"
)

// Acceptor is a machine that votes.
type Acceptor struct {
	env node.Env
	log *wal.Log

	promised synod.Number   // no proposal numbered lower is to be accepted
	accepted synod.Proposal // the last one
}

// New makes an acceptor.
func New(env node.Env, _ synod.Config) node.Handler { return &Acceptor{env: env} }

// receivePrepare is phase 1b. Answer with
//
//	synod.Promise{Number: ..., Accepted: ...}   or   synod.Nack{Number: ..., Promised: ...}
//
// by a.promise, or by a.say.
func (a *Acceptor) receivePrepare(from node.ID, m synod.Prepare) {
	// GAP 1
}

// receiveAccept is phase 2b. Answer with
//
//	synod.Accepted{Proposal: ...}   or   synod.Nack{Number: ..., Promised: ...}
//
// by a.promise, or by a.say.
func (a *Acceptor) receiveAccept(from node.ID, m synod.Accept) {
	// GAP 2
}

// say sends a message at once.
func (a *Acceptor) say(to node.ID, m node.Message) { a.env.Send(to, m) }

// promise sends a message as soon as the disk holds what was written down before.
func (a *Acceptor) promise(to node.ID, m node.Message) { a.log.Send(to, m) }

// writeDown writes what the acceptor has promised and accepted to its disk. After a
// crash recall is called with the same.
func (a *Acceptor) writeDown(promised synod.Number, accepted synod.Proposal) {
	record := fmt.Sprintf("%d %d %s", promised, accepted.Number, accepted.Value)
	if err := a.log.Append([]byte(record)); err != nil {
		a.env.Exit(err)
	}
}

// recall is called when the machine boots, with each thing that was written down
// and is still there, the oldest first.
func (a *Acceptor) recall(promised synod.Number, accepted synod.Proposal) {
	a.promised, a.accepted = promised, accepted
}

// What follows has no gaps.

// Start implements node.Handler.
func (a *Acceptor) Start() {
	log, records, err := wal.Open(a.env, "acceptor")
	if err != nil {
		a.env.Exit(err)
		return
	}
	a.log = log
	for _, record := range records {
		fields := strings.SplitN(string(record), " ", 3)
		promised, _ := strconv.ParseUint(fields[0], 10, 64)
		number, _ := strconv.ParseUint(fields[1], 10, 64)
		a.recall(synod.Number(promised), synod.Proposal{Number: synod.Number(number), Value: synod.Value(fields[2])})
	}
	a.log.Flush()
}

// Receive implements node.Handler.
func (a *Acceptor) Receive(from node.ID, m node.Message) {
	switch m := m.(type) {
	case synod.Prepare:
		a.receivePrepare(from, m)
	case synod.Accept:
		a.receiveAccept(from, m)
	}
	a.log.Flush()
}

// Timeout implements node.Handler.
func (a *Acceptor) Timeout(node.Timer) {}

// Synced implements node.Handler.
func (a *Acceptor) Synced(s node.Sync, err error) {
	if err := a.log.Synced(s, err); err != nil {
		a.env.Exit(err)
	}
}
