package sim

import (
	"fmt"
	"math"
)

// SlowDisk makes each sync that starts meanwhile take longer: so many times as
// long as by itself, and a while more. It loses nothing.
type SlowDisk struct {
	Span
	Target  Target       `json:"target"`
	PerSync Distribution `json:"perSync,omitzero"`
	Factor  float64      `json:"factor,omitempty"` // zero means one
}

// Kind implements Fault.
func (SlowDisk) Kind() string { return "slow-disk" }

// Label implements Fault.
func (f SlowDisk) Label() string { return fmt.Sprintf("disk of %s slow", f.Target) }

func (f SlowDisk) String() string {
	return fmt.Sprintf("each sync takes %s %g times as long and %v more, %v", f.Target, f.factor(), f.PerSync, f.Span)
}

func (f SlowDisk) factor() float64 {
	if f.Factor == 0 {
		return 1
	}
	return f.Factor
}

func (f SlowDisk) validate() error {
	err := allValid(f.Span.validate(), f.Target.validate("target"), named("perSync", f.PerSync.Validate()))
	if err == nil && !(f.Factor >= 0 && !math.IsInf(f.Factor, 1)) {
		err = fmt.Errorf("factor: %v is not a positive number", f.Factor)
	}
	return err
}

func (f SlowDisk) begin(w *World, s *stream) effect {
	slow := slowSync{extra: f.PerSync, factor: f.factor(), seed: identity(f)}
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		c.disk.syncTime = append(c.disk.syncTime, slow)
	})
}
