package sim

import "fmt"

// Crash takes machines down: they lose their memory and, of what their disks had
// not synced, an arbitrary part. When the span ends they boot again.
type Crash struct {
	Span
	Target Target
}

func (c Crash) String() string { return fmt.Sprintf("crash of %s, %v", c.Target, c.Span) }

// Label implements Fault.
func (c Crash) Label() string { return fmt.Sprintf("%s down", c.Target) }

func (c Crash) validate() error {
	if err := c.Target.validate(); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return c.Span.validate()
}

func (c Crash) begin(w *World, s *stream) effect { return crashed{w.resolve(c.Target, s)} }

type crashed struct{ who machineSet }

func (c crashed) onMachine(m *machine, condition *machineCondition) {
	if c.who.has(m) {
		condition.down = true
	}
}

func (c crashed) onLink(from, to *machine, condition *linkCondition) {}
