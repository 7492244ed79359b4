package sim

import "fmt"

// Partition cuts the links between two sides. A message is lost if its link is cut
// when it is sent, or when it would arrive.
type Partition struct {
	Span
	// Side is one side.
	Side Target
	// Other is the other side, from which machines of the first are taken away.
	// Empty means all servers: clients then still reach both sides.
	Other Target
	// Direction says which way nothing passes; empty means both.
	Direction Direction
}

// Direction says in which direction a partition cuts.
type Direction string

const (
	BothWays Direction = ""
	Outward  Direction = "outward" // nothing passes from Side to Other
	Inward   Direction = "inward"  // nothing passes from Other to Side
)

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

// Label implements Fault.
func (p Partition) Label() string { return fmt.Sprintf("%s cut off", p.Side) }

func (p Partition) validate() error {
	if err := p.Side.validate(); err != nil {
		return fmt.Errorf("side: %w", err)
	}
	if p.Other != "" {
		if err := p.Other.validate(); err != nil {
			return fmt.Errorf("other: %w", err)
		}
	}
	switch p.Direction {
	case BothWays, Outward, Inward:
	default:
		return fmt.Errorf("direction: %q is neither empty nor %q nor %q", p.Direction, Outward, Inward)
	}
	return p.Span.validate()
}

func (p Partition) begin(w *World, s *stream) effect {
	side := w.resolve(p.Side, s)
	other := p.Other
	if other == "" {
		other = All
	}
	rest := w.resolve(other, s)
	for i := range rest {
		rest[i] = rest[i] && !side[i]
	}
	return divided{side, rest, p.Direction}
}

type divided struct {
	side, rest machineSet
	direction  Direction
}

func (d divided) onMachine(m *machine, condition *machineCondition) {}

func (d divided) onLink(from, to *machine, condition *linkCondition) {
	outward := d.side.has(from) && d.rest.has(to)
	inward := d.rest.has(from) && d.side.has(to)
	if outward && d.direction != Inward || inward && d.direction != Outward {
		condition.cut = true
	}
}
