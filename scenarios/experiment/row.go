package experiment

import (
	"math"
	"strings"
)

// Row is one number of a result beside the published one. Fields are added over
// time and never renamed.
type Row struct {
	Case     string  `json:"case"`
	Metric   string  `json:"metric"`
	Measured float64 `json:"measured"`
	// Published is the source's number, or the value of a closed form, and Tolerance
	// how far from it, in the unit of the metric, the measured one may be. Both are
	// nil where there is nothing to compare with. A bound that the source states has
	// no tolerance: the metric then says on which side it lies.
	Published *float64 `json:"published"`
	Tolerance *float64 `json:"tolerance"`
	// OK reports whether the measured number is what the source says; it is nil if
	// the source gives no number, or none that it could be held to.
	OK *bool `json:"ok"`
}

// String shows the row on one line.
func (r Row) String() string { return strings.Join(r.cells(), " | ") }

// measured is a number with which there is nothing to compare.
func measured(metric string, value float64) Row { return Row{Metric: metric, Measured: value} }

// beside is a number beside one of the source's that it is not held to, because
// the source says too little of how it came about.
func beside(metric string, value, published float64) Row {
	return Row{Metric: metric, Measured: value, Published: &published}
}

// within holds a number to one of the source's, up to an absolute tolerance.
func within(metric string, value, published, tolerance float64) Row {
	// What is computed in binary may be off by a hair: exact means to twelve digits.
	ok := math.Abs(value-published) <= tolerance+1e-12*math.Abs(published)
	return Row{Metric: metric, Measured: value, Published: &published, Tolerance: &tolerance, OK: &ok}
}

// near holds a number to one of the source's, up to a fraction of it.
func near(metric string, value, published, fraction float64) Row {
	return within(metric, value, published, fraction*math.Abs(published))
}

// exactly holds a number to one of the source's.
func exactly(metric string, value, published float64) Row {
	return within(metric, value, published, 0)
}

// atMost and atLeast hold a number to a bound. The metric has to say so.
func atMost(metric string, value, bound float64) Row {
	ok := value <= bound
	return Row{Metric: metric, Measured: value, Published: &bound, OK: &ok}
}

func atLeast(metric string, value, bound float64) Row {
	ok := value >= bound
	return Row{Metric: metric, Measured: value, Published: &bound, OK: &ok}
}

// truth is a statement of the source as a number: 1 if it holds, 0 if not.
func truth(metric string, holds, published bool) Row {
	return exactly(metric, number(holds), number(published))
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
