package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"quorumlab/node"
)

// TraceWriter is an observer that writes the trace as JSON Lines: one object per
// event, on a line of its own. Its fields, in this order, are
//
//	number       counts the events of the run from 1
//	atNs         virtual time in nanoseconds
//	kind         as Kind's String has it: "sent", "fault began", ...
//	machine      "S1", "C1", ...; absent if the event is no machine's
//	peer         the machine at the other end of a message
//	messageId    pairs "sent" with "delivered" and "dropped"
//	messageType  the message's type in Go
//	message      the message as text
//	duplicate    true if this is the network's own copy, otherwise absent
//	reason       why the message was dropped
//	timer        the number of the timer that expired
//	error        how a sync failed, or why a process exited; absent if there is none
//	note         what the handler noted, or the fault as text
//
// A field that means nothing for the kind is absent. The same run gives the same
// bytes, as long as the messages and notes print the same: one that prints a
// pointer does not.
type TraceWriter struct {
	buffer *bufio.Writer
	lines  *json.Encoder
	line   traceLine // a field, so that it need not be allocated
}

// traceLine is one line of the file.
type traceLine struct {
	Number      uint64      `json:"number"`
	AtNs        int64       `json:"atNs"`
	Kind        string      `json:"kind"`
	Machine     string      `json:"machine,omitempty"`
	Peer        string      `json:"peer,omitempty"`
	MessageID   uint64      `json:"messageId,omitempty"`
	MessageType string      `json:"messageType,omitempty"`
	Message     string      `json:"message,omitempty"`
	Duplicate   bool        `json:"duplicate,omitempty"`
	Reason      string      `json:"reason,omitempty"`
	Timer       *node.Timer `json:"timer,omitempty"` // timers count from zero
	Error       string      `json:"error,omitempty"`
	Note        string      `json:"note,omitempty"`
}

// NewTraceWriter makes a writer of JSON Lines. It buffers: call Flush when the run
// is over.
func NewTraceWriter(w io.Writer) *TraceWriter {
	buffer := bufio.NewWriter(w)
	return &TraceWriter{buffer: buffer, lines: newLineEncoder(buffer)}
}

// newLineEncoder makes an encoder of JSON values on a line each, which does not
// escape the arrows and brackets that messages are full of.
func newLineEncoder(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}

// Observe implements Observer. An error is kept for Flush; nothing is written
// after it.
func (t *TraceWriter) Observe(e *Event) {
	t.line = traceLine{Number: e.Number, AtNs: e.At.Nanoseconds(), Kind: e.Kind.String(), Duplicate: e.Duplicate}
	if e.Machine != 0 {
		t.line.Machine = Name(e.Machine)
	}
	if e.MessageID != 0 {
		t.line.Peer = Name(e.Peer)
		t.line.MessageID = e.MessageID
		t.line.MessageType = fmt.Sprintf("%T", e.Message)
		t.line.Message = describe(e.Message)
	}
	if e.Reason != 0 {
		t.line.Reason = e.Reason.String()
	}
	if e.Kind == Expired {
		timer := e.Timer
		t.line.Timer = &timer
	}
	if e.Err != nil {
		t.line.Error = e.Err.Error()
	}
	if e.Note != nil {
		t.line.Note = fmt.Sprint(e.Note)
	}
	_ = t.lines.Encode(&t.line) // the buffer keeps the error of the writer; a line has no other
}

// Flush writes what is buffered and returns the first error of the writer, if
// there was one.
func (t *TraceWriter) Flush() error { return t.buffer.Flush() }
