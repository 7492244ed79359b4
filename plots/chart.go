package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Chart is a pair of axes with curves: measured ones, published ones, and points of
// both, so that one sees how far they agree.
type Chart struct {
	Heading string // above the panel; may be empty
	X, Y    Axis
	Curves  []Curve
}

// Axis is an axis of a Chart. What lies beyond its ends is left out.
type Axis struct {
	Label    string
	Min, Max float64  // both zero: as the curves need
	Log      bool     // logarithmic; then what is not positive has no place on it
	Names    []string // of the values 0, 1, 2, ..., if they stand for something
}

// Curve is a series of points in ascending order of X.
type Curve struct {
	Name   string
	Points []Point
	Style  CurveStyle
	// Series is which colour and dashes the curve has: equal numbers look alike, so that
	// published points can wear the colour of the curve they belong to.
	Series int
}

// Point is a point of a Curve.
type Point struct{ X, Y float64 }

// CurveStyle says how a curve is drawn.
type CurveStyle uint8

// The styles.
const (
	Line   CurveStyle = iota // through the points
	Step                     // from point to point in steps, as a distribution
	Dots                     // the points alone, filled
	Rings                    // the points alone, hollow
	Dotted                   // a thin dotted line: what was expected
)

// Distribution returns the cumulative distribution of values that are sorted: how
// large a fraction of them is at most so much.
func Distribution(sorted []float64) []Point {
	if len(sorted) == 0 {
		return nil
	}
	points := []Point{{sorted[0], 0}}
	count := min(len(sorted), maxSteps)
	for i := 1; i <= count; i++ {
		rank := i * len(sorted) / count
		points = append(points, Point{sorted[rank-1], float64(rank) / float64(len(sorted))})
	}
	return points
}

// Charts draws charts one above the other. Curves of the same name, in several
// charts, have one entry in the legend. Curves without a name have none.
func Charts(title string, charts ...Chart) *Figure {
	figure := &Figure{Title: title}
	explained := make(map[string]bool)
	beyond := 0
	for _, c := range charts {
		for _, curve := range c.Curves {
			beyond += len(curve.Points) - len(curve.inside(c.X, c.Y))
		}
		height := vg.Length(stackHeight)
		if len(charts) == 1 {
			height = soloHeight
		}
		figure.panels = append(figure.panels, panel{heading: c.Heading, plot: c.plot(), height: height, right: 2 * margin})
		for _, curve := range c.Curves {
			if curve.Name != "" && !explained[curve.Name] {
				explained[curve.Name] = true
				_, sample := curve.plotter(c.X, c.Y)
				figure.explain(sample, "%s", curve.Name)
			}
		}
	}
	align(figure.panels)
	if beyond > 0 {
		figure.note("Points that are left out because they lie beyond an axis: %s.", thousands(beyond))
	}
	return figure
}

// plot draws a chart.
func (c Chart) plot() *plot.Plot {
	p := newPlot(c.X.Label, c.Y.Label)
	var xs, ys []float64
	for _, curve := range c.Curves {
		for _, point := range curve.Points {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
	}
	c.X.apply(&p.X, xs, 10)
	c.Y.apply(&p.Y, ys, 6)
	layer(p, grid())
	drawn := 0
	for _, curve := range c.Curves {
		plotter, _ := curve.plotter(c.X, c.Y)
		drawn += len(curve.Points)
		layer(p, plotter)
	}
	if drawn == 0 {
		layer(p, message("nothing was measured"))
	}
	return p
}

// apply makes an axis that has room for all values.
func (a Axis) apply(axis *plot.Axis, values []float64, ticks int) {
	low, high := a.Min, a.Max
	if low == 0 && high == 0 {
		low, high = a.ends(values)
	}
	switch {
	case len(a.Names) > 0:
		axis.Min, axis.Max = -0.5, float64(len(a.Names))-0.5
		var named []plot.Tick
		for i, name := range a.Names {
			named = append(named, plot.Tick{Value: float64(i), Label: name})
		}
		axis.Tick.Marker = plot.ConstantTicks(named)
	case a.Log:
		axis.Min, axis.Max = math.Log10(low), math.Log10(high)
		axis.Tick.Marker = plot.ConstantTicks(logTicks(low, high))
	default:
		axis.Min, axis.Max = low, high
		axis.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, ticks) })
	}
}

// ends returns round ends of an axis between which all values lie.
func (a Axis) ends(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.Log || v > 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	switch {
	case low > high:
		return 1, 10
	case a.Log:
		return roundDown(low / 1.05), roundUp(high * 1.05)
	case low >= 0 && high == 0:
		return 0, 1
	case low >= 0:
		step := roundUp(high / 10)
		return 0, math.Ceil(high*1.05/step) * step
	}
	margin := (high - low) / 20
	return low - margin, high + margin
}

// on returns where a value lies on an axis, or false if it has no place there.
func (a Axis) on(v float64) (float64, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) || a.Log && v <= 0 || a.Max != 0 && (v < a.Min || v > a.Max) {
		return 0, false
	}
	if a.Log {
		return math.Log10(v), true
	}
	return v, true
}

// inside returns the points of a curve that have a place on both axes.
func (c Curve) inside(x, y Axis) (points plotter.XYs) {
	for _, p := range c.Points {
		px, okX := x.on(p.X)
		py, okY := y.on(p.Y)
		if okX && okY {
			points = append(points, plotter.XY{X: px, Y: py})
		}
	}
	return points
}

// plotter returns what draws the curve, and what explains it.
func (c Curve) plotter(x, y Axis) (plot.Plotter, plot.Thumbnailer) {
	points := c.inside(x, y)
	style := seriesLine(c.Series)
	switch c.Style {
	case Dots, Rings:
		mark := draw.GlyphStyle{Color: style.Color, Radius: 4, Shape: draw.CircleGlyph{}}
		if c.Style == Rings {
			mark.Shape, mark.Radius = ring{}, 5
		}
		scatter := &plotter.Scatter{XYs: points, GlyphStyle: mark}
		return scatter, scatter
	case Dotted:
		style.Dashes, style.Width = []vg.Length{1.5, 2.5}, 1.2
	}
	line := &plotter.Line{XYs: points, LineStyle: style}
	if c.Style == Step {
		line.StepStyle = plotter.PostStep
	}
	return line, line
}

// ring is a hollow circle with a white rim, which stands out on any line.
type ring struct{}

func (ring) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	for _, pass := range []struct {
		ink   color.Color
		width vg.Length
	}{{white, 4}, {style.Color, 1.8}} {
		var path vg.Path
		path.Move(vg.Point{X: at.X + style.Radius, Y: at.Y})
		path.Arc(at, style.Radius, 0, 2*math.Pi)
		path.Close()
		c.SetLineStyle(draw.LineStyle{Color: pass.ink, Width: pass.width})
		c.Stroke(path)
	}
}
