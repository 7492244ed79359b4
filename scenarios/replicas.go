package scenarios

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
)

// replicas judges whether all replicas carry out the same commands with the same
// answers, and are in the same state after each. It looks at state machines only, so it
// knows nothing of the protocol.
type replicas struct {
	every   uint64    // commands between comparisons of whole states; zero is never
	answers answers   // nil: nobody knows what they should be
	after   []outcome // what came of the first 1, 2, 3, ... commands, as first seen
	broken  *node.Violation
}

// outcome is what came of a number of commands, in hashes.
type outcome struct{ last, answer, all uint64 }

// StateEquality is the invariant that replicas are in the same state after the same
// number of commands.
const StateEquality = "State Equality"

// RightAnswer is the invariant that a command is answered as it should be.
const RightAnswer = "Right Answer"

// Check implements Invariants.
func (r *replicas) Check(node.ID, node.Handler) error { return r.CheckAll() }

// CheckAll implements Invariants.
func (r *replicas) CheckAll() error {
	if r.broken != nil {
		return r.broken
	}
	return nil
}

// compare takes what came of a number of commands on one replica.
func (r *replicas) compare(commands uint64, o outcome, command []byte) {
	switch {
	case commands == uint64(len(r.after))+1:
		r.after = append(r.after, o)
	case commands > uint64(len(r.after)):
		r.broken = &node.Violation{Invariant: StateEquality, Detail: fmt.Sprintf("a replica has carried out %d commands, and the others %d", commands, len(r.after))}
	case r.after[commands-1] != o && r.broken == nil:
		r.broken = &node.Violation{Invariant: StateEquality, Detail: fmt.Sprintf(
			"two replicas differ after %d commands: %s%s", commands, o.differsIn(r.after[commands-1]), r.named(command))}
	}
}

// differsIn says what differs first.
func (o outcome) differsIn(other outcome) string {
	switch {
	case o.last != other.last:
		return "the last one is another"
	case o.answer != other.answer:
		return "the last one was answered otherwise"
	}
	return "the last one and its answer are the same, and the states are not, or were not before"
}

// named tells what a command is, if anybody knows.
func (r *replicas) named(command []byte) string {
	if r.answers == nil {
		return ""
	}
	return "; here it is " + r.answers.text(command)
}

// judge takes what a command was answered that no replica has carried out before.
func (r *replicas) judge(wrong error) {
	if wrong != nil && r.broken == nil {
		r.broken = &node.Violation{Invariant: RightAnswer, Detail: wrong.Error()}
	}
}

// machine wraps the state machine of a replica.
func (r *replicas) machine(inner rsm.StateMachine) rsm.StateMachine {
	m := &comparedMachine{StateMachine: inner, judge: r}
	if s, ok := inner.(rsm.Stamper); ok {
		return stampedMachine{m, s}
	}
	return m
}

// comparedMachine is a state machine that tells the judge what it does. How many
// commands it has carried out goes into its snapshots.
type comparedMachine struct {
	rsm.StateMachine
	judge    *replicas
	commands uint64
	hash     uint64 // of all commands and answers
}

// stampedMachine is one to which time matters.
type stampedMachine struct {
	*comparedMachine
	rsm.Stamper
}

// Apply implements rsm.StateMachine.
func (m *comparedMachine) Apply(command []byte) []byte {
	answer := m.StateMachine.Apply(command)
	if m.commands == uint64(len(m.judge.after)) && m.judge.answers != nil {
		m.judge.judge(m.judge.answers.follow(command, answer))
	}
	m.commands++
	m.hash = rsm.HashBytes(rsm.HashBytes(m.hash, command), answer)
	if h, ok := m.StateMachine.(interface{ Hash() uint64 }); ok && m.judge.every > 0 && m.commands%m.judge.every == 0 {
		m.hash = rsm.HashWord(m.hash, h.Hash())
	}
	m.judge.compare(m.commands, outcome{rsm.HashBytes(0, command), rsm.HashBytes(0, answer), m.hash}, command)
	return answer
}

// Read implements rsm.StateMachine. What the replica that is furthest says is judged.
func (m *comparedMachine) Read(command []byte) []byte {
	answer := m.StateMachine.Read(command)
	if m.commands == uint64(len(m.judge.after)) && m.judge.answers != nil {
		m.judge.judge(m.judge.answers.ask(command, answer))
	}
	return answer
}

// comparedPrefix is how much is put before a snapshot.
const comparedPrefix = 16

// Snapshot implements rsm.StateMachine.
func (m *comparedMachine) Snapshot() []byte { return rsm.Pieces(m.SnapshotPieces()).Whole() }

// SnapshotPieces implements rsm.Piecewise.
func (m *comparedMachine) SnapshotPieces() [][]byte {
	prefix := binary.LittleEndian.AppendUint64(nil, m.commands)
	prefix = binary.LittleEndian.AppendUint64(prefix, m.hash)
	if p, ok := m.StateMachine.(rsm.Piecewise); ok {
		return append([][]byte{prefix}, p.SnapshotPieces()...)
	}
	return [][]byte{prefix, m.StateMachine.Snapshot()}
}

// Restore implements rsm.StateMachine.
func (m *comparedMachine) Restore(snapshot []byte) error {
	if len(snapshot) < comparedPrefix {
		return errors.New("snapshot: ends in the middle")
	}
	if err := m.StateMachine.Restore(snapshot[comparedPrefix:]); err != nil {
		return err
	}
	m.commands = binary.LittleEndian.Uint64(snapshot)
	m.hash = binary.LittleEndian.Uint64(snapshot[8:])
	return nil
}

// Stamp implements rsm.Stamper.
func (m stampedMachine) Stamp(command []byte, term uint64, now time.Duration) []byte {
	return m.Stamper.Stamp(command, term, now)
}

// together are several judges of the inside.
type together []Invariants

// Check implements Invariants.
func (t together) Check(id node.ID, server node.Handler) error {
	for _, judge := range t {
		if err := judge.Check(id, server); err != nil {
			return err
		}
	}
	return nil
}

// CheckAll implements Invariants.
func (t together) CheckAll() error {
	for _, judge := range t {
		if err := judge.CheckAll(); err != nil {
			return err
		}
	}
	return nil
}
