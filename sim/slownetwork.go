package sim

import "fmt"

// SlowNetwork makes messages take longer, beside what they take by themselves.
type SlowNetwork struct {
	Span
	// Target says whose links: those that begin or end at one of its machines.
	// Empty means every link.
	Target Target `json:"target,omitempty"`
	// Latency is added to that of each message.
	Latency Distribution `json:"latency"`
}

// Kind implements Fault.
func (SlowNetwork) Kind() string { return "slow-network" }

// Label implements Fault.
func (SlowNetwork) Label() string { return "slow network" }

func (f SlowNetwork) String() string {
	return fmt.Sprintf("each message takes %v longer on %s, %v", f.Latency, f.Target.links(), f.Span)
}

func (f SlowNetwork) validate() error {
	return allValid(f.Span.validate(), f.Target.validateOptional("target"), named("latency", f.Latency.Validate()))
}

func (f SlowNetwork) begin(w *World, s *stream) effect {
	who := w.resolveLinks(f.Target, s)
	slower := rule{delay: f.Latency, seed: s.Uint64()}
	return onLinksOf(who, slower.addTo)
}
