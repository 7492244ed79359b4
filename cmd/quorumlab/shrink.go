package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"quorumlab/scenarios"
)

// shrinkFlags are the flags of shrink.
type shrinkFlags struct {
	out        string
	runs       int
	cpuSeconds float64
	dir        string
}

func newShrink() *cobra.Command {
	f := shrinkFlags{runs: scenarios.DefaultBudget.Runs, cpuSeconds: scenarios.DefaultBudget.CPUSeconds}
	c := &cobra.Command{
		Use:   "shrink FILE",
		Short: "Find the smallest run that fails as the one in a file does",
		Long: `Shrink takes faults, servers, clients, operations and settings away from the run in
a file, as long as it still fails in the same way: the same judge finds the same
thing broken. It writes what is left beside the file, as NAME-shrunk.json, for
replay.`,
		Example: `  quorumlab shrink out/swarm-raft-7-replay.json
  quorumlab shrink replay.json --out smallest.json --cpu-seconds 300`,
		Args: oneFile,
		RunE: func(c *cobra.Command, arguments []string) error { return f.run(c, arguments[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "file to write; empty: beside the one that is read")
	flags.IntVar(&f.runs, "runs", f.runs, "how many runs to try at most")
	flags.Float64Var(&f.cpuSeconds, "cpu-seconds", f.cpuSeconds, "how much CPU time to use at most")
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	show := shrinkProgress(c.ErrOrStderr())
	smallest, done, err := scenarios.Shrink(ctx, replay, s, p, scenarios.Budget{Runs: f.runs, CPUSeconds: f.cpuSeconds}, show)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := smallest.WriteFile(out); err != nil {
		return err
	}
	return printShrunk(c.OutOrStdout(), replay, smallest, done, out)
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

// shrinkProgress returns a function that shows how far a search has come: on a
// terminal in one line, and elsewhere with a line now and then.
func shrinkProgress(w io.Writer) func(scenarios.Shrinking) {
	file, ok := w.(*os.File)
	live := ok && term.IsTerminal(int(file.Fd()))
	var last time.Time
	return func(s scenarios.Shrinking) {
		if time.Since(last) < time.Second && (!live || s.Stage != "done") {
			return
		}
		last = time.Now()
		if live {
			fmt.Fprintf(w, "\r\x1b[K")
		}
		if live && s.Stage == "done" {
			return
		}
		fmt.Fprintf(w, "%s: %d faults, %d servers, %d clients%s after %d runs", s.Stage, s.Faults, s.Servers, s.Clients, operationsLeft(s), s.Runs)
		if !live {
			fmt.Fprintln(w)
		}
	}
}
