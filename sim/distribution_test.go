package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDistributionQuantiles compares quantiles of many samples with the closed
// form, each within five standard deviations of the rank that it must have.
func TestDistributionQuantiles(t *testing.T) {
	normalQuantile := func(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
	tests := []struct {
		of       Distribution
		quantile func(p float64) float64 // in milliseconds
	}{
		{Uniform(2*ms, 6*ms), func(p float64) float64 { return 2 + 4*p }},
		{Normal(10*ms, 2*ms), func(p float64) float64 { return 10 + 2*normalQuantile(p) }},
		{LogNormal(3*ms, 0.5), func(p float64) float64 { return 3 * math.Exp(0.5*normalQuantile(p)) }},
		{Exponential(4 * ms), func(p float64) float64 { return -4 * math.Log(1-p) }},
		{Pareto(2*ms, 1.5), func(p float64) float64 { return 2 * math.Pow(1-p, -1/1.5) }},
		{Mixture(Uniform(0, ms), 0.2, Uniform(ms, 5*ms)), func(p float64) float64 {
			if p < 0.8 {
				return p / 0.8
			}
			return 1 + 4*(p-0.8)/0.2
		}},
	}
	for _, test := range tests {
		t.Run(test.of.String(), func(t *testing.T) {
			const n = 20_000
			samples := sampled(test.of, n)
			for _, p := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999} {
				limit := time.Duration(test.quantile(p) * float64(ms))
				below, _ := slices.BinarySearch(samples, limit)
				requireRate(t, p, below, n)
			}
		})
	}
}

func TestDistributionMeans(t *testing.T) {
	tests := []struct {
		of   Distribution
		mean float64 // in milliseconds
	}{
		{Distribution{}, 0},
		{Constant(7 * ms), 7},
		{Uniform(2*ms, 6*ms), 4},
		{Uniform(2*ms, 2*ms), 2},
		{Normal(10*ms, 2*ms), 10},
		{Normal(10*ms, 0), 10},
		{LogNormal(3*ms, 0.5), 3 * math.Exp(0.5*0.5/2)},
		{LogNormal(3*ms, 0), 3},
		{Exponential(4 * ms), 4},
		{Pareto(2*ms, 3), 3},
		{Mixture(Constant(2*ms), 0.25, Exponential(6*ms)), 3},
	}
	for _, test := range tests {
		t.Run(test.of.String(), func(t *testing.T) {
			const n = 20_000
			var sum float64
			for _, s := range sampled(test.of, n) {
				sum += s.Seconds() * 1000
			}
			require.InEpsilon(t, 1+test.mean, 1+sum/n, 0.02)
		})
	}
}

// sampled returns samples in ascending order.
func sampled(d Distribution, n int) []time.Duration {
	s := streamOf(1, 2, 3)
	samples := make([]time.Duration, n)
	for i := range samples {
		samples[i] = d.sample(&s)
	}
	slices.Sort(samples)
	return samples
}

// TestDistributionBounds: whatever the parameters, time neither runs backwards
// nor overflows.
func TestDistributionBounds(t *testing.T) {
	const year = 365 * 24 * time.Hour
	tests := []struct {
		of        Distribution
		low, high time.Duration
	}{
		{Constant(5 * ms), 5 * ms, 5 * ms},
		{Uniform(5*ms, 6*ms), 5 * ms, 6 * ms},
		{Normal(ms, 10*ms), 0, year},
		{LogNormal(5*ms, 10), 0, year},
		{LogNormal(0, 1e9), 0, year},
		{Exponential(0), 0, 0},
		{Pareto(5*ms, 0.001), 5 * ms, year},
		{Mixture(Constant(ms), 0.5, Pareto(5*ms, 0.001)), ms, year},
		{Constant(math.MaxInt64), year, year},
		{Uniform(math.MaxInt64-1, math.MaxInt64), year, year},
		{Normal(math.MaxInt64, math.MaxInt64), 0, year},
		{Exponential(math.MaxInt64), 0, year},
	}
	for _, test := range tests {
		t.Run(test.of.String(), func(t *testing.T) {
			require.NoError(t, test.of.Validate())
			samples := sampled(test.of, 5000)
			require.GreaterOrEqual(t, samples[0], test.low)
			require.LessOrEqual(t, samples[len(samples)-1], test.high)
		})
	}
	require.Zero(t, sampled(Normal(ms, 10*ms), 5000)[0], "cut off at zero")
	require.Equal(t, year, sampled(Pareto(5*ms, 0.001), 5000)[4999], "cut off at a year")
}

func TestDistributionValidate(t *testing.T) {
	tests := []struct {
		of   Distribution
		want string // within the error
	}{
		{Constant(-1), "constant(-1ns): parameters must be finite and not negative"},
		{Uniform(-ms, ms), "not negative"},
		{Uniform(2*ms, ms), "uniform(2ms,1ms): the upper end lies below the lower"},
		{Normal(ms, -1), "not negative"},
		{LogNormal(ms, -0.5), "not negative"},
		{LogNormal(ms, math.NaN()), "finite"},
		{LogNormal(ms, math.Inf(1)), "finite"},
		{Exponential(-ms), "not negative"},
		{Pareto(0, 1), "minimum and alpha must be positive"},
		{Pareto(ms, 0), "pareto(1ms,0): minimum and alpha must be positive"},
		{Pareto(ms, math.Inf(1)), "finite"},
		{Mixture(Constant(ms), 1.5, Constant(ms)), "share of the tail: 1.5 is not a probability between 0 and 1"},
		{Mixture(Constant(ms), math.NaN(), Constant(ms)), "share of the tail: NaN is not a probability"},
		{Mixture(Uniform(2*ms, ms), 0.1, Constant(ms)), "uniform(2ms,1ms): the upper end"},
		{Mixture(Constant(ms), 0.1, Pareto(0, 1)), "pareto(0s,1): minimum and alpha"},
	}
	for _, test := range tests {
		require.ErrorContains(t, test.of.Validate(), test.want)
	}
	require.NoError(t, Distribution{}.Validate())
	require.NoError(t, Uniform(ms, ms).Validate())
	require.NoError(t, Pareto(ms, 0.5).Validate())
}

