package experiment

import (
	"math"
	"slices"
)

// Sample is what the trials of a case have measured: so many numbers of each.
type Sample struct {
	width  int
	values []float64 // trial after trial
}

// Trials returns how many trials there are.
func (s Sample) Trials() int { return len(s.values) / s.width }

// Column returns one number of each trial, in the order of the trials.
func (s Sample) Column(i int) []float64 {
	column := make([]float64, 0, s.Trials())
	for at := i; at < len(s.values); at += s.width {
		column = append(column, s.values[at])
	}
	return column
}

// Mean returns the mean of a column.
func (s Sample) Mean(i int) float64 { return mean(s.Column(i)) }

// Sorted returns a column in ascending order, without what is not a number: a
// trial says so of what did not come about.
func (s Sample) Sorted(i int) []float64 {
	column := slices.DeleteFunc(s.Column(i), math.IsNaN)
	slices.Sort(column)
	return column
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// deviation returns the standard deviation.
func deviation(values []float64) float64 {
	m, sum := mean(values), 0.0
	for _, v := range values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(max(len(values), 1)))
}

// quantile returns the least of sorted numbers that is not exceeded by the
// fraction p of them (nearest rank); 0 if there are none.
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p*float64(len(sorted)) - 1e-9))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
