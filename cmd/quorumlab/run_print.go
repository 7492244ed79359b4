package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// exitWith turns a verdict into what run returns.
func exitWith(v linearizability.Verdict) error {
	switch v {
	case linearizability.VerdictOK:
		return nil
	case linearizability.VerdictViolation:
		return verdictError(exitViolation)
	}
	return verdictError(exitUnknown)
}

// stopped is a sweep that may have been stopped before its end, as --json prints it.
type stopped struct {
	*scenarios.Sweep
	Left int `json:"left"` // seeds that were not run
}

// text says how much is left, and how to go on, by the file of results, if there is one.
func (s stopped) text(results string) string {
	how := "with --results a call goes on where one was stopped"
	if results != "" {
		how = "the same call goes on with them"
	}
	return fmt.Sprintf("%d of %d seeds are left; %s", s.Left, s.Seeds+s.Left, how)
}

// outcome is what run returns: of what was not run nobody knows.
func (s stopped) outcome() error {
	if v := s.Verdict(); v != linearizability.VerdictOK || s.Left == 0 {
		return exitWith(v)
	}
	return verdictError(exitUnknown)
}

func printRun(w io.Writer, r *scenarios.Result, s scenarios.Summary) error {
	_, err := fmt.Fprintf(w, `%s on %s, seed %d: %s
  %s
  operations      %d ok, %d failed, %d unknown
  latency         p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, max %.2f ms
  longest gap     %.0f ms without an answer
  leader changes  %d
  messages        %d sent, %d delivered, %d dropped, %d duplicated
  crashes         %d, %d unsynced bytes lost
  fingerprint     %s after %g virtual seconds
`,
		s.Scenario, s.Protocol, s.Seed, paint(w, s.Verdict), r.Scenario.Title,
		s.Operations.OK, s.Operations.Failed, s.Operations.Unknown,
		s.LatencyMs.P50, s.LatencyMs.P95, s.LatencyMs.P99, s.LatencyMs.Max,
		s.LongestGapMs, s.LeaderChanges,
		s.Messages.Sent, s.Messages.Delivered, s.Messages.Dropped, s.Messages.Duplicated,
		s.Crashes, s.UnsyncedBytesLost, s.Fingerprint, s.VirtualSeconds)
	if s.Config != nil {
		config, err := json.Marshal(s.Config)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  configuration   %s\n", config)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(w, "  fault           %v\n", f)
	}
	for _, path := range s.Artifacts {
		fmt.Fprintf(w, "  wrote           %s\n", path)
	}
	if r.Violation != "" {
		fmt.Fprintf(w, "\n%s\n", r.Violation)
		if r.Report.Verdict == linearizability.VerdictViolation {
			fmt.Fprintf(w, "%v", r.Report)
		}
		fmt.Fprintf(w, "\nTo see it again: %s\n", r.Command())
		for _, path := range s.Artifacts {
			if strings.HasSuffix(path, "-replay.json") {
				fmt.Fprintf(w, "To make it small: quorumlab shrink %s\n", path)
			}
		}
	}
	return err
}

func printSweep(w io.Writer, s *scenarios.Sweep) error {
	_, err := fmt.Fprintf(w, `%s on %s, %d seeds from %d on: %d ok, %d violations, %d unknown
  operations      %d ok, %d failed, %d unknown in %.0f virtual seconds
  leader changes  %d
  messages        %d sent, %d delivered, %d dropped, %d duplicated
  crashes         %d, %d unsynced bytes lost
`,
		s.Scenario, s.Protocol, s.Seeds, s.FirstSeed, s.OK, s.Violations, s.Unknown,
		s.Operations.OK, s.Operations.Failed, s.Operations.Unknown, s.VirtualSeconds, s.LeaderChanges,
		s.Messages.Sent, s.Messages.Delivered, s.Messages.Dropped, s.Messages.Duplicated,
		s.Crashes, s.UnsyncedBytesLost)
	for _, mark := range sortedKeys(s.Marks) {
		if !strings.Contains(mark, " during ") { // which --json has
			fmt.Fprintf(w, "  reached         %s: %d times\n", mark, s.Marks[mark])
		}
	}
	for _, path := range s.Artifacts {
		fmt.Fprintf(w, "  wrote           %s\n", path)
	}
	for _, failure := range s.Failures {
		fmt.Fprintf(w, "\nseed %d: %s: %s\n", failure.Seed, failure.Verdict, failure.Violation)
	}
	if more := len(s.FailedSeeds) - len(s.Failures); more > 0 {
		fmt.Fprintf(w, "\nand %d more failed seeds\n", more)
	}
	return err
}
