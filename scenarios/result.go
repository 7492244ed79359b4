package scenarios

import (
	"fmt"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/scenarios/mqjudge"
	"quorumlab/sim"
)

// Result is a run that has ended: what happened, and the verdict on it.
type Result struct {
	Scenario    Scenario
	Protocol    Protocol
	Seed        uint64
	Verdict     linearizability.Verdict
	Violation   string // the first one found, or empty
	Failure     Class  // of the violation; zero if there is none
	Fingerprint uint64
	Length      time.Duration   // of virtual time
	Operations  []Operation     // in the order in which they were called
	Messages    *mqjudge.Record // of a message queue, or nil
	Leaders     []Leadership
	Faults      sim.Schedule
	Stats       sim.Stats
	Marks       map[string]int         // situations reached, see sim.World.Marks
	States      []string               // of each server at the end
	Report      linearizability.Report // of the judge who sees what clients saw

	stack    []byte // of the panic that ended the run, if one did
	unserved string // what an administrator waited for in vain, or empty
	behind   string // who was left behind, or empty
}

// Command is what to type to see this run again.
func (r *Result) Command() string {
	if r.Scenario.command != "" {
		return r.Scenario.command
	}
	return fmt.Sprintf("go run ./cmd/quorumlab run %s --protocol %s --seed %d%s",
		r.Scenario.Name, r.Protocol.Name, r.Seed, r.Scenario.Flags)
}

// LeaderChanges counts how often a new leader took over from an earlier one.
func (r *Result) LeaderChanges() int { return max(0, len(r.Leaders)-1) }

// LongestGap is the longest time in which no operation was answered, while
// clients were calling.
func (r *Result) LongestGap() time.Duration {
	ends := make([]time.Duration, 0, len(r.Operations))
	for _, o := range r.Operations {
		if o.Outcome == linearizability.OutcomeOK && o.Ended <= r.Scenario.Duration {
			ends = append(ends, o.Ended)
		}
	}
	slices.Sort(ends)
	var last, longest time.Duration
	for _, at := range append(ends, min(r.Scenario.Duration, r.Length)) {
		longest = max(longest, at-last)
		last = at
	}
	return longest
}

// MessagesPerOperation is what an answered operation cost, elections, heartbeats
// and retries included.
func (r *Result) MessagesPerOperation() float64 {
	return float64(r.Stats.MessagesSent) / float64(max(1, len(r.latencies())))
}

// latencies returns how long the operations took that were answered, sorted.
func (r *Result) latencies() []time.Duration {
	var all []time.Duration
	for _, o := range r.Operations {
		if o.Outcome == linearizability.OutcomeOK {
			all = append(all, o.Latency())
		}
	}
	slices.Sort(all)
	return all
}

// quantile returns the smallest value that at least the fraction q of a sorted
// list does not exceed; zero of an empty list.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}
