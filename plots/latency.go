package plots

import (
	"slices"

	"gonum.org/v1/plot/plotter"
)

// endOfOperation names the moment at which an operation is drawn and counted. It
// is the end and not the call: while a cluster has no leader nothing ends, so an
// outage shows as a gap as wide as it lasted.
const endOfOperation = "time of the answer, or of giving up if there was none (s)"

// LatencyOverTime draws each operation of a run as a point: when it was over, and
// how long it took, on a logarithmic axis. Colour and shape tell the outcome.
// Faults are shaded and named, leader changes are dashed lines. Of more than
// 5,000 operations it draws 5,000, among them the extremes, and says so.
func LatencyOverTime(run Run) *Figure {
	p := newPlot(endOfOperation, "latency (ms)")
	end := run.end()
	timeAxis(&p.X, end)
	latencyAxis(&p.Y, run.Operations)
	figure := &Figure{Title: titled("Latency over time", run)}
	backdrop(p, run)

	drawn := thin(run.Operations, end, maxMarks)
	all, marks := split(run.Operations), split(drawn)
	for _, outcome := range outcomes {
		scatter := &plotter.Scatter{GlyphStyle: outcomeStyles[outcome].mark}
		for _, operation := range marks[outcome] {
			scatter.XYs = append(scatter.XYs, plotter.XY{
				X: operation.end().Seconds(),
				Y: onLatencyAxis(p.Y, operation.Latency),
			})
		}
		layer(p, scatter)
		figure.explain(scatter, "%v: %s", outcome, thousands(len(all[outcome])))
	}
	if len(run.Operations) == 0 {
		layer(p, message("no operations"))
	}
	figure.explainBackdrop(run)
	if len(drawn) < len(run.Operations) {
		figure.note("%s of %s operations are drawn: the fastest and the slowest of each outcome "+
			"in each narrow stretch of time, and an even sample of the others.",
			thousands(len(drawn)), thousands(len(run.Operations)))
	}
	if count := instant(run.Operations); count > 0 {
		figure.note("Operations of no measurable latency, drawn on the lower edge: %s.", thousands(count))
	}
	figure.panels = []panel{{plot: p, faults: slices.Clone(run.Faults), height: soloHeight}}
	return figure
}

// instant counts the operations that have no place on a logarithmic axis.
func instant(operations []Operation) int {
	count := 0
	for _, operation := range operations {
		if operation.Latency <= 0 {
			count++
		}
	}
	return count
}
