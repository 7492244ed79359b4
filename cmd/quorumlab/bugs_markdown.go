package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"quorumlab/scenarios"
)

// markdown prints the table of docs/bugs.md.
func (r *bugReport) markdown(w io.Writer, f *bugsFlags) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Made on %s from seed %v, with at most %d seeds and %g CPU seconds for each judge.\n\n",
		time.Now().UTC().Format(time.DateOnly), f.seed.String(), f.seeds, f.cpuSeconds)
	b.WriteString("| bug | wanted | caught | by | seeds | CPU s | faults | of | shrinking, CPU s |\n|---|---|---|---|---|---|---|---|---|\n")
	var faults []int
	var took []float64
	for _, row := range r.Bugs {
		if row.Error != "" {
			fmt.Fprintf(&b, "| %s | %s | error | | | | | | |\n", row.Name, row.Wanted)
			continue
		}
		wanted := strings.Split(row.Wanted, "; ")
		for i, found := range row.All {
			name := row.Name
			if i > 0 {
				name = ""
			}
			if !found.Caught {
				fmt.Fprintf(&b, "| %s | %s | no | | %d | %.1f | | | |\n", name, wanted[i], found.Seeds, found.CPUSeconds)
				continue
			}
			faults, took = append(faults, found.Faults), append(took, found.ShrinkCPUSeconds)
			fmt.Fprintf(&b, "| %s | %s | yes | %v (%s) | %d | %.1f | %d | %d | %.1f |\n", name, wanted[i],
				scenarios.Class{Judge: found.Judge, Invariant: found.Invariant}, found.Protocol,
				found.Seeds, found.CPUSeconds, found.Faults, found.FaultsAll, found.ShrinkCPUSeconds)
		}
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		slices.Sort(took)
		fmt.Fprintf(&b, "\nMedian of what is left after shrinking: %d faults, at most %d; of the time that shrinking took: %.1f CPU seconds, at most %.1f.\n",
			faults[len(faults)/2], faults[len(faults)-1], took[len(took)/2], took[len(took)-1])
	}
	b.WriteString("\n| no bug | seeds | ok |\n|---|---|---|\n")
	for _, row := range r.Clean {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", row.title(), row.Seeds, row.OK)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// title names what was run without a bug.
func (c cleanRow) title() string {
	title := c.Scenario + " on " + c.Protocol
	if len(c.Set) > 0 {
		title += ", " + strings.Join(c.Set, " ")
	}
	return title
}
