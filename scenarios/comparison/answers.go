package comparison

import (
	"slices"
	"time"

	"quorumlab/linearizability"
)

// latenciesOf returns the latencies of what was called from a moment on and answered,
// by client and, at place 0, of all, sorted, in milliseconds.
func latenciesOf(o *observed, from time.Duration) map[int][]float64 {
	all := make(map[int][]float64)
	for _, op := range o.Operations {
		if op.Outcome == linearizability.OutcomeOK && op.Called >= from {
			l := milliseconds(op.Latency())
			all[0], all[op.Machine] = append(all[0], l), append(all[op.Machine], l)
		}
	}
	for _, latencies := range all {
		slices.Sort(latencies)
	}
	return all
}

// answers returns when operations were answered, in order.
func answers(o *observed) (at []time.Duration) {
	for _, op := range o.Operations {
		if op.Outcome == linearizability.OutcomeOK {
			at = append(at, op.Ended)
		}
	}
	slices.Sort(at)
	return at
}

// firstAnswer returns when the first answer came after a moment; zero if none did.
func firstAnswer(o *observed, after time.Duration) time.Duration {
	for _, at := range answers(o) {
		if at > after {
			return at
		}
	}
	return 0
}
