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

// overTime are the quantiles of a picture over time, from the middle outwards.
var overTime = []struct {
	percent int
	name    string
}{{50, "p50"}, {90, "p90"}, {99, "p99"}, {100, "slowest"}}

// LatencyQuantiles draws quantiles of the latency of operations that ended ok, counted
// in bins of time, on a logarithmic axis. Where nothing ended ok there is a gap. Faults
// are shaded and named, leader changes are dashed lines.
func LatencyQuantiles(run Run) *Figure {
	p := newPlot(endOfOperation, "latency (ms)")
	end := run.end()
	ok := split(run.Operations)[OK]
	timeAxis(&p.X, end)
	latencyAxis(&p.Y, ok)
	figure := &Figure{Title: titled("Latency quantiles over time", run)}
	backdrop(p, run)
	width := binWidth(end, len(ok))
	binned := make([][]time.Duration, countInBins(nil, width, end).count())
	for _, o := range ok {
		i := min(int(o.end()/width), len(binned)-1)
		binned[i] = append(binned[i], o.Latency)
	}
	for i := range binned {
		slices.Sort(binned[i])
	}
	for i, q := range overTime {
		line := &plotter.Line{LineStyle: seriesLine(i)}
		for _, outline := range quantileLines(binned, width, end, q.percent, p.Y) {
			layer(p, &plotter.Line{XYs: outline, LineStyle: line.LineStyle})
		}
		figure.explain(line, "%s", q.name)
	}
	switch {
	case len(run.Operations) == 0:
		layer(p, message("no operations"))
	case len(ok) == 0:
		layer(p, message("no operation ended ok"))
	}
	figure.explainBackdrop(run)
	figure.note("Quantiles of the operations that ended ok, in bins of %v.", width)
	figure.panels = []panel{{plot: p, faults: slices.Clone(run.Faults), height: soloHeight}}
	return figure
}

func (b bins) count() int { return len(b.counts) }

// quantileLines returns a quantile of each bin as steps, one line for each run of bins
// that have any.
func quantileLines(binned [][]time.Duration, width, end time.Duration, percent int, axis plot.Axis) (lines []plotter.XYs) {
	open := false
	for i, sorted := range binned {
		if len(sorted) == 0 {
			open = false
			continue
		}
		if !open {
			lines, open = append(lines, nil), true
		}
		left, right := time.Duration(i)*width, min(time.Duration(i+1)*width, max(end, width))
		if i == len(binned)-1 {
			right = max(end, width)
		}
		y := onLatencyAxis(axis, percentile(sorted, percent))
		last := len(lines) - 1
		lines[last] = append(lines[last], plotter.XY{X: left.Seconds(), Y: y}, plotter.XY{X: right.Seconds(), Y: y})
	}
	return lines
}

// Spread is how a measured value scatters as something is varied.
type Spread struct {
	Name    string
	Samples []SpreadSample // in ascending order of X
	// Series is which colour and dashes it has, as of a Curve.
	Series int
}

// SpreadSample are the values measured at one place.
type SpreadSample struct {
	X      float64
	Sorted []float64 // ascending
}

// SpreadStyle says how a spread is drawn.
type SpreadStyle uint8

// The styles.
const (
	// Bands are the medians as a line, and the middle 50 % and 90 % of the values as
	// shades around it.
	Bands SpreadStyle = iota
	// Boxes stand at each place: from the first to the third quartile, with a line at
	// the median, and whiskers to the 5th and the 95th percentile.
	Boxes
)

