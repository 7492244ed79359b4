package sim

import "fmt"

// MisdirectedWrite makes disks put sectors that a sync writes in the place of
// other sectors, each with a probability by itself, although the sync succeeds.
// The place is any other that the device holds, of the same file or of another
// one; where the sector belongs, all is as for a LostWrite. Both show when the
// machine boots again after a crash.
//
// It can lose acknowledged data, on every machine that it befalls: what is
// overwritten may have been durable for long.
type MisdirectedWrite struct {
	Span
	Target      Target  `json:"target"`
	Probability float64 `json:"probability"`
	// Settled spares all but what is settled, see LostWrite, here and in the place of
	// what is overwritten.
	Settled bool `json:"settled,omitempty"`
}

// Kind implements Fault.
func (MisdirectedWrite) Kind() string { return "misdirected-write" }

// Label implements Fault.
func (f MisdirectedWrite) Label() string {
	return fmt.Sprintf("disk of %s misdirects writes", f.Target)
}

func (f MisdirectedWrite) String() string {
	return fmt.Sprintf("disk of %s misdirects %g of sectors%v, %v", f.Target, f.Probability, onlySettled(f.Settled), f.Span)
}

func (f MisdirectedWrite) validate() error {
	return allValid(f.Span.validate(), f.Target.validate("target"), probability("probability", f.Probability))
}

func (f MisdirectedWrite) begin(w *World, s *stream) effect {
	return onMachines(w.resolve(f.Target, s), func(c *machineCondition) {
		p := &c.disk.misdirected
		if f.Settled {
			p = &c.disk.misdirectedLater
		}
		*p = either(*p, f.Probability)
	})
}
