package plots

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MessageCount is how many messages of a type were sent, and how many of them lost.
type MessageCount struct {
	Type       string
	Sent, Lost int
}

// MessageCounts draws how many messages of each type were sent, the most frequent
// first, and what part of them was lost.
func MessageCounts(run Run, counts ...MessageCount) *Figure {
	figure := &Figure{Title: titled("Messages by type", run)}
	sorted := slices.Clone(counts)
	slices.SortStableFunc(sorted, func(a, b MessageCount) int {
		return cmp.Or(cmp.Compare(b.Sent, a.Sent), cmp.Compare(a.Type, b.Type))
	})
	p := newPlot("messages sent", "")
	most := 1
	var names []string
	all, lost := 0, 0
	for _, c := range sorted {
		most = max(most, c.Sent)
		names = append(names, c.Type)
		all, lost = all+c.Sent, lost+c.Lost
	}
	// Beside the longest bar there is room for its number.
	p.X.Min, p.X.Max = 0, 1.18*float64(most)
	p.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return linearTicks(low, high, 8) })
	p.Y.Min, p.Y.Max = 0.5-float64(max(len(names), 1)), 0.5
	p.Y.Tick.Marker = typeTicks(names)
	layer(p, grid(), messageBars(sorted))
	if len(sorted) == 0 {
		layer(p, message("no messages"))
	}
	figure.explain(messageSample(false), "sent: %s", thousands(all))
	figure.explain(messageSample(true), "of these lost: %s", thousands(lost))
	figure.panels = []panel{{plot: p, height: vg.Length(max(len(names), 2))*rowHeight + 40*point}}
	return figure
}

// typeTicks names rows in full.
func typeTicks(names []string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, name := range names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: shorten(clean(name), tickText, 2*vg.Inch)})
	}
	return ticks
}

// messageBars plots a bar for each type.
type messageBars []MessageCount

func (b messageBars) Plot(c draw.Canvas, p *plot.Plot) {
	for i, m := range b {
		middle := c.Y(p.Y.Norm(-float64(i)))
		right, lost := c.X(p.X.Norm(float64(m.Sent))), c.X(p.X.Norm(float64(m.Lost)))
		drawMessages(&c, false, c.Min.X, middle-6, right, middle+6)
		drawMessages(&c, true, c.Min.X, middle-6, lost, middle+6)
		text := thousands(m.Sent)
		if m.Lost > 0 {
			text += " (" + thousands(m.Lost) + " lost)"
		}
		at := min(right+padding, c.Max.X-laneText.Width(text))
		write(c, laneText, vg.Point{X: at, Y: middle - 4}, text)
	}
}

// drawMessages draws a bar; what is lost is darker and has an edge.
func drawMessages(c *draw.Canvas, lost bool, left, bottom, right, top vg.Length) {
	if right <= left {
		return
	}
	if !lost {
		fillRectangle(c, skyBlue, left, bottom, right, top)
		return
	}
	fillRectangle(c, vermillion, left, bottom, right, top)
	c.StrokeLines(draw.LineStyle{Color: black, Width: hairline}, []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}, {X: left, Y: bottom}})
}

// messageSample is a bar in the legend.
type messageSample bool

func (s messageSample) Thumbnail(c *draw.Canvas) {
	drawMessages(c, bool(s), c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}
