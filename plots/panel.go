package plots

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is a pair of axes with what is drawn between them, and above it the
// lanes that name its faults.
type panel struct {
	heading string
	plot    *plot.Plot
	faults  []Band    // to be named above the panel
	height  vg.Length // of the axes and what is between them, without the name of the x axis
	left    vg.Length // room kept free on the left
	right   vg.Length // room kept free on the right
}

// align gives panels the same left edge of data, whatever the widths of their ticks'
// labels, so that times stand above each other.
func align(panels []panel) {
	edges := make([]vg.Length, len(panels))
	most := vg.Length(0)
	for i, p := range panels {
		edges[i] = p.plot.DataCanvas(draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: figureWidth, Y: p.height}}}).Min.X
		most = max(most, edges[i])
	}
	for i := range panels {
		panels[i].left = most - edges[i]
	}
}

// newPlot makes a pair of axes in the house style, with the given units.
func newPlot(xLabel, yLabel string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		// Fonts only: their alignment is that of the axis.
		axis.Label.TextStyle.Font = axisText.Font
		axis.Tick.Label.Font = tickText.Font
		axis.Label.Padding = 3
		axis.Padding = 0
		axis.Tick.Length = 5
	}
	return p
}

// layer adds plotters to a plot without leave to widen its axes or to shrink the
// area between them, so that panels above one another stay aligned.
func layer(p *plot.Plot, plotters ...plot.Plotter) {
	for _, each := range plotters {
		p.Add(struct{ plot.Plotter }{each})
	}
}

// backdrop draws what stands behind the data of a run in time.
func backdrop(p *plot.Plot, run Run) {
	layer(p, grid(), shade(slices.Clone(run.Faults)), leaderChanges(slices.Clone(run.LeaderChanges)))
}

func grid() *plotter.Grid {
	return &plotter.Grid{Vertical: gridLine, Horizontal: gridLine}
}

// message plots a text in the middle of a panel that would otherwise be empty.
type message string

func (m message) Plot(c draw.Canvas, _ *plot.Plot) {
	at := c.Center()
	halfWidth := headingText.Width(string(m)) / 2
	at.X -= halfWidth
	// Nothing behind it may strike it through.
	fillRectangle(&c, white, at.X-padding, at.Y-5, at.X+2*halfWidth+padding, at.Y+14)
	write(c, headingText, at, string(m))
}

// blocks stacks the parts of a panel. It also returns how many of its faults
// could not be named.
func (p panel) blocks(width vg.Length) (parts []block, homeless int) {
	if p.heading != "" {
		parts = append(parts, textBlock(p.heading, headingText, width))
	}
	height := p.height
	if label := p.plot.X.Label; label.Text != "" {
		height += label.TextStyle.Height(label.Text) + label.Padding
	}
	// The data area has the same left and right edge on any canvas that has.
	data := p.plot.DataCanvas(draw.Canvas{Rectangle: vg.Rectangle{
		Min: vg.Point{X: margin + p.left},
		Max: vg.Point{X: margin + width - p.right, Y: height},
	}})
	bars, lanes, homeless := arrange(p.faults, &data, p.plot)
	if lanes > 0 {
		parts = append(parts, block{
			height: vg.Length(lanes) * laneHeight,
			draw:   func(c draw.Canvas) { drawLanes(c, bars) },
		})
	}
	return append(parts, block{
		height: height,
		draw:   func(c draw.Canvas) { p.plot.Draw(draw.Crop(c, p.left, -p.right, 0, 0)) },
	}), homeless
}

func fillRectangle(c *draw.Canvas, ink color.Color, left, bottom, right, top vg.Length) {
	c.FillPolygon(ink, []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}})
}
