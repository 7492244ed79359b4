package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Restart crashes servers that have just sent a message of some type, and lets them boot
// again: it meets them between what they have said and what they do next, where a fault at
// a set time seldom does. What they have said is on its way, and whether they still know
// of it is for their disks to say.
type Restart struct {
	Span
	Target Target `json:"target"`
	// Types are names of message types, as of a [Filter]. Empty means every message.
	Types string `json:"types,omitempty"`
	// Probability is that of a message to bring its sender down.
	Probability float64 `json:"probability"`
	// After is how long after it was sent.
	After Distribution `json:"after,omitzero"`
	// Length is for how long the server is down, but not beyond the end of the fault.
	Length Distribution `json:"length"`
	// Rest is how long nobody is brought down after somebody was, so that each has the
	// time to come back before the next.
	Rest Duration `json:"rest,omitempty"`
}

// Kind implements Fault.
func (Restart) Kind() string { return "restart" }

// Label implements Fault.
func (Restart) Label() string { return "restarts" }

func (f Restart) String() string {
	what := "message"
	if f.Types != "" {
		what = f.Types
	}
	after := ""
	if !f.After.isZero() {
		after = fmt.Sprintf(" %v", f.After)
	}
	text := fmt.Sprintf("crash of %s%s after it sent a %s, with probability %g, for %v", f.Target, after, what, f.Probability, f.Length)
	if f.Rest > 0 {
		text += fmt.Sprintf(" and at least %v apart", f.Rest)
	}
	return fmt.Sprintf("%s, %v", text, f.Span)
}

func (f Restart) validate() error {
	err := allValid(f.Span.validate(), f.Target.validate("target"), probability("probability", f.Probability),
		named("after", f.After.Validate()), named("length", f.Length.Validate()), validTypes(f.Types))
	if err == nil && f.Rest < 0 {
		err = fmt.Errorf("rest: %v is negative", f.Rest)
	}
	return err
}

func (f Restart) begin(w *World, s *stream) effect {
	r := &restart{fault: f, world: w, who: w.resolve(f.Target, s), rule: rule{drop: f.Probability}}
	r.draws = *s
	if f.Types != "" {
		r.rule.types = &typeSet{names: strings.Split(f.Types, "+")}
	}
	w.restarts = append(w.restarts, r)
	return effect{machine: r.onMachine, end: func() {
		r.over = true
		w.restarts = slices.DeleteFunc(w.restarts, func(other *restart) bool { return other == r })
	}}
}

// restart is a Restart under way.
type restart struct {
	fault Restart
	world *World
	who   machineSet
	rule  rule
	draws stream
	rests int64    // nanoseconds, until when nobody is brought down
	down  *machine // who is, or nil
	over  bool
}

// sent sees whether a message that was sent brings its sender down.
func (r *restart) sent(from, to *machine, kind int) {
	if from.healed || from == to || !r.who.has(from) || r.world.now < r.rests || !r.rule.concerns(r.world, kind) {
		return
	}
	if !r.draws.chance(r.fault.Probability) {
		return
	}
	after, length := r.fault.After.sample(&r.draws), r.fault.Length.sample(&r.draws)
	r.rests = r.world.now + int64(after) + int64(length) + int64(r.fault.Rest)
	struck := false
	strike := func() {
		if !struck {
			struck = true
			r.strike(from)
		}
	}
	r.world.after(after, strike)
	r.world.after(after+length, func() {
		strike() // where ties are shuffled, the end of a moment may come before its beginning
		if r.down == from {
			r.strike(nil) // or else another was brought down at this very instant
		}
	})
}

// strike brings a machine down, or, if it is nil, lets the last one boot.
func (r *restart) strike(m *machine) {
	if !r.over {
		r.down = m
		r.world.refresh()
	}
}

func (r *restart) onMachine(m *machine, c *machineCondition) { c.down = c.down || m == r.down }
