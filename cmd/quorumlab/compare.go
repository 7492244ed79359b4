package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

func newCompare() *cobra.Command {
	var (
		from seed
		out  string
	)
	c := &cobra.Command{
		Use:   "compare [SCENARIO ...]",
		Short: "Run scenarios on both protocols, side by side",
		Long: `Compare runs each scenario, or all of them, on Raft and on Paxos from the same
seed, prints a table, and writes plots and a page, index.html, that shows them.`,
		Example: `  quorumlab compare
  quorumlab compare leader-crash lossy --seed 7 --out out/seed7`,
		RunE: func(c *cobra.Command, arguments []string) error {
			chosen := scenarios.Catalogue()
			if len(arguments) > 0 {
				chosen = nil
			}
			for _, name := range arguments {
				s, err := scenarios.ByName(name)
				if err != nil {
					return err
				}
				if slices.ContainsFunc(chosen, func(c scenarios.Scenario) bool { return c.Name == name }) {
					return fmt.Errorf("scenario: %q is named twice", name)
				}
				chosen = append(chosen, s)
			}
			if err := folder(out); err != nil {
				return err
			}
			comparison, err := scenarios.Compare(chosen, uint64(from), out, progress(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			page := filepath.Join(out, "index.html")
			if err := writePage(page, comparison); err != nil {
				return err
			}
			err = printComparison(c.OutOrStdout(), comparison)
			fmt.Fprintf(c.OutOrStdout(), "\nPlots: %s\n", page)
			return errors.Join(err, exitWith(comparison.Verdict()))
		},
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, scenarioWords)
	seedFlag(c, &from)
	c.Flags().StringVar(&out, "out", "out", "folder for plots and index.html")
	return c
}

func printComparison(w io.Writer, c *scenarios.Comparison) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCENARIO\tPROTOCOL\tVERDICT\tOK\tFAILED\tUNKNOWN\tP50 ms\tP99 ms\tGAP ms\tLEADER CHANGES\tMESSAGES/OP")
	for _, pair := range c.Pairs {
		for _, r := range pair.Results {
			s := r.Summary()
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%.2f\t%.2f\t%.0f\t%d\t%.1f\n",
				s.Scenario, s.Protocol, s.Verdict, s.Operations.OK, s.Operations.Failed, s.Operations.Unknown,
				s.LatencyMs.P50, s.LatencyMs.P99, s.LongestGapMs, s.LeaderChanges, r.MessagesPerOperation())
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, pair := range c.Pairs {
		for _, r := range pair.Results {
			if r.Verdict != linearizability.VerdictOK {
				fmt.Fprintf(w, "\n%s\n  %s\n", r.Violation, r.Command())
			}
		}
	}
	return nil
}
