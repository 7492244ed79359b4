package planted_test

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios/planted"
)

// TestAskedToEnd: a program whose context is done can tidy up.
func TestAskedToEnd(t *testing.T) {
	// What a script runs in the background is made to ignore interrupts, and what that
	// starts ignores them too, unless somebody in between listens.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	ctx, stop := context.WithCancel(t.Context())
	here := filepath.Join(t.TempDir(), "here")
	c := planted.Command(ctx, "sh", "-c", `trap 'rm "$1"; exit 3' INT; : > "$1"; echo ready; while :; do sleep 0.01; done`, "sh", here)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	_, err = out.Read(make([]byte, 1))
	require.NoError(t, err)
	stop()
	assert.Error(t, c.Wait())
	assert.Equal(t, 3, c.ProcessState.ExitCode())
	assert.NoFileExists(t, here)
}
