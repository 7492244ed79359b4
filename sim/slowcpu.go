package sim

import (
	"errors"
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
	err := allValid(f.Span.validate(), f.Target.validate("target"), named("perMessage", f.PerMessage.Validate()))
	if err == nil && f.PerMessage.isZero() {
		err = errors.New("perMessage: missing, or zero")
	}
	return err
}

func (f SlowCPU) begin(w *World, s *stream) effect {
	who, seed := w.resolve(f.Target, s), s.Uint64()
	return onMachines(who, func(c *machineCondition) {
		c.slow = append(c.slow, slowness{f.PerMessage, seed})
	})
}

// slowness is what one fault adds to the cost of a message. What it draws depends
// on the fault and on the message's number among those that the machine handled,
// so that faults which overlap, or follow each other, leave each other's draws as
// they are.
type slowness struct {
	extra Distribution
	seed  uint64
}

func (s *slowness) costs(m *machine) int64 {
	draws := streamOf(s.seed, purposeDrag, uint64(m.id), m.handled)
	return int64(s.extra.sample(&draws))
}

// named adds the name of the field that is wrong to an error, if there is one.
func named(field string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}
