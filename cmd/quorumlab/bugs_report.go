package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
)

// bugReport is what bugs prints with --json. Fields are added over time and never
// renamed.
type bugReport struct {
	Bugs  []bugRow   `json:"bugs"`
	Clean []cleanRow `json:"clean"` // the code without bugs, on the same seeds

	dirFlag string // what a replay needs besides, if the patches are none of the laboratory's
}

// bugRow is one bug. The fields of the catch are those of the first judge that has to
// catch it.
type bugRow struct {
	Name   string `json:"name"`
	Breaks string `json:"breaks"`
	SeenIn string `json:"seenIn"`
	Wanted string `json:"wanted"` // who has to catch it; empty: anybody
	catch
	All   []catch `json:"all"`             // what each judge caught that has to
	Error string  `json:"error,omitempty"` // why it could not be planted
}

// cleanRow is a protocol without bugs.
type cleanRow struct {
	Scenario   string   `json:"scenario"`
	Protocol   string   `json:"protocol"`
	Set        []string `json:"set"`
	Seeds      int      `json:"seeds"`
	OK         int      `json:"ok"`
	FailedSeed []uint64 `json:"failedSeeds"`
}

// outcome turns a report into what bugs returns.
func (r *bugReport) outcome() error {
	verdict := linearizability.VerdictOK
	var failed []error
	for _, row := range r.Bugs {
		if row.Error != "" {
			first, _, _ := strings.Cut(row.Error, "\n")
			failed = append(failed, errors.New(first))
		}
		if !row.Caught || slices.ContainsFunc(row.All, func(c catch) bool { return !c.CleanOK }) {
			verdict = linearizability.VerdictViolation
		}
	}
	if slices.ContainsFunc(r.Clean, func(c cleanRow) bool { return c.OK < c.Seeds }) {
		verdict = linearizability.VerdictViolation
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return exitWith(verdict)
}

// where says which run showed a bug. Of one that never ended, or ended the program, only
// what came before it is known.
func (found catch) where() string {
	if found.Protocol == "" {
		return ""
	}
	return fmt.Sprintf(", on %s from seed %d", found.Protocol, found.Seed)
}

// faultsTold is how many faults are told of a run. Most shrink to fewer.
const faultsTold = 10

// tell says what shows a bug, and how to look at it.
func (r *bugReport) tell(w io.Writer, row bugRow) {
	if row.Error != "" {
		fmt.Fprintf(w, "\n%s\n", row.Error)
	}
	for _, found := range row.All {
		if !found.Caught {
			continue
		}
		first, _, _ := strings.Cut(found.Violation, "\n")
		fmt.Fprintf(w, "\n%s: %s\n", row.Name+found.where(), first)
		for _, fault := range found.Sentences[:min(len(found.Sentences), faultsTold)] {
			fmt.Fprintf(w, "  fault           %s\n", fault)
		}
		if more := len(found.Sentences) - faultsTold; more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
		if found.Unshrunk != "" {
			fmt.Fprintf(w, "  not made small  %s\n", found.Unshrunk)
		}
		if !found.CleanOK {
			fmt.Fprintf(w, "  the shrunk run fails without the bug too\n")
		}
		if found.Replay != "" {
			fmt.Fprintf(w, "To see it: quorumlab replay %s%s\n", filepath.ToSlash(found.Replay), r.dirFlag)
		}
	}
}

func (r *bugReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "BUG\tCAUGHT\tBY\tSEEDS\tCPU s\tFAULTS\tOF")
	for _, row := range r.Bugs {
		if row.Error != "" {
			fmt.Fprintf(table, "%s\terror\t\t\t\t\t\n", row.Name) // all cells, or columns begin anew below
			continue
		}
		for i, found := range row.All {
			name, by, faults, of := row.Name, "", "", ""
			if i > 0 {
				name = ""
			}
			if found.Caught {
				by = scenarios.Class{Judge: found.Judge, Invariant: found.Invariant}.String()
				faults, of = fmt.Sprint(found.Faults), fmt.Sprint(found.FaultsAll)
			} else if row.Wanted != "" {
				by = "(" + strings.Split(row.Wanted, "; ")[i] + ")"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.1f\t%s\t%s\n", name, yesNo(found.Caught), by, found.Seeds, found.CPUSeconds, faults, of)
		}
	}
	for _, row := range r.Clean {
		fmt.Fprintf(table, "no bug, %s\t%s\t%s\t%d\t\n", strings.Join(append([]string{row.Scenario, "on", row.Protocol}, row.Set...), " "), yesNo(row.OK < row.Seeds), failedSeeds(row.FailedSeed), row.Seeds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, row := range r.Bugs {
		r.tell(w, row)
	}
	_, err := fmt.Fprintln(w)
	return err
}

func failedSeeds(seeds []uint64) string {
	if len(seeds) == 0 {
		return ""
	}
	return fmt.Sprintf("seeds %v", seeds)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
