package mq

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// Machine is the message queue: an rsm.StateMachine that is an rsm.Stamper.
//
// An answer begins with a byte that is zero if the command was carried out, and
// otherwise says why it was refused. A command that is refused has changed nothing;
// only time has passed, as it does with every command that can be decoded.
type Machine struct {
	clock     clock
	queues    named[*queue]
	logs      named[*log]
	exchanges named[*exchange]
	producers producers

	generation uint64 // the last of any group
	// nextPlace is a lower bound for the places of messages in queues to come, so
	// that the lease of a queue that was deleted means nothing in its successor.
	nextPlace uint64

	due time.Duration // before this nothing happens by itself; derived
	// Room for Apply, to be used again for the next command.
	command []byte // behind its stamp
	reader  reader
	targets []target
	scratch []byte
}

// never is later than the end of time.
const never = time.Duration(math.MaxInt64)

// New returns a machine without any queue.
func New() *Machine {
	m := &Machine{nextPlace: 1, due: never}
	return m
}

// Limits that a command is held to.
const (
	MaxMessageBytes = 256 << 10 // of a message's body, and of a record's key and body together
	MaxBatch        = 1000      // messages in one publish, deliveries in one receive, leases in one settlement
	MaxNameBytes    = 255       // of a name or a key
)

// doneAnswer is the answer to a command that has nothing to say.
var doneAnswer = []byte{0}

// Apply implements rsm.StateMachine.
func (m *Machine) Apply(command []byte) []byte {
	s, rest, ok := cutStamp(command)
	c := m.decode(rest)
	if !ok || c == nil {
		return errorAnswer(&Error{Code: ErrMalformed})
	}
	m.clock.advance(s)
	if m.clock.now >= m.due {
		m.expire()
	}
	answer, err := c.apply(m)
	if err != nil {
		return errorAnswer(err)
	}
	return answer
}

// Read implements rsm.StateMachine. Time stands still for it: a lease that has run
// out since the last command counts until the next one.
func (m *Machine) Read(command []byte) []byte {
	_, rest, ok := cutStamp(command)
	c := m.decode(rest)
	if !ok || c == nil || !c.ReadOnly() {
		return errorAnswer(&Error{Code: ErrMalformed})
	}
	answer, err := c.apply(m)
	if err != nil {
		return errorAnswer(err)
	}
	return answer
}

func (m *Machine) decode(rest []byte) Command {
	if len(rest) == 0 {
		return nil
	}
	m.command = rest
	m.reader.begin(rest[1:])
	c := decodeKind(kind(rest[0]), &m.reader)
	if !m.reader.done() {
		return nil
	}
	return c
}

// Stamp implements rsm.Stamper.
func (m *Machine) Stamp(command []byte, term uint64, now time.Duration) []byte {
	if len(command) < stampBytes {
		return command // malformed
	}
	stamped := slices.Clone(command)
	stamp{term: term, now: now}.put(stamped)
	return stamped
}

// Now returns the machine's time.
func (m *Machine) Now() time.Duration { return m.clock.now }

// expire does all that has come due: queue after queue in the order of their names,
// and then log after log.
func (m *Machine) expire() {
	for _, q := range m.queues.sorted {
		q.expire(m)
	}
	for _, l := range m.logs.sorted {
		l.expire(m)
	}
	m.producers.expire(m.clock.now)
	m.due = m.producers.due()
	for _, q := range m.queues.sorted {
		m.dueAt(q.due())
	}
	for _, l := range m.logs.sorted {
		m.dueAt(l.due())
	}
}

// dueAt says that something will be due at a time.
func (m *Machine) dueAt(t time.Duration) { m.due = min(m.due, t) }

func errorAnswer(err *Error) []byte { return append([]byte{byte(err.Code)}, err.Detail...) }

// readAnswer returns what follows in the answer to a command that was carried out.
// Otherwise the error is an *Error.
func readAnswer(answer []byte) (*reader, error) {
	switch {
	case len(answer) == 0:
		return nil, refuse(ErrMalformed, "empty answer")
	case answer[0] == 0:
		return &reader{rest: answer[1:]}, nil
	case Code(answer[0]) > lastCode:
		return nil, refuse(ErrMalformed, "answer of unknown code %d", answer[0])
	}
	return nil, &Error{Code: Code(answer[0]), Detail: string(answer[1:])}
}

// readDone reads the answer of a command that has nothing to say.
func readDone(answer []byte) error {
	r, err := readAnswer(answer)
	if err != nil {
		return err
	}
	return r.finish()
}

// finish returns an error if there is more than was read, or less.
func (r *reader) finish() error {
	if !r.done() {
		return refuse(ErrMalformed, "answer of wrong length")
	}
	return nil
}

// checkName says whether a name is one.
func checkName(field, name string) *Error {
	if name == "" || len(name) > MaxNameBytes || !utf8.ValidString(name) {
		return refuse(ErrBadName, "%s %q: must be UTF-8 of 1 to %d bytes", field, name, MaxNameBytes)
	}
	return nil
}

// checkDuration says whether an option is in its range.
func checkDuration(field string, d, longest time.Duration) *Error {
	if d < 0 || d > longest {
		return refuse(ErrBadOption, "%s %v: must be 0 to %v", field, d, longest)
	}
	return nil
}
