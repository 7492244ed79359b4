package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/scenarios/planted"
)

// bugsFlags are the flags of bugs.
type bugsFlags struct {
	dir        string
	seed       seed
	seeds      int
	cpuSeconds float64
	out        string
	set        []string
	list       bool
	json       bool
	markdown   bool
}

// bugReport is what bugs prints with --json. Fields are added over time and never
// renamed.
type bugReport struct {
	Bugs  []bugRow   `json:"bugs"`
	Clean []cleanRow `json:"clean"` // the code without bugs, on the same seeds
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

func newBugs() *cobra.Command {
	f := bugsFlags{seeds: 10_000, cpuSeconds: 60}
	c := &cobra.Command{
		Use:   "bugs [NAME ...]",
		Short: "Plant known bugs, and see whether they are caught",
		Long: `Bugs builds this program with each of the bugs in it that real systems have had, or
with those named, runs the swarm on it until a judge catches it, and shrinks the
run. --dir takes the patches from a folder instead: any file NAME.patch or
NAME.diff that git diff or diff -u printed. The code without bugs then has to be ok
on the same seeds. The source must be there, and is not touched.

Exit codes: 0 all caught, 1 some not, or a false alarm, 2 bad input.`,
		Example: `  quorumlab bugs --list
  quorumlab bugs vote-not-persisted --out out
  quorumlab bugs --dir my-patches --json`,
		RunE: func(c *cobra.Command, names []string) error { return f.run(c, names) },
	}
	c.ValidArgsFunction = onlyOnce(anyNumber, bugWords)
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "folder with patches, instead of the laboratory's own")
	seedFlag(c, &f.seed)
	flags.IntVar(&f.seeds, "seeds", f.seeds, "how many seeds to try at most on each bug")
	flags.Float64Var(&f.cpuSeconds, "cpu-seconds", f.cpuSeconds, "how much CPU time to use at most on each bug, beside building and shrinking")
	flags.StringArrayVar(&f.set, "set", nil, "field=value of the swarm's configuration; may be repeated")
	flags.StringVar(&f.out, "out", "", "folder for the shrunk runs, for replay; none are written without")
	flags.BoolVar(&f.list, "list", false, "print the bugs with their stories, and run nothing")
	flags.BoolVar(&f.json, "json", false, "print one JSON object")
	flags.BoolVar(&f.markdown, "markdown", false, "print the table as it stands in docs/bugs.md")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
	return c
}

func (f *bugsFlags) run(c *cobra.Command, names []string) error {
	switch {
	case f.seeds < 1:
		return fmt.Errorf("--seeds: %d is not positive", f.seeds)
	case !(f.cpuSeconds > 0):
		return fmt.Errorf("--cpu-seconds: %v is not positive", f.cpuSeconds)
	}
	if _, err := swarm(f.set); err != nil {
		return err
	}
	chosen, unread := bugsIn(f.dir)
	if len(names) > 0 {
		chosen = nil
		for _, name := range names {
			bug, err := bugNamed(name, f.dir)
			if err != nil {
				return err
			}
			chosen, unread = append(chosen, bug), nil
		}
	}
	if len(chosen) == 0 {
		return unread
	}
	if f.list {
		if f.json {
			return errors.Join(json.NewEncoder(c.OutOrStdout()).Encode(listOf(chosen)), unread)
		}
		for _, b := range chosen {
			fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s\n\n", b.Name, b.Story)
		}
		return unread
	}
	if f.out != "" {
		if err := folder(f.out); err != nil {
			return err
		}
	}
	root, err := planted.Source()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := f.hunt(ctx, c, root, chosen)
	if err != nil {
		return err
	}
	switch {
	case f.json:
		err = json.NewEncoder(c.OutOrStdout()).Encode(report)
	case f.markdown:
		err = report.markdown(c.OutOrStdout(), f)
	default:
		err = report.print(c.OutOrStdout())
	}
	return errors.Join(err, unread, report.outcome())
}

// bugList is what bugs --list prints with --json.
type bugList struct {
	Bugs []listedBug `json:"bugs"`
}

