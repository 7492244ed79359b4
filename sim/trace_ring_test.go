package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRingKeepsTheLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 10).Draw(t, "size")
		ring := NewRing(size)
		var all []Event
		for number := range uint64(rapid.IntRange(0, 35).Draw(t, "events")) {
			e := Event{Number: number + 1, Kind: Noted, Machine: 1, Note: number}
			all = append(all, e)
			ring.Observe(&e)
			kept := ring.Events()
			require.Equal(t, all[max(0, len(all)-size):], kept)
			kept[0].Number = 99 // it is the caller's
		}
		require.Len(t, ring.Events(), min(size, len(all)))
	})
}

func TestRingPrints(t *testing.T) {
	ring := NewRing(3)
	require.Empty(t, ring.String())
	for i, note := range []string{"forgotten", "first", "two\nlines", "last"} {
		ring.Observe(&Event{Kind: Noted, Machine: 1, At: ms, Note: note})
		require.Equal(t, min(i+1, 3), strings.Count(ring.String(), "\n"))
	}
	require.Equal(t, ""+
		"    0.001000s S1 first\n"+
		"    0.001000s S1 two lines\n"+
		"    0.001000s S1 last\n", ring.String())

	var b strings.Builder
	n, err := ring.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, len(ring.String()), n)
	require.Equal(t, ring.String(), b.String())

	n, err = ring.WriteTo(&smallDisk{room: 7})
	require.ErrorIs(t, err, errDiskFull)
	require.EqualValues(t, 7, n)
}

func TestRingGolden(t *testing.T) {
	ring := NewRing(12)
	story(t, ring)
	requireGolden(t, "story.last12.txt", ring.String())
}

// TestRingCostsNothing: it is made to be always on.
func TestRingCostsNothing(t *testing.T) {
	ring := NewRing(100)
	e := Event{Kind: Noted, Machine: 1, Note: "note"}
	for range 100 {
		ring.Observe(&e)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { ring.Observe(&e) }))
}

func TestRingNeedsRoom(t *testing.T) {
	for _, size := range []int{0, -1} {
		require.PanicsWithValue(t, fmt.Sprintf("sim: a ring of %d events", size), func() { NewRing(size) })
	}
}
