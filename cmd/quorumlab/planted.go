package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quorumlab/scenarios/planted"
)

// plantedBug is the name of the bug that was built into this program, or empty. A file
// that is built in with the bug sets it.
var plantedBug string

// bugNamed finds a bug of the laboratory, or of a folder of patches.
func bugNamed(name, dir string) (planted.Bug, error) {
	known, err := bugsIn(dir)
	if i := slices.IndexFunc(known, func(b planted.Bug) bool { return b.Name == name }); i >= 0 {
		return known[i], nil
	}
	if err != nil {
		return planted.Bug{}, err
	}
	var names []string
	for _, b := range known {
		names = append(names, b.Name)
	}
	return planted.Bug{}, fmt.Errorf("bug: %q is unknown; want one of %s", name, strings.Join(names, ", "))
}

// bugsIn returns the bugs in a folder, or the laboratory's if none is given. With an
// error it returns those that can be read.
func bugsIn(dir string) ([]planted.Bug, error) {
	if dir == "" {
		return planted.All()
	}
	known, err := planted.ReadDir(dir)
	if err != nil {
		err = fmt.Errorf("--dir: %w", err)
	}
	return known, err
}

// withBug runs this program with a bug planted.
func withBug(c *cobra.Command, name, dir string, arguments []string) error {
	bug, err := bugNamed(name, dir)
	if err != nil {
		return err
	}
	root, err := planted.Source()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "quorumlab-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	ctx, stop := untilStopped()
	defer stop()
	program, err := bug.Build(ctx, root, work)
	if err != nil {
		return err
	}
	child := planted.Command(ctx, program, arguments...)
	child.Stdin, child.Stdout, child.Stderr = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
	err = child.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return verdictError(exit.ExitCode()) // it has said why
	case child.ProcessState != nil && child.ProcessState.Success():
		return nil // even if it was asked to end
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}

// again is the command line of a call, for another program, which need not be told
// where the bug came from that is in it.
func again(c *cobra.Command, arguments ...string) []string {
	line := []string{c.Name()}
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "dir" {
			line = append(line, "--"+f.Name+"="+f.Value.String())
		}
	})
	return append(append(line, "--"), arguments...)
}
