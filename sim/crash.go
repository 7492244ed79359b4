package sim

import "fmt"

// Crash takes machines down: they lose their memory and, of what their disks had
// not synced, an arbitrary part. When the span ends they boot again.
type Crash struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (Crash) Kind() string { return "crash" }

// Label implements Fault.
func (c Crash) Label() string { return fmt.Sprintf("%s down", c.Target) }

func (c Crash) String() string { return fmt.Sprintf("crash of %s, %v", c.Target, c.Span) }

func (c Crash) validate() error {
	return allValid(c.Span.validate(), c.Target.validate("target"))
}

func (c Crash) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(c.Target, s), func(c *machineCondition) { c.down = true })
}
