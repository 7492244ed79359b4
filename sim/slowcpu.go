package sim

import (
	"fmt"
)

// SlowCPU makes each message cost machines more time, beside what it costs by
// itself.
type SlowCPU struct {
	Span
	Target     Target       `json:"target"`
	PerMessage Distribution `json:"perMessage"`
}

// Kind implements Fault.
func (SlowCPU) Kind() string { return "slow-cpu" }

// Label implements Fault.
func (f SlowCPU) Label() string { return fmt.Sprintf("%s slow", f.Target) }

func (f SlowCPU) String() string {
	return fmt.Sprintf("each message costs %s %v more, %v", f.Target, f.PerMessage, f.Span)
}

func (f SlowCPU) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"), named("perMessage", f.PerMessage.Validate()))
}

func (f SlowCPU) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.slow = f.PerMessage })
}

// named adds the name of the field that is wrong to an error, if there is one.
func named(field string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}
