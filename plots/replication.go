package plots

import (
	"image/color"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Log is how the log of a machine grew.
type Log struct {
	Name    string
	Samples []LogSample // in the order of time
}

// LogSample is what a machine's log holds from a moment on: the places from First to
// Last, of which it knows those up to Committed to be decided. A First of zero is a
// machine that is down.
type LogSample struct {
	At                     time.Duration
	First, Committed, Last uint64
}

// LogReplication draws the logs of machines as they grew, a panel for each, by time and
// place in the log: what is known to be decided, what is stored and not known to be,
// and what is in a snapshot. A last panel shows how far each log ends behind the longest.
func LogReplication(run Run, logs ...Log) *Figure {
	figure := &Figure{Title: titled("Log replication", run)}
	figure.explain(logSample(0), "known to be decided")
	figure.explain(logSample(1), "stored, not known to be decided")
	figure.explain(logSample(2), "in a snapshot")
	end := run.end()
	highest := uint64(1)
	for _, l := range logs {
		for _, s := range l.Samples {
			highest = max(highest, s.Last, s.Committed)
		}
	}
	for i, l := range logs {
		p := newPlot("", "place")
		timeAxis(&p.X, end)
		p.Y.Min, p.Y.Max = 0, 1.03*float64(highest)
		p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 3) })
		layer(p, grid(), shade(slices.Clone(run.Faults)), logCells{slices.Clone(l.Samples), end})
		part := panel{heading: l.Name, plot: p, height: 0.85 * vg.Inch}
		if i == 0 {
			part.faults = slices.Clone(run.Faults)
		}
		figure.panels = append(figure.panels, part)
	}
	figure.panels = append(figure.panels, behind(figure, run, logs))
	align(figure.panels)
	if len(run.Faults) > 0 {
		figure.explain(shade(nil), "fault")
	}
	figure.note("What is stored and not known to be decided is drawn as a line at least, however little it is.")
	return figure
}

// behind draws how far the logs end behind the longest at that time.
func behind(figure *Figure, run Run, logs []Log) panel {
	p := newPlot("time (s)", "places behind")
	timeAxis(&p.X, run.end())
	backdrop(p, run)
	longest := make(map[time.Duration]uint64)
	for _, l := range logs {
		for _, s := range l.Samples {
			longest[s.At] = max(longest[s.At], s.Last)
		}
	}
	most := 1.0
	for i, l := range logs {
		line := plotter.Line{LineStyle: seriesLine(i), StepStyle: plotter.PostStep}
		figure.explain(&plotter.Line{LineStyle: line.LineStyle}, "%s", l.Name)
		for _, s := range append(slices.Clone(l.Samples), LogSample{}) {
			if s.First == 0 { // it is down, or the last has been
				layer(p, &plotter.Line{LineStyle: line.LineStyle, StepStyle: line.StepStyle, XYs: line.XYs})
				line.XYs = nil
				continue
			}
			y := float64(longest[s.At] - s.Last)
			most = max(most, y)
			line.XYs = append(line.XYs, plotter.XY{X: s.At.Seconds(), Y: y})
		}
	}
	if len(logs) == 0 {
		layer(p, message("no logs"))
	}
	p.Y.Min, p.Y.Max = 0, 1.05*most
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 4) })
	return panel{heading: "How far each log ends behind the longest", plot: p, height: 1.7 * vg.Inch}
}

// logCells plots a log as columns, from sample to sample.
type logCells struct {
	samples []LogSample
	end     time.Duration
}

func (l logCells) Plot(c draw.Canvas, p *plot.Plot) {
	for i, s := range l.samples {
		if s.Last == 0 {
			continue
		}
		until := l.end
		if i+1 < len(l.samples) {
			until = l.samples[i+1].At
		}
		left, right := c.X(p.X.Norm(s.At.Seconds())), c.X(p.X.Norm(min(until, l.end).Seconds()))+0.4
		at := func(place uint64) vg.Length { return c.Y(p.Y.Norm(float64(place))) }
		first := max(s.First, 1) - 1
		decided := min(max(s.Committed, first), s.Last)
		drawCells(&c, 2, left, at(0), right, at(first))
		drawCells(&c, 0, left, at(first), right, at(decided))
		if decided < s.Last { // a thin edge is to be seen too
			drawCells(&c, 1, left, at(decided), right, max(at(s.Last), at(decided)+1.2))
		}
	}
}

// decidedInk is a paler blue, which leaves the orange above it to be seen. It hides what
// is behind it, or else the seams between columns would show.
var decidedInk = color.NRGBA{R: 120, G: 175, B: 215, A: 255}

// drawCells fills a part of a log, by its kind.
func drawCells(c *draw.Canvas, kind int, left, bottom, right, top vg.Length) {
	if top <= bottom {
		return
	}
	switch kind {
	case 0:
		fillRectangle(c, decidedInk, left, bottom, right, top)
	case 1:
		fillRectangle(c, orange, left, bottom, right, top)
	default:
		fillRectangle(c, laneGrey, left, bottom, right, top)
	}
}

// logSample is a part of a log in the legend.
type logSample int

func (s logSample) Thumbnail(c *draw.Canvas) {
	drawCells(c, int(s), c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}
