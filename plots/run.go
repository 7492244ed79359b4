package plots

import (
	"fmt"
	"time"
)

// Run is what one run of a cluster left behind, as far as pictures show it. All
// times count from the start of the run; what lies before is drawn at the start.
type Run struct {
	// Name tells the runs of a picture apart: "Raft", "Paxos".
	Name string
	// Length is how long the run lasted. The time axis ends there, or at the end
	// of the last operation if that is later. A cluster that stays dead at the
	// end of its run is seen to be dead only if Length says that time went on.
	Length time.Duration
	// Operations are what the clients did, in any order.
	Operations []Operation
	// Faults are drawn as shaded bands, in any order; they may overlap.
	Faults []Band
	// LeaderChanges are the moments at which a new leader took over.
	LeaderChanges []time.Duration
}

// Operation is one request of a client, seen from the client.
type Operation struct {
	// Call is when the client asked.
	Call time.Duration
	// Latency is how long the client waited: until the answer, or, if the outcome
	// is Unknown, until it gave up.
	Latency time.Duration
	Outcome Outcome
}

// end is when the operation was over for the client.
func (o Operation) end() time.Duration { return max(o.Call+o.Latency, 0) }

// Outcome is what a client knows of an operation when it is over.
type Outcome uint8

const (
	// Unknown: no answer came, and the operation may have happened or may yet
	// happen. It is the zero value, so that an outcome nobody set never passes
	// for a good one.
	Unknown Outcome = iota
	// OK: the operation happened and was answered.
	OK
	// Failed: the operation did not happen and never will.
	Failed
)

// outcomes lists every outcome in the order of legends; what is drawn later, on
// top, is rarer and matters more.
var outcomes = [...]Outcome{OK, Failed, Unknown}

func (o Outcome) String() string {
	switch o {
	case Unknown:
		return "unknown"
	case OK:
		return "ok"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Band is a stretch of time during which a fault was at work.
type Band struct {
	// Start and End bound the fault. A fault that was never healed may have any
	// End after the run's: the band is cut at the edge of the picture. An End that
	// is not after Start makes an instant of it, such as a crash.
	Start, End time.Duration
	// Label names the fault, shortly: "partition n1 | n2 n3".
	Label string
}

// end is where the run's time axis ends: at least at Length, and never before
// something that has to be seen. Only the far end of a fault may lie beyond.
func (r Run) end() time.Duration {
	end := r.Length
	for _, operation := range r.Operations {
		end = max(end, operation.end())
	}
	for _, change := range r.LeaderChanges {
		end = max(end, change)
	}
	for _, band := range r.Faults {
		end = max(end, band.Start)
	}
	return end
}

// settled is the outcome as it is drawn. A value that is no outcome counts as
// Unknown, as everything does that is not known.
func (o Outcome) settled() Outcome {
	if o == OK || o == Failed {
		return o
	}
	return Unknown
}

// split sorts operations by settled outcome, keeping their order; every outcome
// has an entry.
func split(operations []Operation) map[Outcome][]Operation {
	byOutcome := map[Outcome][]Operation{OK: nil, Failed: nil, Unknown: nil}
	for _, operation := range operations {
		outcome := operation.Outcome.settled()
		byOutcome[outcome] = append(byOutcome[outcome], operation)
	}
	return byOutcome
}
