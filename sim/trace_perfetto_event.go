package sim

import (
	"fmt"
	"time"

	"quorumlab/node"
)

// perfettoEvent is an object of the Trace Event Format. What belongs together, the
// two ends of a span or of an arrow, has the same name, category and ID.
type perfettoEvent struct {
	Name     string              `json:"name,omitempty"`
	Category string              `json:"cat,omitempty"`
	Phase    perfettoPhase       `json:"ph"`
	At       microseconds        `json:"ts"`
	Process  node.ID             `json:"pid"`
	Thread   node.ID             `json:"tid"`
	ID       uint64              `json:"id,omitempty"` // of a message, or of a span
	Binding  string              `json:"bp,omitempty"` // which slice an arrow points to
	Scope    string              `json:"s,omitempty"`  // how far an instant extends
	Args     *perfettoParameters `json:"args,omitempty"`
}

type perfettoParameters struct {
	Name      string  `json:"name,omitempty"`
	SortIndex node.ID `json:"sort_index,omitempty"`
	Number    uint64  `json:"number,omitempty"`
	MessageID uint64  `json:"messageId,omitempty"`
	Fault     string  `json:"fault,omitempty"`
}

// perfettoPhase says what an object is.
type perfettoPhase string

const (
	phaseMetadata   perfettoPhase = "M"
	phaseInstant    perfettoPhase = "i"
	phaseSliceBegin perfettoPhase = "B" // slices of a thread end in the reverse order in which they began
	phaseSliceEnd   perfettoPhase = "E"
	phaseSpanBegin  perfettoPhase = "b" // spans overlap as they like
	phaseSpanEnd    perfettoPhase = "e"
	phaseArrowBegin perfettoPhase = "s"
	phaseArrowEnd   perfettoPhase = "f"
)

const (
	bindToEnclosing = "e" // an arrow's Binding: to the slice around it, not to the next
	scopeProcess    = "p" // an instant's Scope
)

// microseconds is a time as the format has it: in microseconds, with a fraction.
type microseconds time.Duration

// MarshalJSON implements json.Marshaler. It is exact to the nanosecond.
func (m microseconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%03d", m/1000, m%1000), nil
}
