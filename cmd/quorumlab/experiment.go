package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"quorumlab/scenarios/experiment"
)

// experimentFlags are the flags of experiment.
type experimentFlags struct {
	cases   []string
	trials  int
	workers int
	seed    seed
	out     string
	json    bool
}

// maxTrials is as many numbers as fit into memory comfortably.
const maxTrials = 10_000_000

func newExperiment() *cobra.Command {
	var f experimentFlags
	c := &cobra.Command{
		Use:   "experiment [NAME ... | list]",
		Short: "Measure published results again",
		Long: `Experiment measures published results again, or all of them, on all cores, and prints
each number beside the published one. The result depends on the cases, the trials
and the seed, and not on the number of workers. All of them take a minute or two.

The word list instead of a name shows all with their sources, as quorumlab list
experiments does; with --json also their cases, and how others may be named. So does the
message about a case that there is not.

With --json it prints one object per experiment, each on a line of its own, with the
fields experiment, source, trials, seed and rows. A row has the fields case, metric,
measured, published, tolerance and ok. The tolerance is absolute, in the unit of the
metric. Where the source gives no number, published, tolerance and ok are null; a
number to which it says too little to be held to has no tolerance and no ok; a bound
has no tolerance, and the metric says on which side of it to be.

With --out it writes the same as JSON, CSV and Markdown, plots, and a page that shows
them all, experiments.html.

Exit code 1 means that a number is out of its tolerance.`,
		Example: `  quorumlab experiment list
  quorumlab experiment
  quorumlab experiment raft-figure-16 --case 12-24 --case 20-60
  quorumlab experiment split-votes --case n=7,s=5,l=0.15 --json
  quorumlab experiment raft-wan-election --trials 1000 --out out`,
		RunE: func(c *cobra.Command, arguments []string) error {
			if slices.Equal(arguments, []string{"list"}) {
				kinds, err := kindsNamed([]string{"experiments"})
				return errors.Join(err, show(c.OutOrStdout(), kinds, f.json))
			}
			chosen, err := f.validate(c, arguments)
			if err != nil {
				return err
			}
			return f.run(c, chosen)
		},
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, experimentWords)
	flags := c.Flags()
	flags.StringArrayVar(&f.cases, "case", nil, "a case to measure instead of the published ones; may be repeated")
	flags.IntVar(&f.trials, "trials", 0, "trials of each case (default each experiment's own)")
	flags.IntVar(&f.workers, "workers", 0, "how many trials are made at a time (default one per core)")
	seedFlag(c, &f.seed)
	flags.StringVar(&f.out, "out", "", "folder for tables, plots and experiments.html; none are written without")
	flags.BoolVar(&f.json, "json", false, "print JSON, one object per experiment")
	return c
}

// validate checks everything before anything is run.
func (f *experimentFlags) validate(c *cobra.Command, names []string) ([]experiment.Experiment, error) {
	chosen := experiment.All()
	if len(names) > 0 {
		chosen = nil
	}
	for _, name := range names {
		e, err := experiment.ByName(name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(chosen, func(e experiment.Experiment) bool { return e.Name == name }) {
			return nil, fmt.Errorf("experiment: %q is named twice", name)
		}
		chosen = append(chosen, e)
	}
	switch {
	case c.Flags().Changed("trials") && (f.trials < 1 || f.trials > maxTrials):
		return nil, fmt.Errorf("--trials: %d is not from 1 to %d", f.trials, maxTrials)
	case c.Flags().Changed("workers") && (f.workers < 1 || f.workers > 1000):
		return nil, fmt.Errorf("--workers: %d is not from 1 to 1000", f.workers)
	case len(f.cases) > 0 && len(names) != 1:
		return nil, errors.New("--case: name the one experiment that it is a case of")
	}
	for i, name := range f.cases {
		if slices.Contains(f.cases[:i], name) {
			return nil, fmt.Errorf("--case: %q is named twice", name)
		}
		if _, err := chosen[0].Case(name); err != nil {
			return nil, fmt.Errorf("--case: %w", err)
		}
	}
	if f.out != "" {
		return chosen, folder(f.out)
	}
	return chosen, nil
}

func (f *experimentFlags) run(c *cobra.Command, chosen []experiment.Experiment) error {
	ctx, stop := untilStopped()
	defer stop()
	var results []*experiment.Result
	for _, e := range chosen {
		r, err := experiment.Run(ctx, e, experiment.Options{
			Cases: f.cases, Trials: f.trials, Seed: uint64(f.seed), Workers: f.workers,
			Progress: progressOf(c.ErrOrStderr(), e.Name),
		})
		if err != nil {
			return err
		}
		results = append(results, r)
		if err := f.show(c, r); err != nil {
			return err
		}
	}
	if f.out != "" {
		page := filepath.Join(f.out, "experiments.html")
		if err := experiment.WritePage(page, results); err != nil {
			return err
		}
		if !f.json {
			fmt.Fprintf(c.OutOrStdout(), "Tables and plots: %s\n", page)
		}
	}
	if slices.ContainsFunc(results, func(r *experiment.Result) bool { return !r.OK() }) {
		return verdictError(exitViolation)
	}
	return nil
}

// show prints a result, and saves it if there is a folder for it.
func (f *experimentFlags) show(c *cobra.Command, r *experiment.Result) error {
	if f.out != "" {
		if _, err := r.Save(f.out); err != nil {
			return err
		}
	}
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(r)
	}
	if err := r.WriteText(c.OutOrStdout()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.OutOrStdout())
	return err
}
