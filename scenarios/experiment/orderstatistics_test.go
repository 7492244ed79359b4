package experiment

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOrderStatistics compares with the closed forms, and with published tables.
func TestOrderStatistics(t *testing.T) {
	harmonic := func(n int) (sum float64) {
		for i := range n {
			sum += 1 / float64(i+1)
		}
		return sum
	}
	for n := 2; n < 12; n++ {
		k := n / 2
		assert.InDelta(t, harmonic(n-1)-harmonic(n-1-k), (orderStatistic{k, n - 1, exponentialCDF}).mean(), 1e-6)
		assert.InDelta(t, float64(k)/float64(n), (orderStatistic{k, n - 1, uniformCDF}).mean(), 1e-6)
	}
	for n, means := range map[int][2]float64{3: {1.2500, 0.7667}, 5: {1.4378, 0.8726}, 7: {1.5115, 0.9131}} {
		assert.InDelta(t, means[0], (orderStatistic{n / 2, n - 1, erlangCDF(2)}).mean(), 6e-5)
		assert.InDelta(t, means[1], (orderStatistic{n / 2, n - 1, triangleCDF}).mean(), 6e-5)
	}
	assert.InDelta(t, 8.406, (orderStatistic{1, 1, erlangCDF(3)}).quantile(0.99), 6e-4)
	assert.InDelta(t, 2.248, (orderStatistic{3, 5, exponentialCDF}).quantile(0.99), 6e-4)
	assert.InDelta(t, 1.950, (orderStatistic{4, 7, exponentialCDF}).quantile(0.99), 6e-4)
	// The mean of a Pareto distribution is α/(α-1), and of a log-normal one exp(σ²/2).
	assert.InDelta(t, 1.5, (orderStatistic{1, 1, paretoCDF(3)}).mean(), 1e-4)
	assert.InDelta(t, math.Exp(0.125), (orderStatistic{1, 1, logNormalCDF(0.5)}).mean(), 1e-6)
}

func TestBinomialTail(t *testing.T) {
	for _, c := range []struct {
		n, k    int
		p, want float64
	}{
		{2, 1, 0.1, 0.19}, {5, 3, 0.2, 0.05792}, {4, 2, 0.05, 0.0140}, {3, 1, 0.2, 0.488}, {3, 0, 0.3, 1}, {3, 4, 0.3, 0},
	} {
		assert.InDelta(t, c.want, binomialTail(c.n, c.p, c.k), 6e-5)
	}
}

func TestQuantileIsNearestRank(t *testing.T) {
	sorted := []float64{1, 2, 3, 4}
	for p, want := range map[float64]float64{0: 1, 0.25: 1, 0.26: 2, 0.5: 2, 0.75: 3, 0.76: 4, 1: 4} {
		assert.Equal(t, want, quantile(sorted, p), "%v", p)
	}
	assert.Zero(t, quantile(nil, 0.5))
}

// TestRowsCanBeOut makes sure that a verdict is not always ok.
func TestRowsCanBeOut(t *testing.T) {
	for _, out := range []Row{
		within("", 1.2, 1, 0.1), near("", 106, 100, 0.05), exactly("", 4.000001, 4), exactly("", math.NaN(), 4),
		atMost("", 0.36, 0.35), atLeast("", 8, 9), truth("", true, false),
	} {
		assert.Equal(t, "OUT", out.Verdict())
	}
	for _, in := range []Row{
		within("", 1.2, 1.1, 0.1), near("", 104, 100, 0.05), exactly("", 4, 4), atMost("", 0.35, 0.35), atLeast("", 9, 9), truth("", true, true),
	} {
		assert.Equal(t, "ok", in.Verdict())
	}
	assert.Empty(t, measured("", 1).Verdict())
	assert.Empty(t, beside("", 1, 2).Verdict())
}
