package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
)

// huntFlags are the flags of hunt.
type huntFlags struct {
	scenario   string
	protocols  []string
	seed       seed
	seeds      int
	cpuSeconds float64
	judge      string
	invariant  string
	out        string
	set        []string
	leash      bool
}

// catch is what hunt prints.
type catch struct {
	Caught     bool            `json:"caught"`
	Judge      scenarios.Judge `json:"judge"`
	Invariant  string          `json:"invariant"`
	Protocol   string          `json:"protocol"`
	Seed       uint64          `json:"seed"`
	Seeds      int             `json:"seeds"`      // until it was caught
	CPUSeconds float64         `json:"cpuSeconds"` // until it was caught
	Faults     int             `json:"faults"`     // that are left of the schedule
	FaultsAll  int             `json:"faultsAll"`  // that the schedule had
	Sentences  []string        `json:"sentences"`  // the faults that are left

	ShrinkRuns       int     `json:"shrinkRuns"`
	ShrinkCPUSeconds float64 `json:"shrinkCpuSeconds"`
	Violation        string  `json:"violation"`
	Replay           string  `json:"replay"` // path of the shrunk run
	// CleanOK says that the code without the bug does not fail so in the shrunk run,
	// which so shows the bug and nothing else.
	CleanOK bool `json:"cleanOk"`
	// Unshrunk is why the run is not a small one: the program ended while it was looked
	// for, or the run fails no more when it is made again.
	Unshrunk string `json:"unshrunk,omitempty"`
}

// huntLine is a line that hunt prints: how far it has come, and at the end what it found.
type huntLine struct {
	catch
	Done bool `json:"done"`
}

func (found catch) print(w io.Writer, done bool) error {
	return json.NewEncoder(w).Encode(huntLine{found, done})
}

// newHunt makes the command that `bugs` calls in the program with the bug in it.
func newHunt() *cobra.Command {
	var f huntFlags
	c := &cobra.Command{
		Use:    "hunt",
		Short:  "Look for a seed that fails, and shrink it",
		Hidden: true,
		Args:   noArguments,
		RunE:   func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	flags := c.Flags()
	flags.StringVar(&f.scenario, "scenario", "swarm", "scenario to run")
	flags.StringArrayVar(&f.set, "set", nil, "field=value of the swarm's configuration; may be repeated")
	flags.StringSliceVar(&f.protocols, "protocol", nil, "protocols to run, by turns")
	seedFlag(c, &f.seed)
	flags.IntVar(&f.seeds, "seeds", 10_000, "how many seeds to try at most")
	flags.Float64Var(&f.cpuSeconds, "cpu-seconds", 60, "how much CPU time to use at most")
	flags.StringVar(&f.judge, "judge", "", "inside, outside or live: who has to find it; empty: anybody")
	flags.StringVar(&f.invariant, "invariant", "", "what has to be broken; empty: anything")
	flags.StringVar(&f.out, "out", "", "folder for the shrunk run")
	flags.BoolVar(&f.leash, "leash", false, "end when the standard input does, as whoever holds its other end has")
	return c
}

// chosen is a scenario, with fields set if it is the swarm.
func chosen(scenario string, set []string) (scenarios.Scenario, error) {
	if len(set) == 0 {
		return scenarios.ByName(scenario)
	}
	switch scenario {
	case "swarm":
		return swarm(set)
	case "queue-swarm":
		return setFields(scenarios.QueueSwarmScenario, set)
	}
	return scenarios.Scenario{}, fmt.Errorf("--set: only the scenarios swarm and queue-swarm have fields to set, not %s", scenario)
}

func (f *huntFlags) run(c *cobra.Command) error {
	s, err := chosen(f.scenario, f.set)
	if err != nil {
		return err
	}
	var protocols []scenarios.Protocol
	for _, name := range f.protocols {
		p, err := protocolFor(s, name)
		if err != nil {
			return err
		}
		protocols = append(protocols, p)
	}
	if f.judge == string(scenarios.Outside) || f.judge == string(scenarios.Live) {
		s = s.OutsideOnly()
	}
	s = s.Only(f.invariant)
	if f.leash {
		go func() {
			_, _ = io.Copy(io.Discard, c.InOrStdin())
			os.Exit(exitUnknown) // nobody is left to be told
		}()
	}
	ctx, stop := untilStopped()
	defer stop()
	dog := f.watch(c.OutOrStdout(), os.Exit)
	defer dog.stop()
	h := scenarios.HuntWatched(ctx, s, protocols, uint64(f.seed), scenarios.Budget{Runs: f.seeds, CPUSeconds: f.cpuSeconds}, func(c scenarios.Class) bool {
		return (f.judge == "" || f.judge == string(c.Judge)) && (f.invariant == "" || strings.EqualFold(f.invariant, c.Invariant))
	}, dog.progress)
	found := catch{Caught: h.Caught != nil, Seeds: h.Seeds, CPUSeconds: h.CPUSeconds, Sentences: []string{}}
	if found.Caught {
		if err := found.shrink(ctx, s, h.Caught, f.out, dog); err != nil {
			return err
		}
	}
	dog.stop()
	return found.print(c.OutOrStdout(), true)
}

// shrink completes a catch by the smallest run that shows it. If that search does not
// end, the run that was found has to do.
func (found *catch) shrink(ctx context.Context, s scenarios.Scenario, r *scenarios.Result, dir string, dog *watchdog) error {
	replay := r.Freeze()
	replay.Bug = plantedBug
	found.Judge, found.Invariant = r.Failure.Judge, r.Failure.Invariant
	found.Protocol, found.Seed = r.Protocol.Name, r.Seed
	found.FaultsAll = len(replay.Schedule)
	name := ""
	if dir != "" {
		name = filepath.Join(dir, fmt.Sprintf("%s-%s", plantedBug, found.Judge))
		if err := folder(filepath.Dir(name)); err != nil { // the bug's name may have folders
			return err
		}
		if err := replay.WriteFile(name + "-found.json"); err != nil {
			return err
		}
	}
	found.of(replay, name+"-found.json")
	dog.caught(*found)
	smallest, done, err := scenarios.Shrink(ctx, replay, s, r.Protocol, scenarios.DefaultBudget, func(scenarios.Shrinking) { dog.goesOn() })
	if err != nil {
		found.Unshrunk = fmt.Sprintf("made again, the run is another one: %v", err)
	}
	found.ShrinkRuns, found.ShrinkCPUSeconds = done.Runs, done.CPUSeconds
	found.of(smallest, name+".json")
	if dir == "" {
		found.Replay = ""
		return nil
	}
	return smallest.WriteFile(found.Replay)
}

// of makes the catch one of a run, which is in a file.
func (found *catch) of(f scenarios.Replay, path string) {
	found.Violation, found.Faults, found.Replay, found.Sentences = f.Violation, len(f.Schedule), path, []string{}
	for _, fault := range f.Schedule {
		found.Sentences = append(found.Sentences, fault.String())
	}
}
