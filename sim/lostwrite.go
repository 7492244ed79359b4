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
	// Settled spares what was written last: a sector is lost only once it is settled,
	// which is when something that was appended to its file is durable, and was
	// appended after a sync had been reported that covered the sector. A crash before
	// that finds it sound, and a file that is only ever replaced stays so.
	//
	// A log can tell damage in its middle, because what comes behind says that there
	// was something, but damage at its end from the torn tail of a crash it cannot.
	// Protocols that are repaired by their peers bear what is settled to be lost.
	Settled bool `json:"settled,omitempty"`
}

// Kind implements Fault.
func (LostWrite) Kind() string { return "lost-write" }

// Label implements Fault.
func (f LostWrite) Label() string { return fmt.Sprintf("disk of %s loses writes", f.Target) }

func (f LostWrite) String() string {
	return fmt.Sprintf("disk of %s loses %g of sectors%v, %v", f.Target, f.Probability, onlySettled(f.Settled), f.Span)
}

func (f LostWrite) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"), probability("probability", f.Probability))
}

func (f LostWrite) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		p := &c.disk.lostWrite
		if f.Settled {
			p = &c.disk.lostWriteLater
		}
		*p = either(*p, f.Probability)
	})
}
