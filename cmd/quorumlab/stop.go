package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// errInterrupted is that of a command that was asked to end before it had an answer.
var errInterrupted = errors.New("interrupted")

// insistAfter is how long somebody waits who asks again. Less is one who asks a program and
// the one that it has called, as a terminal does.
const insistAfter = time.Second

// untilStopped returns a context that is done when the program is asked to end, by the
// keyboard, or as kill and timeout do. Who asks again later ends it at once.
func untilStopped() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { time.AfterFunc(insistAfter, stop) })
	return ctx, stop
}

// interruptible is a command that has nothing to say before it has an answer: when it is asked
// to end it is left where it is, and the program ends.
func interruptible(c *cobra.Command) *cobra.Command {
	run := c.RunE
	c.RunE = func(c *cobra.Command, arguments []string) error {
		ctx, stop := untilStopped()
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- run(c, arguments) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return errInterrupted
		}
	}
	return c
}
