package plots

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Timeline is what several clients did at once, in a time of any unit.
type Timeline struct {
	Name string
	// Intervals are drawn in the rows that they name, in any order.
	Intervals []Interval
	// Rows are the names of rows from top to bottom. Rows that are not among them
	// follow in the order in which they appear.
	Rows []string
	// Spans are faults and the like, shaded and named above the rows.
	Spans []Span
	// Moments are drawn as dashed lines: changes of leader.
	Moments []int64
}

// Interval is an operation of a client from call to return.
type Interval struct {
	Row        string
	Start, End int64
	// Open says that it never returned, and End means nothing.
	Open bool
	// Label says what was asked and answered.
	Label string
	// Blamed intervals stand out.
	Blamed bool
}

// Span is a stretch of time. An End before the Start makes a moment of it.
type Span struct {
	Start, End int64
	Label      string
}

const (
	rowHeight        = 20 * point
	maxIntervalRows  = 40
	leastLabel       = 24 * point // a label with less room is left out
	intervalTicks    = 8
	intervalBarInset = 2 * point
)

// Intervals draws operations as bars from call to return, a row for each client, so
// that one sees which overlap and which follow each other. What is blamed for a
// violation stands out. Times are drawn in their order, not to scale, since a
// violation may join the first operation of a run to the last.
func Intervals(t Timeline) *Figure {
	figure := &Figure{Title: "Operations from call to return"}
	if t.Name != "" {
		figure.Title += ": " + t.Name
	}
	rows := t.rows()
	if hidden := len(rows) - maxIntervalRows; hidden > 0 {
		rows = rows[:maxIntervalRows]
		figure.note("Clients that are not drawn: %s.", thousands(hidden))
	}
	ranks := t.ranks(rows)
	p := newPlot("time, in order and not to scale", "client")
	p.X.Min, p.X.Max = -0.5, max(float64(len(ranks))-0.5, 0.5)
	p.Y.Min, p.Y.Max = 0.5-float64(max(len(rows), 1)), 0.5
	p.X.Tick.Marker, p.Y.Tick.Marker = ranks.ticks(), rowTicks(rows)
	bands := make(shade, len(t.Spans))
	for i, s := range t.Spans {
		bands[i] = Band{Start: ranks.at(s.Start), End: ranks.at(max(s.End, s.Start)), Label: s.Label}
	}
	moments := make([]int64, len(t.Moments))
	copy(moments, t.Moments)
	layer(p, bands, momentLines{ranks, moments})
	drawn := intervalBars{ranks: ranks, rows: rows}
	blamed := 0
	for _, i := range t.Intervals {
		if slices.Contains(rows, i.Row) {
			drawn.intervals = append(drawn.intervals, i)
			if i.Blamed {
				blamed++
			}
		}
	}
	slices.SortStableFunc(drawn.intervals, func(a, b Interval) int { return cmp.Compare(a.Start, b.Start) })
	layer(p, drawn)
	if len(drawn.intervals) == 0 {
		layer(p, message("no operations"))
	}
	figure.explain(barSample{true}, "to blame: %s", thousands(blamed))
	figure.explain(barSample{false}, "others: %s", thousands(len(drawn.intervals)-blamed))
	if len(t.Moments) > 0 {
		figure.explain(leaderChanges(nil), "leader change")
	}
	if len(t.Spans) > 0 {
		figure.explain(shade(nil), "fault")
	}
	height := vg.Length(max(len(rows), 2))*rowHeight + 40*point
	figure.panels = []panel{{plot: p, faults: bands, height: height, right: percentileRoom}}
	return figure
}

// rows lists the rows that have intervals.
func (t Timeline) rows() []string {
	used := make(map[string]bool)
	for _, i := range t.Intervals {
		used[i.Row] = true
	}
	var rows []string
	add := func(row string) {
		if used[row] {
			rows = append(rows, row)
			used[row] = false
		}
	}
	for _, row := range t.Rows {
		add(row)
	}
	for _, i := range t.Intervals {
		add(i.Row)
	}
	return rows
}

