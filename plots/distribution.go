package plots

import (
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// LatencyDistribution draws, for each of several runs on one sheet, the
// cumulative distribution of the latencies of its operations that ended ok: how
// large a fraction of them took no longer than so many milliseconds. The
// operations that did not end ok are left out, since the time until a client
// gave up is not a latency of the cluster; the picture says how many they are.
func LatencyDistribution(runs ...Run) *Figure {
	p := newPlot("latency (ms)", "fraction of ok operations")
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 5) })
	figure := &Figure{Title: titled("Latency distribution", runs...)}

	var answered []Operation
	operations := 0
	for _, run := range runs {
		answered = append(answered, split(run.Operations)[OK]...)
		operations += len(run.Operations)
	}
	latencyAxis(&p.X, answered)
	layer(p, grid(), percentiles{50, 99})
	for i, run := range runs {
		figure.addDistribution(p, run, seriesLine(i))
	}
	switch {
	case operations == 0:
		layer(p, message("no operations"))
	case len(answered) == 0:
		layer(p, message("no operation ended ok"))
	}
	if count := instant(answered); count > 0 {
		figure.note("Operations of no measurable latency, drawn on the left edge: %s.", thousands(count))
	}
	figure.panels = []panel{{plot: p, height: soloHeight, right: percentileRoom}}
	return figure
}

// addDistribution draws one run's curve and explains it.
func (f *Figure) addDistribution(p *plot.Plot, run Run, style draw.LineStyle) {
	ok := split(run.Operations)[OK]
	line := &plotter.Line{LineStyle: style, StepStyle: plotter.PostStep}
	name := run.Name
	if name == "" {
		name = "run"
	}
	if omitted := len(run.Operations) - len(ok); omitted > 0 {
		f.note("%s: left out because they failed or ended unknown: %s of %s operations.",
			name, thousands(omitted), thousands(len(run.Operations)))
	}
	if len(ok) == 0 {
		f.explain(line, "%s: none ok", name)
		return
	}
	latencies := make([]time.Duration, len(ok))
	for i, operation := range ok {
		latencies[i] = operation.Latency
	}
	slices.Sort(latencies)
	for _, step := range cumulative(latencies) {
		line.XYs = append(line.XYs, plotter.XY{X: onLatencyAxis(p.X, step.latency), Y: step.fraction})
	}
	layer(p, line)
	f.explain(line, "%s: p50 %s ms, p99 %s ms", name,
		threeDigits(milliseconds(percentile(latencies, 50))), threeDigits(milliseconds(percentile(latencies, 99))))
}

// step is where a cumulative distribution rises to a fraction: that fraction of
// all latencies is at most this one.
type step struct {
	latency  time.Duration
	fraction float64
}

// maxSteps bounds how many steps are drawn. A thousandth of the height of a panel
// is less than a pixel.
const maxSteps = 1000

// cumulative returns the cumulative distribution of sorted latencies, of which
// there is at least one: from fraction 0 at the least latency up to 1 at the
// greatest.
func cumulative(sorted []time.Duration) []step {
	steps := []step{{sorted[0], 0}}
	count := min(len(sorted), maxSteps)
	for i := 1; i <= count; i++ {
		rank := i * len(sorted) / count
		steps = append(steps, step{sorted[rank-1], float64(rank) / float64(len(sorted))})
	}
	return steps
}

// percentile is the least of the sorted latencies, of which there is at least
// one, that is not exceeded by the given percentage of them (nearest rank).
func percentile(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[rank-1]
}

// percentiles plots guides at the height of some percentiles, with their names
// to the right of the panel.
type percentiles []int

func (ps percentiles) Plot(c draw.Canvas, p *plot.Plot) {
	for _, percent := range ps {
		y := c.Y(p.Y.Norm(float64(percent) / 100))
		c.StrokeLine2(guideLine, c.Min.X, y, c.Max.X, y)
		at := vg.Point{X: c.Max.X + padding, Y: y - tickText.Font.Size/3}
		write(c, tickText, at, fmt.Sprintf("p%d", percent))
	}
}
