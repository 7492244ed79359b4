package sim

import "fmt"

// Wipe takes machines down and empties their disks. When the span ends they boot
// with nothing, as an empty member put in place of the old one under its name.
//
// A protocol that takes such a machine for the one it replaces forgets what it
// promised; see which protocols and settings can bear it.
type Wipe struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (Wipe) Kind() string { return "wipe" }

// Label implements Fault.
func (f Wipe) Label() string { return fmt.Sprintf("%s wiped", f.Target) }

func (f Wipe) String() string { return fmt.Sprintf("disk of %s wiped, down %v", f.Target, f.Span) }

func (f Wipe) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"))
}

func (f Wipe) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		c.down = true
		c.disk.wiped = true
	})
}
