package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
)

// runFlags are the flags of run.
type runFlags struct {
	protocol string
	seed     seed
	seeds    int
	shard    string
	results  string
	set      []string
	schedule string
	out      string
	trace    bool
	json     bool
	window   scenarios.Window
}

func newRun() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario and judge it",
		Long: `Run puts a protocol through a scenario once and judges it. With --out it writes a page
that goes through the run event by event, plots, the history and the faults, and of a
run that failed a file for shrink and replay. quorumlab list scenarios shows all names.

With --seeds N it runs from N seeds in a row on all cores and sums up; --out then draws
how latency and the longest time without an answer differ from seed to seed. With
--results the summary of each seed is appended to a file as soon as it is known, and the
same call goes on where an earlier one was stopped or killed, by the same program: results
of another commit are not mixed in. A sweep that is stopped sums up what it has, and ends
with 3 if that is ok. --shard splits the seeds.

The scenarios swarm and queue-swarm draw their whole configuration from the seed; --set
replaces what is drawn, and says what there is if it does not know a field. --schedule
takes faults from a file, such as --out writes; docs/faults.md lists them.

Exit codes: 0 ok, 1 violation, 2 bad input, 3 a judge could not decide.`,
		Example: `  quorumlab run steady --protocol paxos
  quorumlab run leader-crash --protocol raft --seed 7 --out out
  quorumlab run leader-crash --seed 7 --out out --at 2.1s --window 50ms
  quorumlab run lossy --protocol raft --json
  quorumlab run steady --protocol raft --schedule faults.json
  quorumlab run swarm --protocol paxos --seeds 1000
  quorumlab run leader-crash --protocol raft --seeds 100 --out out
  quorumlab run swarm --protocol raft --seeds 100000 --shard 1/4 --results sweep-1.jsonl
  quorumlab run swarm --protocol raft --seed 3 --set servers=5 --set crash=1s/200ms`,
		Args: func(c *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return fmt.Errorf("run takes one scenario, but got %d; see quorumlab list", len(arguments))
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			if !c.Flags().Changed("protocol") {
				f.protocol = ""
			}
			s, p, err := f.validate(arguments[0], c.Flags().Changed("seeds"))
			if err != nil {
				return err
			}
			if c.Flags().Changed("seeds") {
				return f.runSeeds(c, s, p)
			}
			return f.runOnce(c, s, p)
		},
	}
	c.ValidArgsFunction = onlyOnce(1, scenarioWords)
	flags := c.Flags()
	flags.StringVar(&f.protocol, "protocol", "raft", "protocol to run; quorumlab list protocols shows them")
	seedFlag(c, &f.seed)
	flags.IntVar(&f.seeds, "seeds", 0, "how many seeds to run, from --seed on")
	flags.StringVar(&f.results, "results", "", "file to append the summary of each seed to, and to go on from; needs --seeds")
	flags.StringVar(&f.shard, "shard", "", "i/n: run only each n-th seed, from the i-th on; needs --seeds")
	flags.StringArrayVar(&f.set, "set", nil, "field=value of a swarm's configuration; may be repeated")
	flags.StringVar(&f.schedule, "schedule", "", "file with the faults to inject instead of the scenario's")
	flags.StringVar(&f.out, "out", "", "folder for report, history, schedule and plots, or with --seeds a picture of all runs")
	flags.BoolVar(&f.trace, "trace", false, "write every event too, as JSON Lines and for ShiViz and Perfetto; needs --out")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	windowFlags(c, &f.window)
	return c
}

// validate checks everything before anything is run.
func (f *runFlags) validate(name string, sweep bool) (s scenarios.Scenario, p scenarios.Protocol, err error) {
	if s, err = f.scenario(name); err != nil {
		return s, p, err
	}
	if p, err = protocolFor(s, f.protocol); err != nil {
		return s, p, err
	}
	if sweep && f.seeds < 1 {
		return s, p, fmt.Errorf("--seeds: %d is not positive", f.seeds)
	}
	for i := range max(f.seeds, 1) {
		if err := s.Check(uint64(f.seed) + uint64(i)); err != nil {
			return s, p, fmt.Errorf("--schedule: seed %d: %w", uint64(f.seed)+uint64(i), err)
		}
	}
	switch {
	case !sweep && f.results != "":
		return s, p, errors.New("--results: keeps what many seeds come to; say with --seeds how many")
	case !sweep && f.shard != "":
		return s, p, errors.New("--shard: splits many seeds; say with --seeds how many")
	case sweep && f.trace:
		return s, p, errors.New("--trace: writes the events of one run; leave out --seeds")
	case sweep && f.window != (scenarios.Window{}):
		return s, p, errors.New("--at, --window: are of the picture of one run; leave out --seeds")
	case f.trace && f.out == "":
		return s, p, errors.New("--trace: say with --out where to write")
	case f.window != (scenarios.Window{}) && f.out == "":
		return s, p, errors.New("--at, --window: say with --out where to write the picture")
	case f.window.Validate() != nil:
		return s, p, fmt.Errorf("--%w", f.window.Validate())
	case f.out != "":
		return s, p, folder(f.out)
	}
	return s, p, nil
}

