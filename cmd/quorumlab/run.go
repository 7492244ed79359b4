package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

func newRun() *cobra.Command {
	var (
		protocol string
		from     seed
		out      string
		asJSON   bool
	)
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario once and judge it",
		Example: `  quorumlab run steady --protocol paxos
  quorumlab run leader-crash --protocol raft --seed 7 --out out
  quorumlab run lossy --protocol raft --json`,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return fmt.Errorf("run takes one scenario, but got %d; see quorumlab list", len(arguments))
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			s, err := scenarios.ByName(arguments[0])
			if err != nil {
				return err
			}
			p, err := scenarios.ProtocolByName(protocol)
			if err != nil {
				return err
			}
			if out != "" {
				if err := folder(out); err != nil {
					return err
				}
			}
			r := scenarios.Run(s, p, uint64(from))
			summary := r.Summary()
			if out != "" {
				if summary.Artifacts, err = r.WriteArtifacts(out); err != nil {
					return err
				}
			}
			if asJSON {
				err = json.NewEncoder(c.OutOrStdout()).Encode(summary)
			} else {
				err = printRun(c.OutOrStdout(), r, summary)
			}
			return errors.Join(err, exitWith(r.Verdict))
		},
	}
	c.Flags().StringVar(&protocol, "protocol", "raft", "raft or paxos")
	seedFlag(c, &from)
	c.Flags().StringVar(&out, "out", "", "folder for history and plots; none are written without")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

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
		s.Scenario, s.Protocol, s.Seed, s.Verdict, r.Scenario.Title,
		s.Operations.OK, s.Operations.Failed, s.Operations.Unknown,
		s.LatencyMs.P50, s.LatencyMs.P95, s.LatencyMs.P99, s.LatencyMs.Max,
		s.LongestGapMs, s.LeaderChanges,
		s.Messages.Sent, s.Messages.Delivered, s.Messages.Dropped, s.Messages.Duplicated,
		s.Crashes, s.UnsyncedBytesLost, s.Fingerprint, s.VirtualSeconds)
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
	}
	return err
}
