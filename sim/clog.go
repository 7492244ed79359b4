package sim

import "fmt"

// Clog holds back messages in one direction. What is sent while it lasts leaves
// when it ends; what was under way already, and would arrive, arrives when it
// ends. Nothing is lost unless the link is cut as well.
type Clog struct {
	Span
	From Target `json:"from"`
	To   Target `json:"to"`
}

// Kind implements Fault.
func (Clog) Kind() string { return "clog" }

// Label implements Fault.
func (f Clog) Label() string { return fmt.Sprintf("%s to %s clogged", f.From, f.To) }

func (f Clog) String() string {
	return fmt.Sprintf("messages from %s to %s held back, %v", f.From, f.To, f.Span)
}

func (f Clog) validate() error {
	return allValid(f.Span.validate(), f.From.validate("from"), f.To.validate("to"))
}

func (f Clog) begin(w *World, s *stream) effect {
	senders, receivers := w.resolve(f.From, s), w.resolve(f.To, s)
	return effect{link: func(from, to *machine, c *linkCondition) {
		if senders.has(from) && receivers.has(to) {
			c.clogged = true
		}
	}}
}

// heldMessage is an arrival that has to wait for the end of a clog.
type heldMessage struct {
	slot  uint32
	delay int64 // how long it takes once it is let go, nanoseconds
}

func (w *World) hold(slot uint32, delay int64) {
	w.stats.MessagesHeld++
	w.held = append(w.held, heldMessage{slot, delay})
}

// letGo lets messages go on whose links are no longer clogged.
func (w *World) letGo() {
	still := w.held[:0]
	for _, h := range w.held {
		e := &w.queue.slab[h.slot]
		if w.machines[e.from].links[e.machine].clogged {
			still = append(still, h)
			continue
		}
		w.queue.enqueue(w.now, w.now+h.delay, h.slot)
	}
	w.held = still
}
