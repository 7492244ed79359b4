package sim

import "fmt"

// Echo brings messages a second time, long after the first: as from a queue that was
// forgotten somewhere, or from a network with a path that is far longer than the
// others. What they speak of is past by then.
type Echo struct {
	Span
	// Target says whose links: those that begin or end at one of its machines.
	// Empty means every link.
	Target Target `json:"target,omitempty"`
	// Probability is that of a message to come twice.
	Probability float64 `json:"probability"`
	// Delay is how much later than usual the second copy comes.
	Delay Distribution `json:"delay"`
}

// Kind implements Fault.
func (Echo) Kind() string { return "echo" }

// Label implements Fault.
func (Echo) Label() string { return "late copies" }

func (f Echo) String() string {
	return fmt.Sprintf("messages on %s come again with probability %g, %v later, %v", f.Target.links(), f.Probability, f.Delay, f.Span)
}

func (f Echo) validate() error {
	return allValid(f.Span.validate(), f.Target.validateOptional("target"),
		probability("probability", f.Probability), named("delay", f.Delay.Validate()))
}

func (f Echo) begin(w *World, s *stream) effect {
	who := w.resolveLinks(f.Target, s)
	again := rule{echo: f.Probability, late: f.Delay, seed: s.Uint64()}
	return onLinksOf(who, again.addTo)
}

// echoes sends the late copies of a message on their way that rules of its link make.
func (w *World) echoes(l *link, slot uint32, draw stream, leaves int64, kind int) {
	for r := l.rules; r != nil; r = r.next {
		late, again := r.echoes(draw)
		if !again {
			continue
		}
		w.stats.MessagesDuplicated++
		e := w.queue.slab[slot]
		e.duplicate, e.corrupt = true, false
		w.queue.schedule(w.now, leaves+l.delay(w, draw, kind)+late, e)
	}
}
