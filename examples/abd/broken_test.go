//go:build broken

package abd_test

import (
	"testing"

	"quorumlab/scenarios"
)

// TestHasty fails: a value is read, and then the one before it.
func TestHasty(t *testing.T) { scenarios.Test(t, slow(hasty)) }
