package sim

import "fmt"

// Disturbance makes the network worse: messages are lost, duplicated and
// reordered with the given probabilities, beside what the network does by
// itself.
type Disturbance struct {
	Span
	// Target says whose links: those that begin or end at one of its machines.
	// Empty means every link.
	Target                        Target
	Loss, Duplication, Reordering float64
}

func (d Disturbance) String() string {
	where := "all links"
	if d.Target != "" {
		where = "links of " + string(d.Target)
	}
	return fmt.Sprintf("loss %g, duplication %g, reordering %g on %s, %v",
		d.Loss, d.Duplication, d.Reordering, where, d.Span)
}

// Label implements Fault.
func (d Disturbance) Label() string { return "bad network" }

func (d Disturbance) validate() error {
	if d.Target != "" {
		if err := d.Target.validate(); err != nil {
			return fmt.Errorf("target: %w", err)
		}
	}
	if err := validateRates(d.Loss, d.Duplication, d.Reordering); err != nil {
		return err
	}
	return d.Span.validate()
}

func (d Disturbance) begin(w *World, s *stream) effect {
	if d.Target == "" {
		return disturbed{d, nil}
	}
	return disturbed{d, w.resolve(d.Target, s)}
}

type disturbed struct {
	by  Disturbance
	who machineSet // nil: everybody
}

func (d disturbed) onMachine(m *machine, condition *machineCondition) {}

func (d disturbed) onLink(from, to *machine, condition *linkCondition) {
	if d.who != nil && !d.who.has(from) && !d.who.has(to) {
		return
	}
	condition.Loss = either(condition.Loss, d.by.Loss)
	condition.Duplication = either(condition.Duplication, d.by.Duplication)
	condition.Reordering = either(condition.Reordering, d.by.Reordering)
}

// either is the probability of one or the other of two independent events.
func either(p, q float64) float64 { return p + q - p*q }