func TestDistributionString(t *testing.T) {
	tests := map[string]Distribution{
		"constant(0s)":        {},
		"constant(1.5ms)":     Constant(1500 * us),
		"uniform(1ms,2ms)":    Uniform(ms, 2*ms),
		"normal(5ms,1ms)":     Normal(5*ms, ms),
		"lognormal(1ms,0.25)": LogNormal(ms, 0.25),
		"exponential(10ms)":   Exponential(10 * ms),
		"pareto(1ms,1.5)":     Pareto(ms, 1.5),
		"lognormal(1ms,0)":    LogNormal(ms, 0),
		"mixture(uniform(1ms,2ms),0.001,pareto(100ms,1.1))": Mixture(Uniform(ms, 2*ms), 0.001, Pareto(100*ms, 1.1)),
	}
	for want, d := range tests {
		require.Equal(t, want, d.String())
		var read Distribution
		require.NoError(t, read.UnmarshalText([]byte(want)))
		require.True(t, d == read, want)
	}
	require.Equal(t, Constant(ms), Mixture(Constant(ms), 0, Constant(2*ms)), "what has no share leaves no trace")
}

// TestDistributionDraws: a shape draws so many numbers from its stream.
func TestDistributionDraws(t *testing.T) {
	tests := []struct {
		of    Distribution
		draws int
	}{
		{Constant(ms), 0}, {Uniform(0, ms), 1}, {Normal(ms, ms), 2},
		{LogNormal(ms, 1), 2}, {Exponential(ms), 1}, {Pareto(ms, 1), 1},
		{Mixture(Constant(ms), 1, Normal(ms, ms)), 3}, {Mixture(Uniform(0, ms), 1e-12, Normal(ms, ms)), 2},
	}
	for _, test := range tests {
		s, want := stream(1), stream(1)
		test.of.sample(&s)
		for range test.draws {
			want.Uint64()
		}
		require.Equal(t, want, s, test.of.String())
	}
}

func TestMixtureOfMixtures(t *testing.T) {
	mixture := Mixture(Constant(ms), 0.1, Constant(2*ms))
	require.Panics(t, func() { Mixture(mixture, 0.1, Constant(ms)) })
	require.Panics(t, func() { Mixture(Constant(ms), 0.1, mixture) })
}

// TestMixtureKeepsItsBody: what the tail does not replace is as it was.
func TestMixtureKeepsItsBody(t *testing.T) {
	body, mixed, replaced := Exponential(ms), Mixture(Exponential(ms), 0.1, Constant(time.Hour)), 0
	const n = 10_000
	for seed := range uint64(n) {
		s, again := streamOf(seed), streamOf(seed)
		if sample := mixed.sample(&s); sample == time.Hour {
			replaced++
		} else {
			require.Equal(t, body.sample(&again), sample)
		}
	}
	requireRate(t, 0.1, replaced, n)
}

func TestDistributionRefusesText(t *testing.T) {
	tests := map[string]string{
		"":                                      "is not a distribution such as",
		"soon":                                  "is not a distribution such as",
		"uniform(1ms":                           "is not a distribution such as",
		"uniform(1ms)":                          "is none of constant(d), uniform(d,d)",
		"gamma(1ms,2)":                          "is none of constant(d)",
		"uniform(1ms,2)":                        `missing unit in duration "2"`,
		"pareto(1ms,2ms)":                       `parsing "2ms"`,
		"uniform(2ms,1ms)":                      "the upper end lies below the lower",
		"mixture(1ms,0.1)":                      "is not a mixture such as",
		"mixture(1ms,0.1,2ms":                   "is not a mixture such as",
		"mixture(1ms,2ms,3ms)":                  `"2ms" in "mixture(1ms,2ms,3ms)" is not a number`,
		"mixture(1ms,2,3ms)":                    "share of the tail: 2 is not a probability",
		"mixture(1ms,0.1,soon)":                 "is not a distribution such as",
		"mixture(soon,0.1,1ms)":                 "is not a distribution such as",
		"mixture(1ms,0.1,mixture(1ms,0.1,1ms))": "no mixture(m,x,m) of two of them",
	}
	for text, want := range tests {
		require.ErrorContains(t, new(Distribution).UnmarshalText([]byte(text)), want, text)
	}
}

// FuzzDistribution: what is read is valid, and reads the same once it is written.
func FuzzDistribution(f *testing.F) {
	for _, seed := range []string{"1ms", "constant(0)", "uniform(1ms, 2ms)", "normal(5ms,1ms)", "lognormal(1ms,0)", "exponential(1h)",
		"pareto(1ms,1.5)", "mixture(uniform(0s,1ms),1e-3,pareto(1s,2))", "constant(2562047h47m16.854775807s)", "mixture(,,)", "uniform((,))"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, again Distribution
		if d.UnmarshalText([]byte(text)) != nil {
			return
		}
		require.NoError(t, d.Validate())
		require.NoError(t, again.UnmarshalText([]byte(d.String())), d.String())
		require.Equal(t, d, again)
	})
}
