package experiment

import "math"

// orderStatistic is the k-th of n numbers drawn independently, in ascending order,
// from a distribution that is given by how probable it is that a number is at most t.
type orderStatistic struct {
	k, n int
	cdf  func(t float64) float64
}

// probability returns how probable it is that the order statistic is at most t: at
// least k of the n numbers are.
func (o orderStatistic) probability(t float64) float64 { return binomialTail(o.n, o.cdf(t), o.k) }

// quantile returns by bisection the least t that is not exceeded with probability
// p.
func (o orderStatistic) quantile(p float64) float64 {
	low, high := 0.0, 1.0
	for o.probability(high) < p {
		high *= 2
	}
	for range 60 {
		if middle := (low + high) / 2; o.probability(middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// mean returns the mean: the integral of the probability to be more than t. It is
// cut where that is less than one in a million millions, into parts that double
// in length, since the tail may be long.
func (o orderStatistic) mean() float64 {
	end := o.quantile(1 - 1e-12)
	sum, from, to := 0.0, 0.0, o.quantile(0.5)/2
	for from < end {
		to = min(to, end)
		sum += o.integrate(from, to)
		from, to = to, 2*to
	}
	return sum
}

// integrate is Simpson's rule.
func (o orderStatistic) integrate(from, to float64) float64 {
	const steps = 2000
	h := (to - from) / steps
	sum := 0.0
	for i := range steps + 1 {
		weight := 2.0
		switch {
		case i == 0 || i == steps:
			weight = 1
		case i%2 == 1:
			weight = 4
		}
		sum += weight * (1 - o.probability(from+float64(i)*h))
	}
	return sum * h / 3
}

// The distributions of a round trip in units of the mean leg, or of its longest.
func exponentialCDF(t float64) float64 { return 1 - math.Exp(-max(t, 0)) }

func uniformCDF(t float64) float64 { return min(max(t, 0), 1) }

// scaled stretches and shifts a distribution. Without a width it is a constant.
func scaled(cdf func(t float64) float64, shift, width float64) func(t float64) float64 {
	return func(t float64) float64 {
		if width == 0 {
			return number(t >= shift)
		}
		return cdf((t - shift) / width)
	}
}

// erlangCDF is that of the sum of k exponential numbers.
func erlangCDF(k int) func(t float64) float64 {
	return func(t float64) float64 {
		t = max(t, 0)
		term, sum := 1.0, 0.0
		for i := range k {
			sum += term
			term *= t / float64(i+1)
		}
		return 1 - sum*math.Exp(-t)
	}
}

// triangleCDF is that of the sum of two uniform numbers.
func triangleCDF(t float64) float64 {
	t = min(max(t, 0), 2)
	if t <= 1 {
		return t * t / 2
	}
	return 1 - (2-t)*(2-t)/2
}

// paretoCDF is that of numbers of at least 1.
func paretoCDF(alpha float64) func(t float64) float64 {
	return func(t float64) float64 { return 1 - math.Pow(max(t, 1), -alpha) }
}

// logNormalCDF is that of numbers with the median 1.
func logNormalCDF(sigma float64) func(t float64) float64 {
	return func(t float64) float64 {
		if t <= 0 {
			return 0
		}
		return math.Erfc(-math.Log(t)/(sigma*math.Sqrt2)) / 2
	}
}
