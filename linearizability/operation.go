package linearizability

import (
	"fmt"
	"strconv"
)

// History lists operations, in any order.
type History []Operation

// Operation is one operation as its client saw it.
type Operation struct {
	// Client is who called, 0 or more. A client has one operation under way at a
	// time, but for those to which it had no answer: it may go on without.
	Client int
	// Key names the object, in models that have many of them; else it is empty.
	Key string
	// Input is what was asked for.
	Input Input
	// Output is what was answered, of the type that the input's documentation
	// says. It means nothing unless the outcome is OutcomeOK.
	Output any
	// Call and Return are when the client called and when it knew the outcome.
	// Return is not before Call; it means nothing with OutcomeUnknown.
	Call, Return int64
	Outcome      Outcome
}

// Outcome is what a client knows of the fate of its operation. The zero Outcome
// is none of the three, and refused as an omission.
type Outcome uint8

const (
	// OutcomeOK: it happened, between Call and Return, and was answered.
	OutcomeOK Outcome = iota + 1
	// OutcomeFailed: it did not happen and never will.
	OutcomeFailed
	// OutcomeUnknown: it happened at some time after Call, or will, or never
	// does. A timeout and a lost connection are of this kind.
	OutcomeUnknown
)

// String returns the name that history files use.
func (o Outcome) String() string {
	switch o {
	case OutcomeOK:
		return "ok"
	case OutcomeFailed:
		return "failed"
	case OutcomeUnknown:
		return "unknown"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Input is what an operation asks for: one of the types of this package, as a
// plain value that can be compared with ==.
type Input interface {
	// String describes the input for people.
	String() string
	// op is the name that history files use.
	op() string
}

// Read asks for the present value. The answer of a register or a key is a
// string or an int64, or nil if there is no value; that of a counter is an int64.
type Read struct{}

// Write sets the value of a register or a key. Value is a string or an int64, or
// nil to leave no value there. There is no answer: Output is nil.
type Write struct{ Value any }

// CompareAndSwap sets the value of a register or a key to New if it is Old. Each
// is a string or an int64, or nil for no value. The answer is a bool: whether it
// was Old.
type CompareAndSwap struct{ Old, New any }

// Add adds Delta to a counter. The answer is an int64: the value before. It is nil
// if the service only acknowledges.
type Add struct{ Delta int64 }

// Enqueue puts a value at the end of a queue. There is no answer: Output is nil.
type Enqueue struct{ Value string }

// Dequeue takes the first value from a queue. The answer is a string, or nil if
// the queue was empty.
type Dequeue struct{}

// Send puts a value at the end of a log. The answer is an int64: its offset, which
// is the number of values before it. It is nil if the service only acknowledges.
type Send struct{ Value string }

// Poll asks for the value at an offset of a log, which is 0 or more. The answer is
// a string, or nil if the log is not as long.
type Poll struct{ Offset int64 }

// Consume asks a log for what comes next, wherever that is for this consumer. The
// answer is [Records]: offsets with their values.
type Consume struct{}

// Receive takes the first value of a leased queue that nobody holds. The answer is
// a string, or nil if there is none. Whoever received a value holds it until it is
// acknowledged or the lease expires.
type Receive struct{}

// Acknowledge removes a value that somebody holds from a leased queue. The answer
// is a bool: whether somebody held it.
type Acknowledge struct{ Value string }

// Expire ends the lease of a value: it goes back to its old place. The answer is a
// bool: whether somebody held it. Since no client is told when a lease expires,
// histories have it with OutcomeUnknown, called when it may expire at the earliest.
type Expire struct{ Value string }

// Insert puts a value into a set. The answer is a bool: whether it was new.
type Insert struct{ Value string }

// Remove takes a value from a set. The answer is a bool: whether it was there.
type Remove struct{ Value string }

// Contains asks whether a value is in a set. The answer is a bool.
type Contains struct{ Value string }

// Acquire takes a lock if nobody holds it. The answer is a bool: whether Owner
// has just got it.
type Acquire struct{ Owner string }

// Release gives a lock back. The answer is a bool: whether Owner held it.
type Release struct{ Owner string }

func (Read) op() string           { return "read" }
func (Write) op() string          { return "write" }
func (CompareAndSwap) op() string { return "cas" }
func (Add) op() string            { return "add" }
func (Enqueue) op() string        { return "enqueue" }
func (Dequeue) op() string        { return "dequeue" }
func (Send) op() string           { return "send" }
func (Poll) op() string           { return "poll" }
func (Consume) op() string        { return "poll" }
func (Receive) op() string        { return "receive" }
func (Acknowledge) op() string    { return "acknowledge" }
func (Expire) op() string         { return "expire" }
func (Insert) op() string         { return "insert" }
func (Remove) op() string         { return "remove" }
func (Contains) op() string       { return "contains" }
func (Acquire) op() string        { return "acquire" }
func (Release) op() string        { return "release" }

func (Read) String() string    { return "read()" }
func (w Write) String() string { return "write(" + formatValue(w.Value) + ")" }
func (a Add) String() string   { return "add(" + strconv.FormatInt(a.Delta, 10) + ")" }
func (e Enqueue) String() string {
	return "enqueue(" + formatValue(e.Value) + ")"
}
func (Dequeue) String() string { return "dequeue()" }
func (s Send) String() string  { return "send(" + formatValue(s.Value) + ")" }
func (p Poll) String() string  { return "poll(" + strconv.FormatInt(p.Offset, 10) + ")" }
func (Consume) String() string { return "poll()" }
func (Receive) String() string { return "receive()" }
func (a Acknowledge) String() string {
	return "acknowledge(" + formatValue(a.Value) + ")"
}
func (e Expire) String() string   { return "expire(" + formatValue(e.Value) + ")" }
func (i Insert) String() string   { return "insert(" + formatValue(i.Value) + ")" }
func (r Remove) String() string   { return "remove(" + formatValue(r.Value) + ")" }
func (c Contains) String() string { return "contains(" + formatValue(c.Value) + ")" }
func (a Acquire) String() string  { return "acquire(" + formatValue(a.Owner) + ")" }
func (r Release) String() string  { return "release(" + formatValue(r.Owner) + ")" }
func (c CompareAndSwap) String() string {
	return "cas(" + formatValue(c.Old) + ", " + formatValue(c.New) + ")"
}

// String describes the operation on one line.
func (o Operation) String() string {
	key := ""
	if o.Key != "" {
		key = fmt.Sprintf(" key %q", o.Key)
	}
	return fmt.Sprintf("client %d%s: %v → %s", o.Client, key, o.Input, o.Answer())
}

// Answer describes what the client got.
func (o *Operation) Answer() string {
	switch {
	case o.Outcome == OutcomeUnknown:
		return "?"
	case o.Outcome != OutcomeOK:
		return o.Outcome.String()
	}
	if o.answersNothing() {
		return "ok"
	}
	return formatValue(o.Output)
}

// text returns the only string of an input, if that is all there is in it.
func text(in Input) (text string, has bool) {
	switch in := in.(type) {
	case Enqueue:
		return in.Value, true
	case Send:
		return in.Value, true
	case Acknowledge:
		return in.Value, true
	case Expire:
		return in.Value, true
	case Insert:
		return in.Value, true
	case Remove:
		return in.Value, true
	case Contains:
		return in.Value, true
	case Acquire:
		return in.Owner, true
	case Release:
		return in.Owner, true
	case Command:
		return in.Text, true
	}
	return "", false
}

// answersNothing reports whether an operation is only acknowledged: nothing in its
// answer can be wrong.
func (o *Operation) answersNothing() bool {
	switch o.Input.(type) {
	case Write, Enqueue:
		return true
	case Add, Send:
		return o.Output == nil
	}
	return false
}

// isAnsweredBy reports whether an answer of the model is what the client got.
func (o *Operation) isAnsweredBy(answer any) bool {
	return answer == o.Output || o.Output == nil && o.answersNothing()
}

// formatValue writes a value as history files do.
func formatValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}
