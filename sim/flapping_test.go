package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFlapping: S1 is cut off for the first half of each 4 ms.
func TestFlapping(t *testing.T) {
	flapping := Flapping{Partition{Span: Between(10*ms, 21*ms), Side: "S1", Direction: Outward}, Duration(4 * ms)}
	for at := range 30 {
		m := links(flapped(t, flapping, time.Duration(at)*ms+500*us))
		cut := at >= 10 && at < 21 && (at-10)%4 < 2
		require.Equal(t, cut, !m[0][1], "at %d ms", at)
		require.True(t, m[1][0] && m[1][2], "the rest is well")
	}
}

// flapped returns a world of three servers at the given time.
func flapped(t *testing.T, f Fault, at time.Duration) *World {
	w := targetWorld(t, 3, 0)
	w.Inject(Schedule{f})
	require.NoError(t, w.Run(at))
	return w
}

// TestFlappingEnds: nothing goes on after it.
func TestFlappingEnds(t *testing.T) {
	w := flapped(t, Flapping{Partition{Span: Between(10*ms, 20*ms), Side: "S1"}, Duration(2 * ms)}, 25*ms)
	require.Zero(t, w.Pending())
}

// TestFlappingKeepsItsSide: it is drawn once, when the fault begins.
func TestFlappingKeepsItsSide(t *testing.T) {
	w := targetWorld(t, 5, 0)
	w.Inject(Schedule{Flapping{Partition{Span: Between(10*ms, 0), Side: AnyOne}, Duration(2 * ms)}})
	sides := map[string]bool{}
	for at := range 20 {
		require.NoError(t, w.Run(time.Duration(10+2*at)*ms+500*us))
		sides[fmt.Sprint(servers(w))] = true
	}
	require.Len(t, sides, 1)
}
