package sim

import "fmt"

// Pause stops the worker of machines, as a long garbage collection or a suspended
// virtual machine does. Nothing is lost: messages, ends of syncs and expiries of
// timers gather in the inbox in the order in which they come, and are handled when
// the span ends. What a call that is under way has to send leaves then, and a
// machine that boots starts its handler then. The machine itself notices nothing
// but that its clock has moved on.
type Pause struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (Pause) Kind() string { return "pause" }

// Label implements Fault.
func (f Pause) Label() string { return fmt.Sprintf("%s paused", f.Target) }

func (f Pause) String() string { return fmt.Sprintf("pause of %s, %v", f.Target, f.Span) }

func (f Pause) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"))
}

func (f Pause) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.paused = true })
}
