package sim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStreamIsSplitmix64 compares with the first outputs of the algorithm's
// reference implementation for seed 1234567.
func TestStreamIsSplitmix64(t *testing.T) {
	s := stream(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423,
		4593380528125082431, 16408922859458223821} {
		require.Equal(t, want, s.Uint64())
	}
}

func TestStreamOfDependsOnEachWord(t *testing.T) {
	seen := map[stream]bool{}
	for seed := range uint64(10) {
		seen[streamOf(seed)] = true
		for a := range uint64(10) {
			seen[streamOf(seed, a)] = true
			for b := range uint64(10) {
				seen[streamOf(seed, a, b)] = true
			}
		}
	}
	require.Len(t, seen, 10+100+1000)
}

func TestStreamRanges(t *testing.T) {
	s := stream(1)
	var counts [7]int
	var sum float64
	const n = 70_000
	for range n {
		f := s.float()
		require.True(t, f >= 0 && f < 1)
		sum += f
		counts[s.below(7)]++
		require.False(t, s.chance(0))
		require.True(t, s.chance(1))
	}
	require.InDelta(t, 0.5, sum/n, 0.01)
	for value, count := range counts {
		require.InDelta(t, n/7, count, 5*math.Sqrt(n/7), "how often %d was drawn", value)
	}
}

// TestFatesAreIndependent: one misfortune of a message tells nothing of another.
func TestFatesAreIndependent(t *testing.T) {
	purposes := []uint64{purposeLatency, purposeLoss, purposeDuplicate, purposeReorder}
	const n = 20_000
	for _, one := range purposes {
		for _, other := range purposes {
			if one == other {
				continue
			}
			both := 0
			for number := range uint64(n) {
				draw := stream(scramble(1 + number*golden))
				a, b := fate(draw, one), fate(draw, other)
				if a.chance(0.3) && b.chance(0.3) {
					both++
				}
			}
			requireRate(t, 0.09, both, n)
		}
	}
}

// requireRate checks that so many of n independent events of probability p is
// nothing unusual: within five standard deviations.
func requireRate(t *testing.T, p float64, count, n int) {
	t.Helper()
	deviation := math.Sqrt(float64(n) * p * (1 - p))
	require.InDelta(t, float64(n)*p, float64(count), 5*deviation+1e-9)
}
