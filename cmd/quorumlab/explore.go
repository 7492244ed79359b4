package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quorumlab/scenarios/explore"
)

// exploreResult is what a search or the walks found out about one fact. Fields are
// added over time and never renamed.
type exploreResult struct {
	Fact      string   `json:"fact"`
	Claim     string   `json:"claim"`
	Verdict   string   `json:"verdict"` // "ok": nothing broken within the bounds; "violation"
	States    int      `json:"states"`
	Depth     int      `json:"depth"`
	Exhausted bool     `json:"exhausted"`
	Walks     int      `json:"walks,omitempty"`
	Seed      uint64   `json:"seed,omitempty"` // of the walk that failed
	Violation string   `json:"violation,omitempty"`
	Schedule  []string `json:"schedule,omitempty"`
	Seconds   float64  `json:"seconds"`
}

// exploreFlags are the flags of explore.
type exploreFlags struct {
	bounds         explore.Bounds
	walks, changes int
	first          seed
	asJSON         bool
}

func newExplore() *cobra.Command {
	var f exploreFlags
	c := &cobra.Command{
		Use:   "explore [FACT ...]",
		Short: "Try every schedule of a tiny cluster",
		Long: `Explore proves small facts by trying everything: any message may be the next to
arrive, any timer the next to expire, any machine may crash. A search goes
breadth first until nothing new is left, or up to --depth steps or --states
states, and what it finds broken it shows in the fewest steps. With --walks it
takes that many long schedules by random priorities instead. Without a name it
goes through all facts, which list shows; that takes a minute or two.

Exit codes: 0 nothing broken within the bounds, 1 something broken, 2 bad input,
3 interrupted.`,
		Example: `  quorumlab explore synod --depth 10
  quorumlab explore raft-election raft-command --states 50000
  quorumlab explore --walks 1000 --depth 200 --json`,
		RunE: func(c *cobra.Command, names []string) error { return f.run(c, names) },
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, factWords)
	c.Flags().IntVar(&f.bounds.Depth, "depth", 60, "how many steps a schedule has at most")
	c.Flags().IntVar(&f.bounds.States, "states", 100_000, "when to end a search: with the step at which so many states are known")
	c.Flags().IntVar(&f.walks, "walks", 0, "how many walks to take instead of a search")
	c.Flags().IntVar(&f.changes, "changes", 3, "how often priorities change in a walk")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print a JSON object for each fact")
	seedFlag(c, &f.first)
	return c
}

func (f *exploreFlags) validate(c *cobra.Command) error {
	switch {
	case f.bounds.Depth < 1:
		return errors.New("--depth: want at least 1")
	case f.bounds.States < 1:
		return errors.New("--states: want at least 1")
	case f.walks < 0:
		return errors.New("--walks: want 0 for a search, or more")
	case f.changes < 0:
		return errors.New("--changes: want at least 0")
	case f.walks > 0:
		return nil
	}
	for _, flag := range []string{"seed", "changes"} {
		if c.Flags().Changed(flag) {
			return fmt.Errorf("--%s: is for walks, and a search tries everything; say with --walks how many", flag)
		}
	}
	return nil
}

func (f *exploreFlags) run(c *cobra.Command, names []string) error {
	if err := f.validate(c); err != nil {
		return err
	}
	facts, err := factsNamed(names)
	if err != nil {
		return err
	}
	broken := false
	encoder := json.NewEncoder(c.OutOrStdout())
	for _, fact := range facts {
		search := f.bounds
		search.Progress = searchProgress(c.ErrOrStderr(), fact.Name, f.bounds)
		result, report := exploreFact(fact, search, f.walks, f.changes, uint64(f.first), progressOf(c.ErrOrStderr(), fact.Name))
		if isTerminal(c.ErrOrStderr()) {
			fmt.Fprint(c.ErrOrStderr(), clearLine)
		}
		broken = broken || report.Failure != nil
		if f.asJSON {
			if err := encoder.Encode(result); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: %s\n  %s\n", fact.Name, fact.Claim,
			strings.ReplaceAll(result.text(report), "\n", "\n  "))
	}
	if broken {
		return verdictError(exitViolation)
	}
	return nil
}

// factsNamed finds facts, or returns all of them.
func factsNamed(names []string) ([]explore.Fact, error) {
	all := explore.Facts()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, f := range all {
		known = append(known, f.Name)
	}
	var found []explore.Fact
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("fact: %q is unknown; want one of %s", name, strings.Join(known, ", "))
		}
		found = append(found, all[i])
	}
	return found, nil
}

// searchProgress returns a function that shows on a terminal how far a search has come.
// How many steps there are nobody knows, but how many states there may be at most.
func searchProgress(w io.Writer, fact string, bounds explore.Bounds) func(explore.Progress) {
	if !isTerminal(w) {
		return nil
	}
	started, shown := time.Now(), time.Time{}
	return func(p explore.Progress) {
		if time.Since(shown) < showEvery {
			return
		}
		shown = time.Now()
		fmt.Fprintf(w, "%s%s: step %d, %.0f %% of its schedules; %d states of at most about %d, %v",
			clearLine, fact, p.Depth, 100*p.Part, p.States, bounds.States, time.Since(started).Round(time.Second))
	}
}

// exploreFact searches, or walks from seeds in a row until something breaks.
func exploreFact(f explore.Fact, bounds explore.Bounds, walks, changes int, first uint64, walked func(done, all int)) (exploreResult, explore.Report) {
	start := time.Now()
	result := exploreResult{Fact: f.Name, Claim: f.Claim, Verdict: "ok"}
	var report explore.Report
	if walks == 0 {
		report = explore.Search(f.System, bounds)
		result.States, result.Depth, result.Exhausted = report.States, report.Depth, report.Exhausted
	}
	for result.Walks < walks && report.Failure == nil {
		result.Seed = first + uint64(result.Walks)
		report = explore.Walk(f.System, result.Seed, bounds.Depth, changes)
		result.Walks++
		walked(result.Walks, walks)
		result.States += report.States
		result.Depth = max(result.Depth, report.Depth)
	}
	if report.Failure != nil {
		result.Verdict, result.Violation, result.Schedule = "violation", report.Failure.Error(), report.Schedule
	} else {
		result.Seed = 0
	}
	result.Seconds = time.Since(start).Seconds()
	return result, report
}

// text says the same to a reader.
func (r exploreResult) text(report explore.Report) string {
	switch {
	case r.Walks == 0:
		return fmt.Sprintf("%v, %.1f s", report, r.Seconds)
	case report.Failure == nil:
		return fmt.Sprintf("nothing is broken in %d walks of up to %d steps, %d in all, %.1f s", r.Walks, r.Depth, r.States, r.Seconds)
	}
	return fmt.Sprintf("in the walk of seed %d, shortened: %v", r.Seed, report)
}
