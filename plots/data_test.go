package plots

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

func TestThinKeepsCountOrderAndExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(6, 60).Draw(t, "limit")
		operations := generatedOperations(t, 0, 200)
		thinned := thin(operations, 10*time.Second, limit)
		require.Len(t, thinned, min(limit, len(operations)))

		rest := operations
		for _, kept := range thinned {
			at := slices.Index(rest, kept)
			require.GreaterOrEqual(t, at, 0, "what is kept comes in order, and only once")
			rest = rest[at+1:]
		}
		all, some := split(operations), split(thinned)
		byLatency := func(a, b Operation) int { return int(a.Latency - b.Latency) }
		for _, outcome := range outcomes {
			if len(all[outcome]) == 0 {
				continue
			}
			require.NotEmpty(t, some[outcome], "no outcome vanishes")
			require.Equal(t, slices.MaxFunc(all[outcome], byLatency).Latency, slices.MaxFunc(some[outcome], byLatency).Latency)
			require.Equal(t, slices.MinFunc(all[outcome], byLatency).Latency, slices.MinFunc(some[outcome], byLatency).Latency)
		}
	})
}

func TestThinSamplesEvenly(t *testing.T) {
	var operations []Operation
	for i := range 100_000 {
		operations = append(operations, Operation{Call: time.Duration(i) * time.Millisecond, Latency: time.Millisecond, Outcome: OK})
	}
	perTenth := make([]int, 10)
	for _, kept := range thin(operations, 100*time.Second, maxMarks) {
		perTenth[min(int(kept.Call/(10*time.Second)), 9)]++
	}
	for _, count := range perTenth {
		require.InDelta(t, maxMarks/10, count, 10)
	}
}

func TestThinningIsTold(t *testing.T) {
	figure := LatencyOverTime(leaderCrash("Raft", maxMarks))
	require.Empty(t, figure.notes)
	require.NotContains(t, texts(t, figure), "are drawn")
	figure = LatencyOverTime(leaderCrash("Raft", 20_000))
	written := texts(t, figure)
	require.Contains(t, written, "5,000 of 20,000 operations are drawn")
	total := 0
	for _, operations := range split(leaderCrash("Raft", 20_000).Operations) {
		require.Contains(t, written, ": "+thousands(len(operations))+"\n", "the legend counts all")
		total += len(operations)
	}
	require.Equal(t, 20_000, total)
}

func TestBinsCountEveryOperation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		operations := generatedOperations(t, 0, 100)
		run := Run{Operations: operations, Length: time.Duration(rapid.Int64Range(0, int64(12*time.Second)).Draw(t, "length"))}
		width := binWidth(run.end(), len(operations))
		counted := countInBins(operations, width, run.end())
		total, integral := 0, 0.0
		for i, count := range counted.counts {
			total += count
			breadth := counted.edge(i+1) - counted.edge(i)
			require.Positive(t, breadth)
			integral += counted.rate(i) * breadth.Seconds()
		}
		require.Equal(t, len(operations), total)
		require.InDelta(t, len(operations), integral, 1e-6)
		require.LessOrEqual(t, len(counted.counts), 121)
	})
}

func TestBinWidth(t *testing.T) {
	tests := []struct {
		length     time.Duration
		operations int
		want       time.Duration
	}{
		{0, 0, time.Second},
		{20 * time.Second, 20_000, 200 * time.Millisecond},
		{10 * time.Second, 20_000, 100 * time.Millisecond},
		{10 * time.Second, 100, 500 * time.Millisecond},
		{10 * time.Second, 1, time.Second},
		{3, 1000, 1},
	}
	for _, test := range tests {
		require.Equal(t, test.want, binWidth(test.length, test.operations), "%v, %d operations", test.length, test.operations)
	}
}

func TestRateOfAShortLastBin(t *testing.T) {
	at := func(milliseconds ...int) (operations []Operation) {
		for _, end := range milliseconds {
			operations = append(operations, Operation{Call: time.Duration(end) * time.Millisecond})
		}
		return operations
	}
	// 2.6 s in bins of 1 s: the last bin is 0.6 s long, and not seen as a drop.
	counted := countInBins(at(0, 500, 1000, 1999, 2000, 2300, 2600), time.Second, 2600*time.Millisecond)
	require.Equal(t, []int{2, 2, 3}, counted.counts)
	require.Equal(t, 2.0, counted.rate(0))
	require.InDelta(t, 3/0.6, counted.rate(2), 1e-9)
	// 2.4 s: a bin of 0.4 s would be too short; the one before it takes it in.
	counted = countInBins(at(0, 1500, 2300), time.Second, 2400*time.Millisecond)
	require.Equal(t, []int{1, 2}, counted.counts)
	require.InDelta(t, 2/1.4, counted.rate(1), 1e-9)
}

func TestOutlines(t *testing.T) {
	counted := bins{width: time.Second, end: 5 * time.Second, counts: []int{1, 0, 2, 3, 0}}
	broken := counted.outlines(false)
	require.Len(t, broken, 2)
	require.Equal(t, []float64{1, 1, 0}, ys(broken[0]))
	require.Equal(t, []float64{0, 2, 2, 3, 3, 0}, ys(broken[1]))
	whole := counted.outlines(true)
	require.Len(t, whole, 1)
	require.Equal(t, []float64{1, 1, 0, 0, 2, 2, 3, 3, 0, 0}, ys(whole[0]))
}

func ys(points plotter.XYs) (heights []float64) {
	for _, point := range points {
		heights = append(heights, point.Y)
	}
	return heights
}

func TestCumulativeRisesFromZeroToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 3*maxSteps).Draw(t, "count")
		spread := rapid.Int64Range(1, 10_000).Draw(t, "spread")
		multiplier := rapid.Int64Range(1, 10_000).Draw(t, "multiplier")
		sorted := make([]time.Duration, count)
		for i := range sorted {
			sorted[i] = time.Duration(int64(i) * multiplier % spread)
		}
		slices.Sort(sorted)
		steps := cumulative(sorted)
		require.LessOrEqual(t, len(steps), maxSteps+1)
		require.Equal(t, step{sorted[0], 0}, steps[0])
		require.Equal(t, step{sorted[count-1], 1}, steps[len(steps)-1])
		for i := 1; i < len(steps); i++ {
			require.GreaterOrEqual(t, steps[i].latency, steps[i-1].latency)
			require.Greater(t, steps[i].fraction, steps[i-1].fraction)
			require.LessOrEqual(t, steps[i].fraction-steps[i-1].fraction, max(1.0/float64(count), 2.0/maxSteps)+1e-12)
		}
	})
}

func TestPercentile(t *testing.T) {
	upTo := func(n int) (sorted []time.Duration) {
		for i := range n {
			sorted = append(sorted, time.Duration(i+1))
		}
		return sorted
	}
	tests := []struct {
		count, percent int
		want           time.Duration
	}{{1, 50, 1}, {1, 99, 1}, {2, 50, 1}, {3, 50, 2}, {4, 50, 2}, {100, 99, 99}, {101, 99, 100}, {1000, 99, 990}}
	for _, test := range tests {
		require.Equal(t, test.want, percentile(upTo(test.count), test.percent), "p%d of 1..%d", test.percent, test.count)
	}
}
