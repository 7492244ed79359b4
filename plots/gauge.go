package plots

import (
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Gauge is something that was read again and again during a run: the depth of a queue,
// the lag of a consumer, the error of a clock.
type Gauge struct {
	Heading string // above its panel; may be empty
	Label   string // of the axis, with the unit
	Series  []GaugeSeries
}

// GaugeSeries are the readings of one thing, in the order of time.
type GaugeSeries struct {
	Name     string
	Readings []Reading
}

// Reading is a value that holds from its time on.
type Reading struct {
	At    time.Duration
	Value float64
}

// Gauges draws readings over time, a panel for each gauge, with the faults and leader
// changes of the run behind them. Series of the same name look alike in all panels. Of
// more than 5,000 readings of a series it draws the extremes of each narrow stretch
// of time, and says so.
func Gauges(title string, run Run, gauges ...Gauge) *Figure {
	figure := &Figure{Title: titled(title, run)}
	end := run.end()
	names := seriesNames(gauges)
	for i, name := range names {
		figure.explain(&plotter.Line{LineStyle: seriesLine(i)}, "%s", name)
	}
	figure.explainBackdrop(run)
	thinned := 0
	for i, g := range gauges {
		p := newPlot("", g.Label)
		timeAxis(&p.X, end)
		var values []float64
		backdrop(p, run)
		for _, s := range g.Series {
			kept := thinReadings(s.Readings, end, maxMarks)
			thinned += len(s.Readings) - len(kept)
			line := &plotter.Line{LineStyle: seriesLine(slices.Index(names, s.Name)), StepStyle: plotter.PostStep}
			for _, r := range kept {
				line.XYs = append(line.XYs, plotter.XY{X: min(r.At, end).Seconds(), Y: r.Value})
				values = append(values, r.Value)
			}
			if len(kept) > 0 {
				line.XYs = append(line.XYs, plotter.XY{X: end.Seconds(), Y: kept[len(kept)-1].Value})
			}
			layer(p, line)
		}
		if len(values) == 0 {
			layer(p, message("nothing was measured"))
		}
		p.Y.Min, p.Y.Max = Axis{}.ends(values)
		p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 5) })
		part := panel{heading: g.Heading, plot: p, height: gaugeHeight(len(gauges))}
		if i == 0 {
			part.faults = slices.Clone(run.Faults)
		}
		if i == len(gauges)-1 {
			p.X.Label.Text = "time (s)"
		}
		figure.panels = append(figure.panels, part)
	}
	align(figure.panels)
	if thinned > 0 {
		figure.note("Readings that are not drawn, between the extremes of narrow stretches of time: %s.", thousands(thinned))
	}
	return figure
}

func gaugeHeight(panels int) vg.Length {
	if panels == 1 {
		return soloHeight
	}
	return stackHeight
}

// seriesNames lists the names of all series, each once.
func seriesNames(gauges []Gauge) (names []string) {
	for _, g := range gauges {
		for _, s := range g.Series {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// thinReadings returns readings to draw, about limit at most: of each narrow stretch of
// time the first, the extremes and the last.
func thinReadings(readings []Reading, end time.Duration, limit int) []Reading {
	if len(readings) <= limit {
		return readings
	}
	columns := limit / 4
	column := func(r Reading) int { return int(float64(columns) * float64(r.At) / float64(max(end, 1))) }
	var kept []Reading
	for from := 0; from < len(readings); {
		to, low, high := from, from, from
		for to < len(readings) && column(readings[to]) == column(readings[from]) {
			if readings[to].Value < readings[low].Value {
				low = to
			}
			if readings[to].Value > readings[high].Value {
				high = to
			}
			to++
		}
		places := []int{from, low, high, to - 1}
		slices.Sort(places)
		for _, i := range slices.Compact(places) {
			kept = append(kept, readings[i])
		}
		from = to
	}
	return kept
}
