package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
)

// TestStopped: kill and timeout end a command as an interrupt does.
func TestStopped(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ctx, stop := untilStopped()
		self, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)
		require.NoError(t, self.Signal(signal))
		<-ctx.Done()
		stop()
	}
}

// TestInterrupted: who is asked to end has no answer, which is no complaint about the input.
func TestInterrupted(t *testing.T) {
	for _, err := range []error{context.Canceled, fmt.Errorf("%w: one of two", errInterrupted)} {
		var complaint strings.Builder
		assert.Equal(t, exitUnknown, exitCode(err, &complaint))
		assert.Contains(t, complaint.String(), "quorumlab: interrupted")
	}
	assert.Equal(t, exitUsage, exitCode(errors.New("--seed: wrong"), io.Discard))
}

// TestInterruptible: who has nothing to say yet is not waited for.
func TestInterruptible(t *testing.T) {
	never := make(chan error)
	defer close(never)
	c := interruptible(&cobra.Command{RunE: func(*cobra.Command, []string) error {
		self, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)
		require.NoError(t, self.Signal(syscall.SIGTERM))
		return <-never
	}})
	assert.ErrorIs(t, c.RunE(c, nil), errInterrupted)
}

// TestStoppedSweep: what was not run was not ok, and it is said how to go on.
func TestStoppedSweep(t *testing.T) {
	part := stopped{Sweep: &scenarios.Sweep{Seeds: 3, OK: 3}, Left: 7}
	assert.Equal(t, verdictError(exitUnknown), part.outcome())
	assert.Equal(t, "7 of 10 seeds are left; with --results a call goes on where one was stopped", part.text(""))
	assert.Equal(t, "7 of 10 seeds are left; the same call goes on with them", part.text("sweep.jsonl"))
	part.Violations = 1
	assert.Equal(t, verdictError(exitViolation), part.outcome())
	part.Sweep, part.Left = &scenarios.Sweep{Seeds: 10, OK: 10}, 0
	assert.NoError(t, part.outcome())
}
