package sim

import "fmt"

// Partition cuts the links between two sides. Messages that are under way on a
// link when it is cut are lost too.
type Partition struct {
	Span
	// Side is one side.
	Side Target `json:"side"`
	// Other is the other side, from which machines of the first are taken away.
	// Empty means all servers: clients then still reach both sides.
	Other Target `json:"other,omitempty"`
	// Direction says which way nothing passes; empty means both.
	Direction Direction `json:"direction,omitempty"`
}

// Direction says in which direction a partition cuts.
type Direction string

const (
	BothWays Direction = ""        // nothing passes in either
	Outward  Direction = "outward" // nothing passes from Side to Other
	Inward   Direction = "inward"  // nothing passes from Other to Side
)

// Kind implements Fault.
func (Partition) Kind() string { return "partition" }

// Label implements Fault.
func (p Partition) Label() string { return fmt.Sprintf("%s cut off", p.Side) }

func (p Partition) String() string {
	other := "the other servers"
	if p.Other != "" {
		other = string(p.Other)
	}
	switch p.Direction {
	case Outward:
		return fmt.Sprintf("nothing passes from %s to %s, %v", p.Side, other, p.Span)
	case Inward:
		return fmt.Sprintf("nothing passes from %s to %s, %v", other, p.Side, p.Span)
	}
	return fmt.Sprintf("%s cut off from %s, %v", p.Side, other, p.Span)
}

func (p Partition) validate() error {
	return allValid(p.Span.validate(), p.Side.validate("side"), p.Other.validateOptional("other"), p.Direction.validate())
}

func (d Direction) validate() error {
	switch d {
	case BothWays, Outward, Inward:
		return nil
	}
	return fmt.Errorf("direction: %q is neither empty nor %q nor %q", string(d), Outward, Inward)
}

func (p Partition) begin(w *World, s *stream) effect {
	side := w.resolve(p.Side, s)
	other := p.Other
	if other == "" {
		other = All
	}
	rest := w.resolve(other, s).without(side)
	return effect{link: func(from, to *machine, c *linkCondition) {
		outward := side.has(from) && rest.has(to)
		inward := rest.has(from) && side.has(to)
		if outward && p.Direction != Inward || inward && p.Direction != Outward {
			c.cut = true
		}
	}}
}
