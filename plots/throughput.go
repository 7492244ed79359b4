package plots

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// ThroughputOverTime draws how many operations ended per second, by outcome,
// counted in bins. Each run has a panel of its own, and all panels have the same
// axes, so that they can be compared. Faults are shaded and named, leader changes
// are dashed lines.
func ThroughputOverTime(runs ...Run) *Figure {
	if len(runs) == 0 {
		runs = []Run{{}}
	}
	figure := &Figure{Title: titled("Throughput over time", runs...)}
	for _, outcome := range outcomes {
		figure.explain(&plotter.Line{LineStyle: outcomeStyles[outcome].line()}, "%v", outcome)
	}
	figure.explainBackdrop(runs...)

	width := commonBinWidth(runs)
	highest := 0.0
	for i, run := range runs {
		counted := make(map[Outcome]bins)
		for outcome, operations := range split(run.Operations) {
			counted[outcome] = countInBins(operations, width, run.end())
			highest = max(highest, counted[outcome].highestRate())
		}
		part := panel{heading: heading(run), plot: throughputPlot(run, counted), height: stackHeight}
		if len(runs) == 1 {
			part.height = soloHeight
		}
		if i < len(runs)-1 { // the name of the last panel's time axis serves all
			part.plot.X.Label.Text = ""
		}
		// Runs under one schedule: naming its faults once is enough.
		if i == 0 || !slices.Equal(run.Faults, runs[i-1].Faults) {
			part.faults = slices.Clone(run.Faults)
		}
		figure.panels = append(figure.panels, part)
	}
	if highest == 0 {
		highest = 1
	}
	for _, part := range figure.panels {
		timeAxis(&part.plot.X, longest(runs))
		part.plot.Y.Min, part.plot.Y.Max = 0, 1.05*highest
	}
	figure.note("Counted in bins of %v.", width)
	return figure
}

func longest(runs []Run) time.Duration {
	var end time.Duration
	for _, run := range runs {
		end = max(end, run.end())
	}
	return end
}

// commonBinWidth is one width for all runs: rates in bins of different width
// scatter differently.
func commonBinWidth(runs []Run) time.Duration {
	most := 0
	for _, run := range runs {
		most = max(most, len(run.Operations))
	}
	return binWidth(longest(runs), most)
}

// throughputPlot draws one run's rates.
func throughputPlot(run Run, counted map[Outcome]bins) *plot.Plot {
	p := newPlot(endOfOperation, "operations per second")
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 5) })
	backdrop(p, run)
	if len(run.Operations) == 0 {
		layer(p, message("no operations"))
		return p
	}
	for _, outcome := range outcomes {
		style := outcomeStyles[outcome].line()
		// That no operation ends ok is worth a line; that none fails is not.
		for _, outline := range counted[outcome].outlines(outcome == OK) {
			layer(p, &plotter.Line{XYs: outline, LineStyle: style})
		}
	}
	return p
}

// heading names a run and says how its operations ended.
func heading(run Run) string {
	counts := make([]string, len(outcomes))
	byOutcome := split(run.Operations)
	for i, outcome := range outcomes {
		counts[i] = fmt.Sprintf("%s %v", thousands(len(byOutcome[outcome])), outcome)
	}
	text := strings.Join(counts, ", ")
	if run.Name != "" {
		text = run.Name + ": " + text
	}
	return text
}
