package sim

import "fmt"

// LostWrite makes disks lose sectors that a sync writes, each with a probability
// by itself, although the sync succeeds. The length of the file is right. What
// was to be written reads as it was before, as zeros if it is new; this shows
// when the machine boots again after a crash.
//
// It can lose acknowledged data, on every machine that it befalls.
type LostWrite struct {
	Span
	Target      Target  `json:"target"`
	Probability float64 `json:"probability"`
}

// Kind implements Fault.
func (LostWrite) Kind() string { return "lost-write" }

// Label implements Fault.
func (f LostWrite) Label() string { return fmt.Sprintf("disk of %s loses writes", f.Target) }

func (f LostWrite) String() string {
	return fmt.Sprintf("disk of %s loses %g of sectors, %v", f.Target, f.Probability, f.Span)
}

func (f LostWrite) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"), probability("probability", f.Probability))
}

func (f LostWrite) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		c.disk.lostWrite = either(c.disk.lostWrite, f.Probability)
	})
}