type listedBug struct {
	Name      string   `json:"name"`
	Story     string   `json:"story"`
	Breaks    string   `json:"breaks"`
	SeenIn    string   `json:"seenIn"`
	Clients   string   `json:"clients"`
	Wanted    string   `json:"wanted"`
	Scenario  string   `json:"scenario"`
	Protocols []string `json:"protocols"`
	Set       []string `json:"set"`
}

func listOf(bugs []planted.Bug) bugList {
	list := bugList{Bugs: []listedBug{}}
	for _, b := range bugs {
		list.Bugs = append(list.Bugs, listedBug{
			b.Name, b.Story, b.Breaks, b.SeenIn, b.Clients, wantedOf(b), b.Scenario, b.Protocols, append([]string{}, b.Set...),
		})
	}
	return list
}

// wantedOf says who has to catch a bug.
func wantedOf(b planted.Bug) string {
	var words []string
	for _, class := range b.CaughtBy {
		words = append(words, strings.TrimSuffix(class.String(), ": "))
	}
	return strings.Join(words, "; ")
}

// hunt plants one bug after the other, and then runs the clean code.
func (f *bugsFlags) hunt(ctx context.Context, c *cobra.Command, root string, chosen []planted.Bug) (*bugReport, error) {
	report := &bugReport{Bugs: []bugRow{}, Clean: []cleanRow{}}
	clean := make(map[string]cleanRow) // by protocol and settings: what the clean code has to do
	show := progress(c.ErrOrStderr())
	for i, bug := range chosen {
		show(i, len(chosen)+1)
		row, err := f.huntOne(ctx, root, bug)
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
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
			return nil, err
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
		"--judge", string(class.Judge), "--invariant", class.Invariant, "--out", out}
	for _, set := range slices.Concat(f.set, bug.Set) {
		arguments = append(arguments, "--set", set)
	}
	hunt := exec.CommandContext(ctx, program, arguments...)
	var complaint bytes.Buffer
	hunt.Stderr = &complaint
	printed, err := hunt.Output()
	if err != nil {
		return found, fmt.Errorf("%s: the program with the bug in it failed: %w: %.2000s", bug.Name, err, complaint.String())
	}
	if err := json.Unmarshal(printed, &found); err != nil || !found.Caught {
		return found, err
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
	p, err := scenarios.ProtocolByName(row.Protocol)
	if err != nil {
		return row, err
	}
	sweep := scenarios.RunSeeds(ctx, s, p, uint64(f.seed), row.Seeds, func(*scenarios.Sweep) {})
	if ctx.Err() != nil {
		return row, errors.New("interrupted")
	}
	row.OK, row.FailedSeed = sweep.OK, sweep.FailedSeeds
	return row, nil
}

// outcome turns a report into what bugs returns.
func (r *bugReport) outcome() error {
	verdict := linearizability.VerdictOK
	for _, row := range r.Bugs {
		if row.Error != "" {
			first, _, _ := strings.Cut(row.Error, "\n")
			return errors.New(first)
		}
		if !row.Caught || slices.ContainsFunc(row.All, func(c catch) bool { return !c.CleanOK }) {
			verdict = linearizability.VerdictViolation
		}
	}
	if slices.ContainsFunc(r.Clean, func(c cleanRow) bool { return c.OK < c.Seeds }) {
		verdict = linearizability.VerdictViolation
	}
	return exitWith(verdict)
}

func (r *bugReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "BUG\tCAUGHT\tBY\tSEEDS\tCPU s\tFAULTS\tOF")
	for _, row := range r.Bugs {
		if row.Error != "" {
			fmt.Fprintf(table, "%s\terror\t\n", row.Name)
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
		if row.Error != "" {
			fmt.Fprintf(w, "\n%s\n", row.Error)
		}
		for _, found := range row.All {
			if found.Caught && !found.CleanOK {
				fmt.Fprintf(w, "\n%s: the shrunk run fails without the bug too\n", row.Name)
			}
			if found.Replay != "" {
				fmt.Fprintf(w, "\nTo see it: quorumlab replay %s", filepath.ToSlash(found.Replay))
			}
		}
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
