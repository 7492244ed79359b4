package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
)

// shrinkFlags are the flags of shrink.
type shrinkFlags struct {
	out        string
	runs       int
	cpuSeconds float64
	dir        string
	json       bool
}

// shrunkReport is what shrink prints with --json. Fields are added over time and
// never renamed.
type shrunkReport struct {
	Judge      scenarios.Judge `json:"judge"`
	Invariant  string          `json:"invariant"`
	Violation  string          `json:"violation"`
	Faults     int             `json:"faults"`    // that are left of the schedule
	FaultsAll  int             `json:"faultsAll"` // that the schedule had
	Servers    int             `json:"servers"`
	Clients    int             `json:"clients"`
	Operations int             `json:"operations"` // -1 if clients' operations were not counted
	Sentences  []string        `json:"sentences"`  // the faults that are left
	Runs       int             `json:"runs"`
	CPUSeconds float64         `json:"cpuSeconds"`
	Replay     string          `json:"replay"` // path of what was written
}

func summarize(from, to scenarios.Replay, done scenarios.Shrinking, path string) shrunkReport {
	r := shrunkReport{
		Judge: to.Failure.Judge, Invariant: to.Failure.Invariant, Violation: to.Violation,
		Faults: len(to.Schedule), FaultsAll: len(from.Schedule), Servers: to.Servers,
		Clients: done.Clients, Operations: done.Operations, Sentences: []string{},
		Runs: done.Runs, CPUSeconds: done.CPUSeconds, Replay: path,
	}
	for _, fault := range to.Schedule {
		r.Sentences = append(r.Sentences, fault.String())
	}
	return r
}

func newShrink() *cobra.Command {
	f := shrinkFlags{runs: scenarios.DefaultBudget.Runs, cpuSeconds: scenarios.DefaultBudget.CPUSeconds}
	c := &cobra.Command{
		Use:   "shrink FILE",
		Short: "Find the smallest run that fails as the one in a file does",
		Long: `Shrink takes faults, servers, clients, operations and settings away from the run in
a file, as long as it still fails in the same way: the same judge finds the same
thing broken. It writes what is left beside the file, as NAME-shrunk.json, for
replay. An interrupt ends it with what it has.

Exit codes: 0 written, 2 bad input, or the run does not fail as its file says.`,
		Example: `  quorumlab shrink out/swarm-raft-7-replay.json
  quorumlab shrink replay.json --out smallest.json --cpu-seconds 300`,
		Args: oneFile,
		RunE: func(c *cobra.Command, arguments []string) error { return f.run(c, arguments[0]) },
	}
	c.ValidArgsFunction = files("json")
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "file to write; empty: beside the one that is read")
	flags.IntVar(&f.runs, "runs", f.runs, "how many runs to try at most")
	flags.Float64Var(&f.cpuSeconds, "cpu-seconds", f.cpuSeconds, "how much CPU time to use at most")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	flags.StringVar(&f.dir, "dir", "", "folder with the patch of the planted bug, if it is none of the laboratory's")
	return c
}

func (f *shrinkFlags) run(c *cobra.Command, path string) error {
	switch {
	case f.runs < 1:
		return fmt.Errorf("--runs: %d is not positive", f.runs)
	case !(f.cpuSeconds > 0):
		return fmt.Errorf("--cpu-seconds: %v is not positive", f.cpuSeconds)
	}
	replay, s, p, err := readReplay(path)
	if err != nil {
		return err
	}
	out := f.out
	if out == "" {
		out = strings.TrimSuffix(strings.TrimSuffix(path, ".json"), "-replay") + "-shrunk.json"
	}
	if err := folder(filepath.Dir(out)); err != nil {
		return err
	}
	if replay.Bug != "" && replay.Bug != plantedBug {
		return withBug(c, replay.Bug, f.dir, again(c, path))
	}
	ctx, stop := untilStopped()
	defer stop()
	budget := scenarios.Budget{Runs: f.runs, CPUSeconds: f.cpuSeconds}
	smallest, done, err := scenarios.Shrink(ctx, replay, s, p, budget, shrinkProgress(c.ErrOrStderr(), budget))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := smallest.WriteFile(out); err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(summarize(replay, smallest, done, out))
	}
	if err := printShrunk(c.OutOrStdout(), replay, smallest, done, out); err != nil || ctx.Err() == nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), "The search was stopped. To go on: quorumlab shrink", out)
	return err
}

func printShrunk(w io.Writer, from, to scenarios.Replay, done scenarios.Shrinking, path string) error {
	_, err := fmt.Fprintf(w, `%v
  faults          %d of %d are left
  servers         %d of %d
  clients         %d of %d%s
  took            %d runs, %.1f s of CPU
  wrote           %s
`, to.Failure, len(to.Schedule), len(from.Schedule), to.Servers, from.Servers, done.Clients, len(from.Clients),
		operationsLeft(done), done.Runs, done.CPUSeconds, path)
	for _, fault := range to.Schedule {
		fmt.Fprintf(w, "  fault           %v\n", fault)
	}
	fmt.Fprintf(w, "\n%s\n\nTo see it again: quorumlab replay %s\n", to.Violation, path)
	return err
}

func operationsLeft(s scenarios.Shrinking) string {
	if s.Operations < 0 {
		return ""
	}
	return fmt.Sprintf(", %d operations", s.Operations)
}

// shrinkProgress returns a function that shows on a terminal how far a search has
// come. How long it will take nobody knows, but for the most that it may.
func shrinkProgress(w io.Writer, budget scenarios.Budget) func(scenarios.Shrinking) {
	if !isTerminal(w) {
		return func(scenarios.Shrinking) {}
	}
	var shown time.Time
	return func(s scenarios.Shrinking) {
		switch {
		case s.Stage == "done":
			fmt.Fprint(w, clearLine)
		case time.Since(shown) >= showEvery:
			shown = time.Now()
			fmt.Fprintf(w, "%s%s: %d faults, %d servers, %d clients%s after %d runs, %.0f s of at most %.0f", clearLine,
				s.Stage, s.Faults, s.Servers, s.Clients, operationsLeft(s), s.Runs, s.CPUSeconds, budget.CPUSeconds)
		}
	}
}
