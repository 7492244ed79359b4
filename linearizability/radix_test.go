package linearizability

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestByTime(t *testing.T) {
	const seed = 3
	r := rand.New(rand.NewPCG(seed, 0))
	var sorter byTime
	for _, n := range []int{0, 1, 255, 256, 5000, 300} {
		for _, reach := range []int64{1, 100, 1 << 40, math.MaxInt64} {
			times := make([]int64, n)
			want := make([]int32, n)
			for i := range times {
				times[i], want[i] = r.Int64N(reach)-r.Int64N(reach), int32(i)
				if r.IntN(10) == 0 {
					times[i] = []int64{math.MinInt64, math.MaxInt64, 0, -1}[r.IntN(4)]
				}
			}
			slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(times[a], times[b]) })
			require.Equal(t, want, sorter.sort(n, func(i int32) int64 { return times[i] }), "n %d, reach %d, seed %d", n, reach, seed)
		}
	}
}