// protocolFor finds the protocol of a name to run a scenario on. Empty is what the
// scenario is for, or else the first.
func protocolFor(s scenarios.Scenario, name string) (p scenarios.Protocol, err error) {
	if name == "" {
		for _, p := range append(scenarios.Services(), scenarios.Protocols()...) {
			if s.Suits(p) == nil {
				return p, nil
			}
		}
	}
	if p, err = scenarios.ProtocolByName(name); err != nil {
		return p, err
	}
	return p, s.Suits(p)
}

func (f *runFlags) scenario(name string) (scenarios.Scenario, error) {
	s, err := chosen(name, f.set)
	if err != nil {
		return s, err
	}
	if f.schedule == "" {
		return s, nil
	}
	if s, err = s.WithScheduleFile(f.schedule); err != nil {
		return s, fmt.Errorf("--schedule: %w", err)
	}
	return s, nil
}

// swarm makes the scenario swarm with fields set as flags say.
func swarm(flags []string) (scenarios.Scenario, error) {
	return setFields(scenarios.SwarmScenario, flags)
}

// setFields makes a scenario whose configuration has fields, set as flags say.
func setFields(make func(set map[string]string) (scenarios.Scenario, error), flags []string) (scenarios.Scenario, error) {
	set := map[string]string{}
	for _, flag := range flags {
		field, value, found := strings.Cut(flag, "=")
		if !found {
			return scenarios.Scenario{}, fmt.Errorf("--set: %q is not of the form field=value", flag)
		}
		set[field] = value
	}
	s, err := make(set)
	if err != nil {
		return s, fmt.Errorf("--set: %w", err)
	}
	return s, nil
}

func (f *runFlags) runOnce(c *cobra.Command, s scenarios.Scenario, p scenarios.Protocol) error {
	done := working(c.ErrOrStderr(), "running")
	r := scenarios.Run(s, p, uint64(f.seed))
	done()
	summary := r.Summary()
	var err error
	if summary.Artifacts, err = writeRun(c, r, f.out, f.window, f.trace); err != nil {
		return err
	}
	if f.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(summary)
	} else {
		err = printRun(c.OutOrStdout(), r, summary)
	}
	return errors.Join(err, exitWith(r.Verdict))
}

// writeRun writes what a run leaves behind, if a folder is named, and returns the paths.
func writeRun(c *cobra.Command, r *scenarios.Result, dir string, w scenarios.Window, trace bool) (written []string, err error) {
	written = []string{}
	if dir == "" {
		return written, nil
	}
	what := "drawing"
	if r.Violation != "" {
		what = "looking for a smaller run, and drawing"
	}
	defer working(c.ErrOrStderr(), what)()
	if written, err = r.WriteArtifactsOf(dir, w); err != nil || !trace {
		return written, err
	}
	traces, err := r.WriteTraces(dir)
	return append(written, traces...), err
}

// runSeeds runs many seeds. An interrupt ends it early, with what it has.
func (f *runFlags) runSeeds(c *cobra.Command, s scenarios.Scenario, p scenarios.Protocol) error {
	batch := scenarios.Batch{First: uint64(f.seed), Count: f.seeds, Results: f.results}
	if f.shard != "" {
		var err error
		if batch.Shard, batch.Shards, err = parseShard(f.shard); err != nil {
			return err
		}
	}
	ctx, stop := untilStopped()
	defer stop()
	pace := newPace(batch.Size())
	sweep, err := scenarios.RunBatch(ctx, s, p, batch, pace.show(c.ErrOrStderr()))
	if err != nil {
		return fmt.Errorf("--results: %w", err)
	}
	if f.out != "" {
		if sweep.Artifacts, err = sweep.WritePictures(f.out, s, p); err != nil {
			return err
		}
	}
	part := stopped{Sweep: sweep, Left: batch.Size() - sweep.Seeds}
	if f.json {
		err = json.NewEncoder(c.OutOrStdout()).Encode(part)
	} else {
		err = printSweep(c.OutOrStdout(), sweep)
		if part.Left > 0 {
			fmt.Fprintf(c.OutOrStdout(), "  stopped         %s\n", part.text(f.results))
		}
		if missed := s.Missed(p.Name, sweep.Marks); sweep.Seeds >= scenarios.EnoughRuns && len(missed) > 0 {
			fmt.Fprintf(c.OutOrStdout(), "  not reached     %s\n", strings.Join(missed, ", "))
		}
		if len(sweep.FailedSeeds) > 0 {
			fmt.Fprintf(c.OutOrStdout(), "\nTo see the first of them: quorumlab run %s --protocol %s --seed %d%s --out out\n", s.Name, p.Name, sweep.FailedSeeds[0], s.Flags)
		}
	}
	return errors.Join(err, part.outcome())
}

// parseShard reads i/n.
func parseShard(text string) (shard, shards int, err error) {
	i, n, _ := strings.Cut(text, "/")
	shard, err1 := strconv.Atoi(i)
	shards, err2 := strconv.Atoi(n)
	if err1 != nil || err2 != nil || shard < 1 || shard > shards {
		return 0, 0, fmt.Errorf("--shard: %q is not of the form i/n, with i from 1 to n", text)
	}
	return shard, shards, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
