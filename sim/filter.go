package sim

import (
	"fmt"
	"strings"
)

// Filter drops or delays messages by their type: all votes, half of the
// heartbeats, every snapshot.
type Filter struct {
	Span
	// Types are the names of message types, without their package, as the trace
	// writes them: "RequestVote", or several joined by "+". Case matters. A name
	// that no message has befalls none: see Stats.MessagesFiltered for what did
	// happen. Empty means every message.
	Types string `json:"types,omitempty"`
	// From and To say on which links, by who sends and who receives. Empty means
	// any machine.
	From Target `json:"from,omitempty"`
	To   Target `json:"to,omitempty"`
	// Drop is the probability that such a message is dropped.
	Drop float64 `json:"drop,omitempty"`
	// Delay is added to the latency of those that are not.
	Delay Distribution `json:"delay,omitzero"`
}

// Kind implements Fault.
func (Filter) Kind() string { return "filter" }

// Label implements Fault.
func (f Filter) Label() string { return f.messages() + " filtered" }

func (f Filter) messages() string {
	if f.Types == "" {
		return "messages"
	}
	return f.Types
}

func (f Filter) String() string {
	path := ""
	if f.From != "" {
		path += fmt.Sprintf(" from %s", f.From)
	}
	if f.To != "" {
		path += fmt.Sprintf(" to %s", f.To)
	}
	return fmt.Sprintf("%s%s %s, %v", f.messages(), path, f.fate(), f.Span)
}

// fate says what happens to the messages.
func (f Filter) fate() string {
	dropped, delayed := fmt.Sprintf("dropped with probability %g", f.Drop), fmt.Sprintf("delayed by %v", f.Delay)
	switch {
	case f.Delay.isZero():
		return dropped
	case f.Drop == 0:
		return delayed
	}
	return dropped + ", else " + delayed
}

func (f Filter) validate() error {
	err := allValid(f.Span.validate(), f.From.validateOptional("from"), f.To.validateOptional("to"),
		probability("drop", f.Drop), named("delay", f.Delay.Validate()))
	return allValid(err, validTypes(f.Types))
}

// validTypes refuses what is no list of types.
func validTypes(types string) error {
	for name := range strings.SplitSeq(types, "+") {
		if types != "" && (name == "" || strings.ContainsAny(name, ".* ")) {
			return fmt.Errorf("types: %q is not the name of a type without its package, such as RequestVote", name)
		}
	}
	return nil
}

func (f Filter) begin(w *World, s *stream) effect {
	senders, receivers := w.resolveAny(f.From, s), w.resolveAny(f.To, s)
	filter := rule{drop: f.Drop, delay: f.Delay, seed: s.Uint64()}
	if f.Types != "" {
		filter.types = &typeSet{names: strings.Split(f.Types, "+")}
	}
	return effect{link: func(from, to *machine, c *linkCondition) {
		if senders(from) && receivers(to) {
			filter.addTo(c)
		}
	}}
}

// resolveAny is resolve for a target that means any machine if it is empty, also
// one that is added later.
func (w *World) resolveAny(t Target, s *stream) func(m *machine) bool {
	if t == "" {
		return func(*machine) bool { return true }
	}
	return w.resolve(t, s).has
}
