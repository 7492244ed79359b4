package comparison

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"quorumlab/scenarios"
)

// Table is what was measured of an aspect: so many trials of each metric in each
// case, of each protocol.
type Table struct {
	Aspect    Aspect
	Protocols []string // as people write them

	values    map[cell][]float64
	protocols []scenarios.Protocol
	seed      func(which string, trial int) uint64
}

// cell is a place in a Table.
type cell struct {
	which    string // case
	metric   string
	protocol int
}

// Values returns what the trials have measured, in their order. Not a number is what
// did not come about.
func (t *Table) Values(which, metric string, protocol int) []float64 {
	return t.values[cell{which, metric, protocol}]
}

// Sorted returns the same in ascending order, without what did not come about.
func (t *Table) Sorted(which, metric string, protocol int) []float64 {
	sorted := slices.DeleteFunc(slices.Clone(t.Values(which, metric, protocol)), math.IsNaN)
	slices.Sort(sorted)
	return sorted
}

// Mean returns the mean over the trials in which it came about, or of some metrics the
// median; not a number if there is none.
func (t *Table) Mean(which, metric string, protocol int) float64 {
	if t.Aspect.median(metric) {
		return quantile(t.Sorted(which, metric, protocol), 0.5)
	}
	sum, count := 0.0, 0
	for _, v := range t.Values(which, metric, protocol) {
		if !math.IsNaN(v) {
			sum += v
			count++
		}
	}
	return sum / float64(count)
}

// variance is of the mean: how far off it may be because there were only so many
// trials, squared.
func (t *Table) variance(which, metric string, protocol int) float64 {
	values := t.Sorted(which, metric, protocol)
	if len(values) < 2 {
		return 0
	}
	n := float64(len(values))
	if t.Aspect.median(metric) {
		// What a normal distribution with these quartiles would give.
		deviation := (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349
		return 1.571 * deviation * deviation / n
	}
	mean, sum := t.Mean(which, metric, protocol), 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / (n - 1) / n
}

// put records what a trial has measured, as the trial of a number.
func (t *Table) put(which string, protocol, trial, trials int, measured numbers) {
	for name, v := range measured {
		if !t.Aspect.measures(name) && !strings.HasPrefix(name, kindPrefix) {
			continue // the bench measures more than an aspect may want
		}
		at := cell{which, name, protocol}
		if t.values[at] == nil {
			t.values[at] = slices.Repeat([]float64{math.NaN()}, trials)
		}
		t.values[at][trial] = v
	}
}

// kinds returns the kinds of messages that a protocol sent in a case, by what was
// measured under their names, most frequent first.
func (t *Table) kinds(which string, protocol int) (names []string) {
	for at := range t.values {
		if name, ok := strings.CutPrefix(at.metric, kindPrefix); ok && at.which == which && at.protocol == protocol {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		more, less := t.Mean(which, kindPrefix+b, protocol), t.Mean(which, kindPrefix+a, protocol)
		return cmp.Or(cmp.Compare(more, less), strings.Compare(a, b))
	})
	return names
}

// kindPrefix begins the name under which messages of a type are counted.
const kindPrefix = "type "

// Row is a number of the report.
type Row struct {
	Case     string
	Metric   string // with its unit
	Protocol string
	Measured float64 // mean over the trials, or median
	// Uncertainty is its standard error.
	Uncertainty float64
	Trials      int // in which it came about
}

// Rows returns the table as a list.
func (t *Table) Rows() (rows []Row) {
	for _, which := range t.Aspect.Cases {
		for _, m := range t.Aspect.Metrics {
			for i, p := range t.Protocols {
				trials := len(t.Sorted(which, m.Name, i))
				if trials == 0 {
					continue
				}
				rows = append(rows, Row{which, m.String(), p, t.Mean(which, m.Name, i), math.Sqrt(t.variance(which, m.Name, i)), trials})
			}
		}
	}
	return rows
}
