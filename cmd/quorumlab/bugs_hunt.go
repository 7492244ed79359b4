package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
	"quorumlab/scenarios/planted"
)

// hunt plants one bug after the other, and then runs the clean code. If it is interrupted
// it reports what is done.
func (f *bugsFlags) hunt(ctx context.Context, c *cobra.Command, root string, chosen []planted.Bug) (*bugReport, error) {
	report := &bugReport{Bugs: []bugRow{}, Clean: []cleanRow{}}
	if f.dir != "" {
		report.dirFlag = " --dir " + filepath.ToSlash(f.dir)
	}
	clean := make(map[string]cleanRow) // by protocol and settings: what the clean code has to do
	show := progress(c.ErrOrStderr())
	for i, bug := range chosen {
		show(i, len(chosen)+1)
		row, err := f.huntOne(ctx, root, bug)
		if ctx.Err() != nil {
			return report, fmt.Errorf("%w: %d of %d bugs were tried", errInterrupted, i, len(chosen))
		}
		if err != nil {
			row.Error = err.Error()
		}
		report.Bugs = append(report.Bugs, row)
		for _, found := range row.All {
			for _, p := range bug.Protocols {
				key := strings.Join(append([]string{bug.Scenario, p}, bug.Set...), " ")
				clean[key] = cleanRow{Scenario: bug.Scenario, Protocol: p, Set: append([]string{}, bug.Set...), Seeds: max(clean[key].Seeds, found.Seeds)}
			}
		}
	}
	show(len(chosen), len(chosen)+1)
	for _, key := range sortedKeys(clean) {
		row, err := f.clean(ctx, clean[key])
		if err != nil {
			return report, err
		}
		report.Clean = append(report.Clean, row)
	}
	show(len(chosen)+1, len(chosen)+1)
	return report, nil
}

// huntOne plants a bug and calls the program with it, once for each judge that has to
// catch it.
func (f *bugsFlags) huntOne(ctx context.Context, root string, bug planted.Bug) (bugRow, error) {
	row := bugRow{Name: bug.Name, Breaks: bug.Breaks, SeenIn: bug.SeenIn, All: []catch{}}
	row.Sentences = []string{}
	wanted := bug.CaughtBy
	row.Wanted = wantedOf(bug)
	if len(wanted) == 0 {
		wanted = []scenarios.Class{{}}
	}
	work, err := os.MkdirTemp("", "quorumlab-")
	if err != nil {
		return row, err
	}
	defer os.RemoveAll(work)
	program, err := bug.Build(ctx, root, work)
	if err != nil {
		return row, err
	}
	for _, class := range wanted {
		found, err := f.call(ctx, program, bug, class, work)
		if err != nil {
			return row, err
		}
		row.All = append(row.All, found)
	}
	row.catch = row.All[0]
	for _, found := range row.All {
		row.Caught = row.Caught && found.Caught
	}
	return row, nil
}

// call runs a program with a bug in it.
func (f *bugsFlags) call(ctx context.Context, program string, bug planted.Bug, class scenarios.Class, work string) (found catch, err error) {
	out := f.out
	if out == "" {
		out = work
	}
	arguments := []string{"hunt", "--scenario", bug.Scenario, "--protocol", strings.Join(bug.Protocols, ","),
		"--seed", f.seed.String(), "--seeds", fmt.Sprint(f.seeds), "--cpu-seconds", fmt.Sprint(f.cpuSeconds),
		"--judge", string(class.Judge), "--invariant", class.Invariant, "--out", out, "--leash"}
	for _, set := range slices.Concat(f.set, bug.Set) {
		arguments = append(arguments, "--set", set)
	}
	hunt := planted.Command(ctx, program, arguments...)
	var complaint bytes.Buffer
	hunt.Stderr = &complaint
	// A pipe that nobody writes to: the program sees its end even if this one is killed.
	leash, err := hunt.StdinPipe()
	if err != nil {
		return found, err
	}
	defer leash.Close()
	printed, err := hunt.Output()
	found, done := lastLine(printed)
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case strings.HasPrefix(complaint.String(), "quorumlab:"):
		return found, fmt.Errorf("%s: the program with the bug in it: %.2000s", bug.Name, strings.TrimSpace(complaint.String()))
	case (err != nil || !done) && !found.Caught:
		return found.suddenEnd(bug, class, err, complaint.String())
	case !found.Caught:
		return found, nil
	}
	if err != nil || !done {
		found.Unshrunk = "the program ended while that was tried: " + howEnded(err, complaint.String())
	}
	if found.Replay == "" {
		return found, nil // the run never ended
	}
	found.CleanOK, err = okWithout(found.Replay)
	if f.out == "" {
		found.Replay = "" // it goes with the folder
	}
	return found, err
}

// okWithout reports whether the code without the bug does not fail so in the run of a
// file. It may fail to serve, where next to nobody is left to ask.
func okWithout(path string) (bool, error) {
	replay, s, p, err := readReplay(path)
	if err != nil {
		return false, err
	}
	return replay.Run(s, p).Failure != replay.Failure, nil
}

// clean runs the code without bugs.
func (f *bugsFlags) clean(ctx context.Context, row cleanRow) (cleanRow, error) {
	s, err := chosen(row.Scenario, append(slices.Clone(f.set), row.Set...))
	if err != nil {
		return row, err
	}
	p, err := protocolFor(s, row.Protocol)
	if err != nil {
		return row, err
	}
	sweep := scenarios.RunSeeds(ctx, s, p, uint64(f.seed), row.Seeds, func(*scenarios.Sweep) {})
	if ctx.Err() != nil {
		return row, fmt.Errorf("%w: all bugs were tried, the code without them was not", errInterrupted)
	}
	row.OK, row.FailedSeed = sweep.OK, sweep.FailedSeeds
	return row, nil
}
