package sim

import "fmt"

// FullDisk leaves no space on disks: appending to a file and replacing one fail
// with node.ErrNoSpace and leave nothing, whatever their size. Truncating and
// removing files works, but makes no room. It loses nothing.
type FullDisk struct {
	Span
	Target Target `json:"target"`
}

// Kind implements Fault.
func (FullDisk) Kind() string { return "full-disk" }

// Label implements Fault.
func (f FullDisk) Label() string { return fmt.Sprintf("disk of %s full", f.Target) }

func (f FullDisk) String() string { return fmt.Sprintf("disk of %s full, %v", f.Target, f.Span) }

func (f FullDisk) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"))
}

func (f FullDisk) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) { c.disk.full = true })
}
