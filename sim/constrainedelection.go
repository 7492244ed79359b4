package sim

import (
	"fmt"
	"time"
)

// ConstrainedElection leaves, in two steps, only one server with a quorum, and
// that one behind: first a server A is cut off from the leader and so misses what
// it commits; then the leader is cut off from all, and the others see only A.
// A protocol that elects only a server whose log is as new as a majority's
// commits nothing then (Omni-Paxos, EuroSys 2023).
//
// Who is who is settled when it begins: the leader, or a server at random if none
// leads, and A among the others.
type ConstrainedElection struct {
	Span
	// Lag is how long the first step lasts.
	Lag Duration `json:"lag"`
	// Clients says that clients stand beside servers, as in Shape.
	Clients bool `json:"clients,omitempty"`
}

// Kind implements Fault.
func (ConstrainedElection) Kind() string { return "constrained-election" }

// Label implements Fault.
func (ConstrainedElection) Label() string { return "constrained election" }

func (f ConstrainedElection) String() string {
	return fmt.Sprintf("constrained election%s, one server lagging for %v, %v", alsoClients(f.Clients), f.Lag, f.Span)
}

func (f ConstrainedElection) validate() error {
	err := f.Span.validate()
	switch {
	case err != nil:
	case f.Lag <= 0:
		err = fmt.Errorf("lag: %v is not positive", f.Lag)
	case f.End != 0 && f.Lag >= f.End-f.Start:
		err = fmt.Errorf("lag: %v is not shorter than the fault, %v", f.Lag, f.Span)
	}
	return err
}

func (f ConstrainedElection) begin(w *World, s *stream) effect {
	lagging := true
	w.At(w.Now()+time.Duration(f.Lag), func() {
		lagging = false
		w.refresh()
	})
	return w.cutting(leaderFirst(w, s), f.Clients, func(from, to int) bool {
		if lagging {
			return firstFromSecond(from, to)
		}
		return from == 0 || to == 0 || onlySecond(from, to)
	})
}
