package scenarios

import (
	"fmt"
	"time"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// Summary is a result in numbers, as `quorumlab run --json` prints it. Fields are
// added over time and never renamed.
type Summary struct {
	Scenario          string          `json:"scenario"`
	Protocol          string          `json:"protocol"`
	Seed              uint64          `json:"seed"`
	Verdict           string          `json:"verdict"`   // "ok", "violation" or "unknown"
	Violation         string          `json:"violation"` // empty if there is none
	Judge             string          `json:"judge"`     // who found it: "inside", "outside", "live", or empty
	Invariant         string          `json:"invariant"` // the name of what is broken, or empty
	Fingerprint       string          `json:"fingerprint"`
	VirtualSeconds    float64         `json:"virtualSeconds"`
	Operations        OperationCounts `json:"operations"`
	LatencyMs         LatencyMs       `json:"latencyMs"` // of the operations that were answered
	LeaderChanges     int             `json:"leaderChanges"`
	LongestGapMs      float64         `json:"longestGapMs"`
	Messages          MessageCounts   `json:"messages"`
	Crashes           int             `json:"crashes"`
	UnsyncedBytesLost int             `json:"unsyncedBytesLost"`
	Artifacts         []string        `json:"artifacts"`        // paths of the files written
	Faults            sim.Schedule    `json:"faults"`           // as --schedule takes them
	Config            any             `json:"config,omitempty"` // of a swarm
	Marks             map[string]int  `json:"marks"`
}

// OperationCounts counts operations by outcome.
type OperationCounts struct {
	OK      int `json:"ok"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
}

// LatencyMs are quantiles of latency in milliseconds.
type LatencyMs struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// MessageCounts counts messages by fate.
type MessageCounts struct {
	Sent       int `json:"sent"`
	Delivered  int `json:"delivered"`
	Dropped    int `json:"dropped"`
	Duplicated int `json:"duplicated"`
}

// Summary returns the result in numbers.
func (r *Result) Summary() Summary {
	s := Summary{
		Scenario:       r.Scenario.Name,
		Protocol:       r.Protocol.Name,
		Seed:           r.Seed,
		Verdict:        r.Verdict.String(),
		Violation:      r.Violation,
		Judge:          string(r.Failure.Judge),
		Invariant:      r.Failure.Invariant,
		Fingerprint:    fmt.Sprintf("%016x", r.Fingerprint),
		VirtualSeconds: r.Length.Seconds(),
		LeaderChanges:  r.LeaderChanges(),
		LongestGapMs:   milliseconds(r.LongestGap()),
		Messages: MessageCounts{
			Sent:       r.Stats.MessagesSent,
			Delivered:  r.Stats.MessagesDelivered,
			Dropped:    r.Stats.MessagesDropped,
			Duplicated: r.Stats.MessagesDuplicated,
		},
		Crashes:           r.Stats.Crashes,
		UnsyncedBytesLost: r.Stats.UnsyncedBytesLost,
		Artifacts:         []string{},
		Faults:            r.Faults,
		Config:            r.Scenario.Config,
		Marks:             r.Marks,
	}
	for _, o := range r.Operations {
		switch o.Outcome {
		case linearizability.OutcomeOK:
			s.Operations.OK++
		case linearizability.OutcomeFailed:
			s.Operations.Failed++
		default:
			s.Operations.Unknown++
		}
	}
	sorted := r.latencies()
	s.LatencyMs = LatencyMs{
		P50: milliseconds(quantile(sorted, 0.50)),
		P95: milliseconds(quantile(sorted, 0.95)),
		P99: milliseconds(quantile(sorted, 0.99)),
		Max: milliseconds(quantile(sorted, 1)),
	}
	return s
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
