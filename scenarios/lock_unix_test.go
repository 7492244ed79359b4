//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package scenarios

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOneWriter: two processes do not write to one file of results.
func TestOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	head := resultsHead{Format: resultsFormat, Version: resultsVersion}
	_, first, err := openResults(path, head)
	require.NoError(t, err)
	_, _, err = openResults(path, head)
	require.ErrorContains(t, err, "another process is writing to it")
	require.NoError(t, first.Close())
	_, second, err := openResults(path, head)
	require.NoError(t, err)
	assert.NoError(t, second.Close())
}