// times are moments in order, each once.
type times []int64

func (t Timeline) ranks(rows []string) times {
	var all times
	for _, i := range t.Intervals {
		if !slices.Contains(rows, i.Row) {
			continue
		}
		all = append(all, i.Start)
		if !i.Open {
			all = append(all, i.End)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// rank is the place of a moment among the times, or half-way between two.
func (r times) rank(t int64) float64 {
	i, found := slices.BinarySearch(r, t)
	if found {
		return float64(i)
	}
	return float64(i) - 0.5
}

// at is the rank as bands have their times.
func (r times) at(t int64) time.Duration {
	return time.Duration(r.rank(t) * float64(time.Second))
}

// ticks writes some of the times on the axis.
func (r times) ticks() plot.ConstantTicks {
	var ticks plot.ConstantTicks
	step := max((len(r)+intervalTicks-1)/intervalTicks, 1)
	for i := 0; i < len(r); i += step {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: strconv.FormatInt(r[i], 10)})
	}
	return ticks
}

func rowTicks(rows []string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i, row := range rows {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: shorten(clean(row), tickText, 80*point)})
	}
	return ticks
}

// momentLines plots moments as dashed lines.
type momentLines struct {
	times   times
	moments []int64
}

func (m momentLines) Plot(c draw.Canvas, p *plot.Plot) {
	for _, t := range m.moments {
		x := c.X(p.X.Norm(m.times.rank(t)))
		c.StrokeLine2(leaderLine, x, c.Min.Y, x, c.Max.Y)
	}
}

// intervalBars plots intervals, which are in the order of their starts.
type intervalBars struct {
	ranks     times
	rows      []string
	intervals []Interval
}

func (b intervalBars) Plot(c draw.Canvas, p *plot.Plot) {
	ends := make([]vg.Length, len(b.intervals)) // of the room for a label
	next := make(map[string]vg.Length)          // by row, where the next interval starts
	for k := len(b.intervals) - 1; k >= 0; k-- {
		i := b.intervals[k]
		room, any := next[i.Row]
		if !any {
			room = c.Max.X
		}
		ends[k] = room
		next[i.Row] = c.X(p.X.Norm(b.ranks.rank(i.Start)))
	}
	for k, i := range b.intervals {
		middle := c.Y(p.Y.Norm(-float64(slices.Index(b.rows, i.Row))))
		left, right := c.X(p.X.Norm(b.ranks.rank(i.Start))), c.Max.X
		if !i.Open {
			right = max(c.X(p.X.Norm(b.ranks.rank(i.End))), left+2*instantWidth)
		}
		drawBar(&c, i.Blamed, i.Open, left, middle-rowHeight/2+intervalBarInset, right, middle+rowHeight/2-intervalBarInset)
		if room := ends[k] - left - 2*padding; room >= leastLabel {
			label := shorten(clean(i.Label), laneText, room)
			write(c, laneText, vg.Point{X: left + padding, Y: middle - 4}, label)
		}
	}
}

// drawBar draws an interval. One that never returned has no right edge.
func drawBar(c *draw.Canvas, blamed, open bool, left, bottom, right, top vg.Length) {
	fill, edge := skyBlue, blue
	if blamed {
		fill, edge = orange, vermillion
	}
	fill.A = 120
	fillRectangle(c, fill, left, bottom, right, top)
	line := draw.LineStyle{Color: edge, Width: lineWidth}
	if !blamed {
		line.Width = hairline
	}
	corners := []vg.Point{{X: right, Y: bottom}, {X: left, Y: bottom}, {X: left, Y: top}, {X: right, Y: top}}
	if !open {
		corners = append(corners, corners[0])
	}
	c.StrokeLines(line, corners)
}

// barSample is an interval in the legend.
type barSample struct{ blamed bool }

func (s barSample) Thumbnail(c *draw.Canvas) {
	drawBar(c, s.blamed, false, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}
