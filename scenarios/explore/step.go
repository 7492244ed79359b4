package explore

import (
	"fmt"

	"quorumlab/node"
)

// Step is one thing that happens. It is named by what it is about and not by its
// place in a list, so that a schedule still makes sense when another step is left
// out of it.
type Step struct {
	kind    stepKind
	machine node.ID    // to which it happens
	from    node.ID    // delivery, duplicate: the sender
	timer   node.Timer // expiry
	message uint64     // delivery, duplicate: the message's hash
}

type stepKind uint8

const (
	delivery    stepKind = iota // a message arrives
	duplicate                   // it arrives, and another copy stays under way
	expiry                      // a timer expires
	synced                      // the oldest sync under way ends
	forgetCrash                 // a crash takes all that was not synced
	keepCrash                   // a crash takes nothing that was written
	restart                     // a machine that is down boots
)

// say tells what a step is, before it is taken.
func (w *world) say(s Step) string {
	switch s.kind {
	case delivery, duplicate:
		l, _ := w.find(s)
		text := fmt.Sprintf("%s gets %v from %s", name(s.machine), l.Message, name(s.from))
		if s.kind == duplicate {
			text += ", of which a copy stays under way"
		}
		return text
	case expiry:
		return fmt.Sprintf("%s's timer %d expires", name(s.machine), s.timer)
	case synced:
		return fmt.Sprintf("%s's disk finishes a sync", name(s.machine))
	case forgetCrash:
		return fmt.Sprintf("%s crashes and loses what was not synced", name(s.machine))
	case keepCrash:
		return fmt.Sprintf("%s crashes, but its disk has all that was written", name(s.machine))
	case restart:
		return fmt.Sprintf("%s restarts", name(s.machine))
	}
	return "nothing"
}
