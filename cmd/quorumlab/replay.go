package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
)

// replayFlags are the flags of replay.
type replayFlags struct {
	out   string
	trace bool
	json  bool
	dir   string

	window scenarios.Window
}

func newReplay() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Run again what a file says",
		Long: `Replay runs what a file says that run --out or shrink wrote: one run, with every
fault and client spelled out, which can be edited. It judges it and tells whether it
failed as it did when the file was written. A file of a planted bug runs the code
with that bug in it.

Exit codes: 0 ok, 1 violation, 2 bad input, 3 unknown.`,
		Example: `  quorumlab replay out/swarm-raft-7-replay.json
  quorumlab replay out/swarm-raft-7-shrunk.json --out out --trace`,
		Args: oneFile,
		RunE: func(c *cobra.Command, arguments []string) error { return f.run(c, arguments[0]) },
	}
	c.ValidArgsFunction = files("json")
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "folder for the report, history, schedule and plots; none are written without")
	flags.BoolVar(&f.trace, "trace", false, "write every event too, as JSON Lines and for ShiViz and Perfetto; needs --out")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	windowFlags(c, &f.window)
	flags.StringVar(&f.dir, "dir", "", "folder with the patch of the planted bug, if it is none of the laboratory's")
	return c
}

func oneFile(c *cobra.Command, arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("%s takes one file, but got %d", c.Name(), len(arguments))
	}
	return nil
}

func (f *replayFlags) run(c *cobra.Command, path string) error {
	if f.trace && f.out == "" {
		return errors.New("--trace: say with --out where to write")
	}
	if f.window != (scenarios.Window{}) && f.out == "" {
		return errors.New("--at, --window: say with --out where to write the picture")
	}
	if err := f.window.Validate(); err != nil {
		return fmt.Errorf("--%w", err)
	}
	replay, s, p, err := readReplay(path)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := folder(f.out); err != nil {
			return err
		}
	}
	if replay.Bug != "" && replay.Bug != plantedBug {
		return withBug(c, replay.Bug, f.dir, again(c, path))
	}
	done := working(c.ErrOrStderr(), "running")
	r := replay.Run(s, p)
	done()
	summary := r.Summary()
	if summary.Artifacts, err = writeRun(c, r, f.out, f.window, f.trace); err != nil {
		return err
	}
	if f.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(summary)
	} else if err = printRun(c.OutOrStdout(), r, summary); err == nil {
		err = printSame(c.OutOrStdout(), replay, r)
	}
	return errors.Join(err, exitWith(r.Verdict))
}

// readReplay reads a file and finds what it is about.
func readReplay(path string) (f scenarios.Replay, s scenarios.Scenario, p scenarios.Protocol, err error) {
	if f, err = scenarios.ReadReplayFile(path); err != nil {
		return f, s, p, err
	}
	if s, err = scenarios.ByName(f.Scenario); err != nil {
		return f, s, p, fmt.Errorf("%s: %w", path, err)
	}
	if err = configured(f); err != nil {
		return f, s, p, fmt.Errorf("%s: %w", path, err)
	}
	if p, err = protocolFor(s, f.Protocol); err != nil {
		return f, s, p, fmt.Errorf("%s: %w; an implementation of your own is replayed by its test, with go test -schedule", path, err)
	}
	return f, s.Replayed(path), p, nil
}

// configured refuses the configuration of another scenario, of which a run would make what
// it is not, or nothing.
func configured(f scenarios.Replay) error {
	field, of := "", f.Scenario
	switch f.Config.(type) {
	case *scenarios.Swarm:
		field, of = "config", "swarm"
	case *scenarios.QueueSwarm:
		field, of = "queueConfig", "queue-swarm"
	}
	if of != f.Scenario {
		return fmt.Errorf("%s: is of %s, not of %s", field, of, f.Scenario)
	}
	return nil
}

// printSame tells whether a replay ended as its file says.
func printSame(w io.Writer, f scenarios.Replay, r *scenarios.Result) error {
	word := "as in the file"
	switch {
	case f.Failure == (scenarios.Class{}) && f.Fingerprint == "":
		return nil
	case r.Failure != f.Failure:
		word = fmt.Sprintf("the file says %v, this run %v", f.Failure, r.Failure)
	case r.Summary().Fingerprint != f.Fingerprint:
		word = fmt.Sprintf("the same failure, by another run: the file has the fingerprint %s", f.Fingerprint)
	}
	_, err := fmt.Fprintf(w, "  replayed        %s\n", word)
	return err
}
