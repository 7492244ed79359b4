package sim

import "fmt"

// BitRot flips one bit of what is durable on the disks of machines, at a place
// drawn at random; where nothing is durable yet it does nothing. It shows when
// the machine boots again after a crash: a process reads from the operating
// system's cache until then, and what is written anew meanwhile is sound.
//
// It can lose acknowledged data, on every machine that it befalls.
type BitRot struct {
	Instant
	Target Target `json:"target"`
	File   string `json:"file,omitempty"` // empty: any
	// Settled spares all but what is settled, see LostWrite.
	Settled bool `json:"settled,omitempty"`
}

// Kind implements Fault.
func (BitRot) Kind() string { return "bit-rot" }

// Label implements Fault.
func (f BitRot) Label() string { return fmt.Sprintf("bit rot on %s", f.Target) }

func (f BitRot) String() string {
	what := "the disk"
	if f.File != "" {
		what = "file " + f.File
	}
	return fmt.Sprintf("bit rot on %s of %s%v, %v", what, f.Target, onlySettled(f.Settled), f.Instant)
}

func (f BitRot) validate() error {
	return allValid(f.Instant.validate(), f.Target.validate("target"))
}

func (f BitRot) begin(w *World, s *stream) effect {
	who := w.resolve(f.Target, s)
	seed := s.Uint64()
	for _, m := range w.machines {
		if who.has(m) && !m.healed {
			place := streamOf(seed, uint64(m.id))
			m.disk.rot(f.File, f.Settled, &place)
		}
	}
	return effect{}
}
