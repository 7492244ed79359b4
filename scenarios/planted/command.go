package planted

import (
	"context"
	"os"
	"os/exec"
	"time"
)

// patience is how long a program may take to end that was asked to.
const patience = 5 * time.Second

// Command is a program that is asked to end when the context is done, so that it leaves
// neither files nor programs of its own behind, and that is ended only if it does not.
func Command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, arguments...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = patience
	return c
}
