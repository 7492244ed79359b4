package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

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
		p, err := scenarios.ProtocolByName(name)
		if err != nil {
			return err
		}
		protocols = append(protocols, p)
	}
	if f.judge == string(scenarios.Outside) || f.judge == string(scenarios.Live) {
		s = s.OutsideOnly()
	}
	s = s.Only(f.invariant)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	hangs := f.watch(c)
	defer hangs.stop()
	h := scenarios.HuntWatched(ctx, s, protocols, uint64(f.seed), scenarios.Budget{Runs: f.seeds, CPUSeconds: f.cpuSeconds}, func(c scenarios.Class) bool {
		return (f.judge == "" || f.judge == string(c.Judge)) && (f.invariant == "" || strings.EqualFold(f.invariant, c.Invariant))
	}, hangs.progress)
	hangs.stop()
	found := catch{Caught: h.Caught != nil, Seeds: h.Seeds, CPUSeconds: h.CPUSeconds, Sentences: []string{}}
	if found.Caught {
		if err := found.shrink(ctx, s, h.Caught, f.out); err != nil {
			return err
		}
	}
	return json.NewEncoder(c.OutOrStdout()).Encode(found)
}

// hangAfter is how long one run may take. A handler that does not return can only be
// ended with its process.
const hangAfter = 150 * time.Second

// hangWatch looks whether a search goes on.
type hangWatch struct {
	timer *time.Timer
	tried atomic.Int64
	spent atomic.Int64 // nanoseconds of CPU
}

// watch prints the catch and ends the program when a run does not end.
func (f *huntFlags) watch(c *cobra.Command) *hangWatch {
	w := &hangWatch{}
	w.timer = time.AfterFunc(hangAfter, func() {
		caught := f.judge == "" || f.judge == string(scenarios.Live)
		found := catch{
			Caught: caught, Sentences: []string{}, Seeds: int(w.tried.Load()) + 1, CPUSeconds: time.Duration(w.spent.Load()).Seconds(),
		}
		if caught {
			found.Judge, found.Invariant, found.CleanOK = scenarios.Live, "Handlers Return", true
			found.Violation = fmt.Sprintf("a run did not end in %v, where all others take less than a second", hangAfter)
		}
		_ = json.NewEncoder(c.OutOrStdout()).Encode(found) // there is nobody left to tell
		os.Exit(exitOK)
	})
	return w
}

func (w *hangWatch) progress(h scenarios.Hunted) {
	w.tried.Store(int64(h.Seeds))
	w.spent.Store(int64(h.CPUSeconds * float64(time.Second)))
	w.timer.Reset(hangAfter)
}

func (w *hangWatch) stop() { w.timer.Stop() }

// shrink completes a catch by the smallest run that shows it.
func (found *catch) shrink(ctx context.Context, s scenarios.Scenario, r *scenarios.Result, dir string) error {
	replay := r.Freeze()
	replay.Bug = plantedBug
	smallest, done, err := scenarios.Shrink(ctx, replay, s, r.Protocol, scenarios.DefaultBudget, func(scenarios.Shrinking) {})
	if err != nil {
		return err
	}
	found.Judge, found.Invariant = r.Failure.Judge, r.Failure.Invariant
	found.Protocol, found.Seed, found.Violation = r.Protocol.Name, r.Seed, smallest.Violation
	found.Faults, found.FaultsAll = len(smallest.Schedule), len(replay.Schedule)
	found.ShrinkRuns, found.ShrinkCPUSeconds = done.Runs, done.CPUSeconds
	for _, fault := range smallest.Schedule {
		found.Sentences = append(found.Sentences, fault.String())
	}
	if dir == "" {
		return nil
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%s", plantedBug, found.Judge))
	found.Replay = name + ".json"
	return errors.Join(replay.WriteFile(name+"-found.json"), smallest.WriteFile(found.Replay))
}