// Spreads draws how values scatter: the outcome of a sweep.
func Spreads(title string, x, y Axis, style SpreadStyle, spreads ...Spread) *Figure {
	figure := &Figure{Title: title}
	p := newPlot(x.Label, y.Label)
	var xs, ys []float64
	for _, s := range spreads {
		for _, sample := range s.Samples {
			if len(sample.Sorted) > 0 {
				xs = append(xs, sample.X)
				ys = append(ys, valueAt(sample.Sorted, 5), valueAt(sample.Sorted, 95))
			}
		}
	}
	x.apply(&p.X, xs, 10)
	y.apply(&p.Y, ys, 6)
	if style == Boxes && len(x.Names) == 0 && !x.Log { // room for the boxes at both ends
		p.X.Min, p.X.Max = p.X.Min-0.04*(p.X.Max-p.X.Min), p.X.Max+0.04*(p.X.Max-p.X.Min)
	}
	layer(p, grid())
	for i, s := range spreads {
		if style == Bands {
			layer(p, spreadBand{s, x, y})
		} else {
			layer(p, spreadBoxes{s, x, y, i, len(spreads)})
		}
		figure.explain(&plotter.Line{LineStyle: seriesLine(s.Series)}, "%s", s.Name)
	}
	if len(xs) == 0 {
		layer(p, message("nothing was measured"))
	}
	if style == Bands {
		figure.note("Lines are medians; shades hold the middle 50 %% and 90 %% of the values.")
	} else {
		figure.note("Boxes hold the middle 50 %% of the values, with the median; whiskers reach from the 5th to the 95th percentile.")
	}
	figure.panels = []panel{{plot: p, height: soloHeight, right: 2 * margin}}
	return figure
}

// valueAt is a percentile of sorted values, by nearest rank.
func valueAt(sorted []float64, percent int) float64 {
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}

// spreadBand plots a spread as shades around a line.
type spreadBand struct {
	Spread
	x, y Axis
}

func (s spreadBand) Plot(c draw.Canvas, p *plot.Plot) {
	style := seriesLine(s.Series)
	for _, ends := range [][2]int{{5, 95}, {25, 75}} {
		lower, upper := s.path(&c, p, ends[0]), s.path(&c, p, ends[1])
		slices.Reverse(lower)
		if outline := append(upper, lower...); len(outline) > 2 {
			c.FillPolygon(faded(style.Color, 50), c.ClipPolygonXY(outline))
		}
	}
	c.StrokeLines(style, c.ClipLinesXY(s.path(&c, p, 50))...)
}

// path is where a percentile runs.
func (s spreadBand) path(c *draw.Canvas, p *plot.Plot, percent int) (points []vg.Point) {
	for _, sample := range s.Samples {
		if len(sample.Sorted) == 0 {
			continue
		}
		px, okX := s.x.on(sample.X)
		py, okY := s.y.on(valueAt(sample.Sorted, percent))
		if okX && okY {
			points = append(points, vg.Point{X: c.X(p.X.Norm(px)), Y: c.Y(p.Y.Norm(py))})
		}
	}
	return points
}

// faded is a colour through which others can be seen.
func faded(ink color.Color, alpha uint8) color.Color {
	r, g, b, _ := ink.RGBA()
	return color.NRGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: alpha}
}

// spreadBoxes plots a spread as boxes, beside those of the other spreads.
type spreadBoxes struct {
	Spread
	x, y      Axis
	place, of int
}

func (s spreadBoxes) Plot(c draw.Canvas, p *plot.Plot) {
	const room = 14 * point // of one box and what is beside it
	style := seriesLine(s.Series)
	style.Dashes = nil
	shift := (vg.Length(s.place) - vg.Length(s.of-1)/2) * room
	for _, sample := range s.Samples {
		px, ok := s.x.on(sample.X)
		if !ok || len(sample.Sorted) == 0 {
			continue
		}
		middle := c.X(p.X.Norm(px)) + shift
		at := func(percent int) vg.Length {
			y, ok := s.y.on(valueAt(sample.Sorted, percent))
			if !ok {
				return c.Min.Y
			}
			return min(max(c.Y(p.Y.Norm(y)), c.Min.Y), c.Max.Y)
		}
		left, right := middle-room/2+2, middle+room/2-2
		thin := style
		thin.Width = lineWidth / 2
		c.StrokeLine2(thin, middle, at(5), middle, at(25))
		c.StrokeLine2(thin, middle, at(75), middle, at(95))
		fillRectangle(&c, faded(style.Color, 70), left, at(25), right, at(75))
		c.StrokeLines(thin, []vg.Point{{X: left, Y: at(25)}, {X: right, Y: at(25)}, {X: right, Y: at(75)}, {X: left, Y: at(75)}, {X: left, Y: at(25)}})
		c.StrokeLine2(style, left, at(50), right, at(50))
	}
}
