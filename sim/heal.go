package sim

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// Heal makes machines, and the links among them, sound again and for good, as if
// all faults had ended for them; what befalls others goes on. It begins the
// second phase of a run, in which a healed quorum has to make progress whatever
// the rest does.
type Heal struct {
	Instant
	// Target is whom to heal: add Clients, or they cannot reach those who are.
	Target Target `json:"target"`
}

// Kind implements Fault.
func (Heal) Kind() string { return "heal" }

// Label implements Fault.
func (h Heal) Label() string { return fmt.Sprintf("%s healed", h.Target) }

func (h Heal) String() string { return fmt.Sprintf("%s healed, %v", h.Target, h.Instant) }

func (h Heal) validate() error {
	return allValid(h.Instant.validate(), h.Target.validate("target"))
}

func (h Heal) begin(w *World, s *stream) effect {
	who := w.resolve(h.Target, s)
	for _, m := range w.machines {
		m.healed = m.healed || who.has(m)
	}
	w.refresh()
	for _, m := range slices.Clone(w.machines) {
		if m.healed {
			w.bootIfDown(m)
		}
	}
	return effect{}
}

// Healed reports whether a machine was healed.
func (w *World) Healed(id node.ID) bool {
	m := w.machine(id)
	return m != nil && m.healed
}
