package plots

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// horizontally is where a band lies between the left and the right edge of a
// canvas that covers the plot's time axis.
func (b Band) horizontally(c *draw.Canvas, p *plot.Plot) (left, right vg.Length) {
	at := func(t time.Duration) vg.Length {
		return c.X(min(max(p.X.Norm(t.Seconds()), 0), 1))
	}
	left = at(b.Start)
	right = max(at(b.End), left+instantWidth)
	return left, right
}

// shade plots faults as translucent bands over the whole height of a panel.
type shade []Band

func (s shade) Plot(c draw.Canvas, p *plot.Plot) {
	for _, band := range s {
		left, right := band.horizontally(&c, p)
		fillRectangle(&c, bandGrey, left, c.Min.Y, right, c.Max.Y)
	}
}

func (shade) Thumbnail(c *draw.Canvas) {
	fillRectangle(c, bandGrey, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}

// leaderChanges plots the moments at which a new leader took over.
type leaderChanges []time.Duration

func (l leaderChanges) Plot(c draw.Canvas, p *plot.Plot) {
	for _, at := range l {
		x := c.X(p.X.Norm(max(at, 0).Seconds()))
		c.StrokeLine2(leaderLine, x, c.Min.Y, x, c.Max.Y)
	}
}

func (leaderChanges) Thumbnail(c *draw.Canvas) {
	x := c.Center().X
	c.StrokeLine2(leaderLine, x, c.Min.Y, x, c.Max.Y)
}

// maxLanes bounds the room that faults take above a panel.
const maxLanes = 6

// bar is a fault in the lanes above a panel, where its label is written.
type bar struct {
	lane        int
	left, right vg.Length // of the fault itself
	label       string    // empty if the bar before it in its lane speaks for it
	text        vg.Length // where the label starts
}

// arrange puts faults into lanes so that no two labels collide, as many lanes as
// it takes up to maxLanes. Faults of one name that follow each other share a
// lane, and share a label where there is no room for one each. It also returns
// how many lanes there are, and how many faults found no place in them.
func arrange(faults []Band, c *draw.Canvas, p *plot.Plot) (bars []bar, lanes, homeless int) {
	type lane struct {
		label           string
		barEnd, textEnd vg.Length
	}
	var open []lane
	faults = slices.Clone(faults)
	slices.SortStableFunc(faults, func(a, b Band) int { return cmp.Compare(a.Start, b.Start) })
	for _, fault := range faults {
		left, right := fault.horizontally(c, p)
		label := shorten(clean(fault.Label), laneText, c.Max.X-c.Min.X-2*padding)
		width := laneText.Width(label)
		// A label runs on to the right of a bar too short for it, but not over the
		// edge of the panel.
		text := min(left+padding, c.Max.X-padding-width)
		start := min(left, text-padding)

		fits := func(l lane) bool { return start >= max(l.barEnd, l.textEnd)+laneGap }
		shares := func(l lane) bool { return l.label == label && left >= l.barEnd }
		i := slices.IndexFunc(open, func(l lane) bool { return fits(l) || shares(l) })
		if i < 0 {
			if len(open) == maxLanes {
				homeless++
				continue
			}
			i = len(open)
			open = append(open, lane{barEnd: vg.Length(math.Inf(-1)), textEnd: vg.Length(math.Inf(-1))})
		}
		placed := bar{lane: i, left: left, right: right}
		if fits(open[i]) {
			placed.label, placed.text = label, text
			open[i].textEnd = text + width
		}
		open[i].label, open[i].barEnd = label, right
		bars = append(bars, placed)
	}
	return bars, len(open), homeless
}

// drawLanes draws bars into a canvas that is just as high as their lanes. All
// bars come first: a label may run over a later bar of the same name.
func drawLanes(c draw.Canvas, bars []bar) {
	bottom := func(b bar) vg.Length { return c.Max.Y - vg.Length(b.lane+1)*laneHeight }
	for _, b := range bars {
		fillRectangle(&c, laneGrey, b.left, bottom(b)+1, b.right, bottom(b)+laneHeight-1)
	}
	for _, b := range bars {
		write(c, laneText, vg.Point{X: b.text, Y: bottom(b) + padding}, b.label)
	}
}
