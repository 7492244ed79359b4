package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

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

func newBugs() *cobra.Command {
	f := bugsFlags{seeds: 10_000, cpuSeconds: 60}
	c := &cobra.Command{
		Use:   "bugs [NAME ...]",
		Short: "Plant known bugs, and see whether they are caught",
		Long: `Bugs builds this program with each of the bugs in it that real systems have had, or
with those named, runs the swarm on it until a judge catches it, and shrinks the
run. --dir takes the patches from a folder instead, and those below it: any file
NAME.patch or NAME.diff that git diff or diff -u printed. The code without bugs then has
to be ok on the same seeds. The source must be there, and is not touched. What is interrupted
reports what it has done.

Exit codes: 0 all caught, 1 some not, or a false alarm, 2 bad input, 3 interrupted.`,
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
	chosen, unread := f.chosen(names)
	if len(chosen) == 0 {
		return unread
	}
	for _, bug := range chosen {
		unread = errors.Join(unread, errors.Join(bug.Complaints...))
	}
	if f.list {
		return errors.Join(f.print(c.OutOrStdout(), chosen), unread)
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
	ctx, stop := untilStopped()
	defer stop()
	report, interrupted := f.hunt(ctx, c, root, chosen)
	switch {
	case f.json:
		err = json.NewEncoder(c.OutOrStdout()).Encode(report)
	case f.markdown:
		err = report.markdown(c.OutOrStdout(), f)
	default:
		err = report.print(c.OutOrStdout())
	}
	if interrupted != nil {
		return errors.Join(err, unread, interrupted)
	}
	return errors.Join(err, unread, report.outcome())
}

// chosen are the bugs of those names, or all that can be read, and what cannot.
func (f *bugsFlags) chosen(names []string) (bugs []planted.Bug, unread error) {
	if len(names) == 0 {
		return bugsIn(f.dir)
	}
	for _, name := range names {
		bug, err := bugNamed(name, f.dir)
		if err != nil {
			return nil, err
		}
		bugs = append(bugs, bug)
	}
	return bugs, nil
}

// print lists bugs with their stories.
func (f *bugsFlags) print(out io.Writer, bugs []planted.Bug) error {
	if f.json {
		return json.NewEncoder(out).Encode(listOf(bugs))
	}
	for _, b := range bugs {
		fmt.Fprintf(out, "%s\n\n%s\n\n", b.Name, b.Story)
	}
	return nil
}
