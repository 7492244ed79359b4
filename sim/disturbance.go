package sim

import "fmt"

// Disturbance makes the network worse: messages are lost, duplicated,
// reordered and damaged with the given probabilities, beside what the network
// does by itself.
type Disturbance struct {
	Span
	// Target says whose links: those that begin or end at one of its machines.
	// Empty means every link.
	Target      Target  `json:"target,omitempty"`
	Loss        float64 `json:"loss,omitempty"`
	Duplication float64 `json:"duplication,omitempty"`
	Reordering  float64 `json:"reordering,omitempty"`
	Corruption  float64 `json:"corruption,omitempty"`
}

// Kind implements Fault.
func (Disturbance) Kind() string { return "disturbance" }

// Label implements Fault.
func (Disturbance) Label() string { return "bad network" }

func (d Disturbance) String() string {
	corruption := ""
	if d.Corruption != 0 {
		corruption = fmt.Sprintf(", corruption %g", d.Corruption)
	}
	return fmt.Sprintf("loss %g, duplication %g, reordering %g%s on %s, %v",
		d.Loss, d.Duplication, d.Reordering, corruption, d.Target.links(), d.Span)
}

func (d Disturbance) validate() error {
	return allValid(d.Span.validate(), d.Target.validateOptional("target"),
		probability("loss", d.Loss), probability("duplication", d.Duplication),
		probability("reordering", d.Reordering), probability("corruption", d.Corruption))
}

func (d Disturbance) begin(w *World, s *stream) effect {
	return onLinksOf(w.resolveLinks(d.Target, s), func(c *linkCondition) {
		c.loss = either(c.loss, d.Loss)
		c.duplication = either(c.duplication, d.Duplication)
		c.reordering = either(c.reordering, d.Reordering)
		c.corruption = either(c.corruption, d.Corruption)
	})
}
