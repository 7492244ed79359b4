package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"quorumlab/scenarios"
)

// seed is a flag that holds a seed.
type seed uint64

func (s *seed) String() string { return strconv.FormatUint(uint64(*s), 10) }
func (s *seed) Type() string   { return "number" }

func (s *seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("want a whole number from 0 to %d", uint64(1<<64-1))
	}
	*s = seed(n)
	return nil
}

func seedFlag(c *cobra.Command, s *seed) {
	*s = 1
	c.Flags().Var(s, "seed", "where all randomness comes from")
}

// windowFlags are the flags that choose what a space-time diagram shows.
func windowFlags(c *cobra.Command, w *scenarios.Window) {
	c.Flags().DurationVar(&w.At, "at", 0, "virtual time that the space-time diagram is about; 0: the violation, or the first fault")
	c.Flags().DurationVar(&w.Length, "window", 0, "virtual time that the space-time diagram shows; 0: as much as can be read")
}

// folder makes sure that a folder exists and that files can be created in it,
// before anything is run whose results would be lost.
func folder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--out: cannot make the folder %s: %w", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".quorumlab-*")
	if err != nil {
		return fmt.Errorf("--out: cannot write to the folder %s: %w", filepath.Clean(dir), err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}
