package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/scenarios/comparison"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	seed    seed
	workers int
	out     string
	json    bool
}

func newCompare() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare [SCENARIO or ASPECT ...]",
		Short: "Put both protocols side by side",
		Long: `Compare runs each scenario, or all of them, on Raft and on Paxos from the same
seed, and measures each aspect, or all of them, on both: what a command and a read
cost, latency as load grows, the size of the cluster and its distances, how long a
fail-over takes, which partitions stop the service, how a server catches up. It
prints tables, and sentences that say whether the two differ, and why as far as the
counts tell, and writes plots and a page, index.html, that shows them. report.html is the
same in one file to send to somebody, and goes through both runs of each scenario event
by event, with one cursor in time.

All of it takes about ten seconds on two cores, and report.html has about 4 MB. Exit
code 1 means that a run broke something, 3 that a judge could not decide.

Equal seeds give equal results, however many cores there are and whatever --workers
says. With --json it prints one object, with the fields seed, runs (as run --json
prints each) and aspects.`,
		Example: `  quorumlab compare
  quorumlab compare leader-crash lossy --seed 7 --out out/seed7
  quorumlab compare load fail-over --json`,
		RunE: func(c *cobra.Command, arguments []string) error {
			chosen, aspects, err := compared(arguments)
			if err != nil {
				return err
			}
			if c.Flags().Changed("workers") && (f.workers < 1 || f.workers > 1000) {
				return fmt.Errorf("--workers: %d is not from 1 to 1000", f.workers)
			}
			if err := folder(f.out); err != nil {
				return err
			}
			return f.run(c, chosen, aspects)
		},
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, comparedWords)
	seedFlag(c, &f.seed)
	c.Flags().IntVar(&f.workers, "workers", 0, "how many runs and trials are made at a time (default one per core)")
	c.Flags().StringVar(&f.out, "out", "out", "folder for plots, index.html and report.html")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return c
}

// comparedWords are the names that compare takes.
func comparedWords() (names []cobra.Completion) {
	return append(scenarioWords(), comparison.Names()...)
}

// compared finds what is named, scenarios and aspects, or all if nothing is.
func compared(names []string) (chosen []scenarios.Scenario, aspects []comparison.Aspect, err error) {
	if len(names) == 0 {
		return scenarios.Catalogue(), comparison.Aspects(), nil
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, nil, fmt.Errorf("compare: %q is named twice", name)
		}
		if a, err := comparison.ByName(name); err == nil {
			aspects = append(aspects, a)
			continue
		}
		s, err := scenarios.ByName(name)
		if err != nil {
			return nil, nil, fmt.Errorf("%w; or of the aspects %s", err, strings.Join(comparison.Names(), ", "))
		}
		chosen = append(chosen, s)
	}
	return chosen, aspects, nil
}

func (f *compareFlags) run(c *cobra.Command, chosen []scenarios.Scenario, aspects []comparison.Aspect) error {
	side := sideBySide{Comparison: &scenarios.Comparison{Seed: uint64(f.seed)}, Report: &comparison.Report{Seed: uint64(f.seed)}}
	var err error
	if len(chosen) > 0 {
		if side.Comparison, err = scenarios.Compare(chosen, uint64(f.seed), f.workers, f.out, progress(c.ErrOrStderr())); err != nil {
			return err
		}
	}
	if len(aspects) > 0 {
		ctx, stop := untilStopped()
		defer stop()
		o := comparison.Options{Aspects: aspects, Seed: uint64(f.seed), Workers: f.workers, Progress: progress(c.ErrOrStderr())}
		if side.Report, err = comparison.Run(ctx, o); err != nil {
			return err
		}
	}
	page := filepath.Join(f.out, "index.html")
	if err := writePage(page, f.out, side); err != nil {
		return err
	}
	if f.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(side)
	} else {
		err = side.print(c.OutOrStdout())
		fmt.Fprintf(c.OutOrStdout(), "\nPlots: %s\n", page)
	}
	return errors.Join(err, exitWith(side.Comparison.Verdict()))
}

// sideBySide is all that compare has found out.
type sideBySide struct {
	Comparison *scenarios.Comparison
	Report     *comparison.Report
}

// MarshalJSON implements json.Marshaler. Fields are added over time and never renamed.
func (s sideBySide) MarshalJSON() ([]byte, error) {
	runs := []scenarios.Summary{}
	for _, pair := range s.Comparison.Pairs {
		for _, r := range pair.Results {
			runs = append(runs, r.Summary())
		}
	}
	aspects := s.Report.Tables
	if aspects == nil {
		aspects = []*comparison.Table{}
	}
	return json.Marshal(map[string]any{"seed": s.Comparison.Seed, "runs": runs, "aspects": aspects})
}

func (s sideBySide) print(w io.Writer) error {
	var err error
	if len(s.Comparison.Pairs) > 0 {
		err = printComparison(w, s.Comparison)
	}
	return errors.Join(err, s.Report.WriteText(w))
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
