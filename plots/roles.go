package plots

import (
	"cmp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Roles draws what each machine of a run was and when: who led, who stood for election,
// in which term or ballot, who was down. Of lifelines it looks at names and stretches.
func Roles(run Run, machines ...Lifeline) *Figure {
	figure := &Figure{Title: titled("Leaders and terms", run)}
	p := newPlot("time (s)", "server")
	timeAxis(&p.X, run.end())
	var names []string
	for _, m := range machines {
		names = append(names, m.Name)
	}
	p.Y.Min, p.Y.Max = 0.5-float64(max(len(names), 1)), 0.5
	p.Y.Tick.Marker = rowTicks(names)
	layer(p, shade(slices.Clone(run.Faults)))
	if len(machines) == 0 {
		layer(p, message("no servers"))
	}
	kinds := make(map[Part]bool)
	for i, m := range machines {
		stretches := slices.Clone(m.Stretches)
		layer(p, roleBars{stretches, i})
		for _, s := range stretches {
			kinds[s.Part] = true
		}
	}
	for _, k := range []struct {
		part  Part
		words string
	}{{Leading, "leads"}, {Standing, "stands for election"}, {Following, "follows"}, {Down, "down"}} {
		if kinds[k.part] {
			figure.explain(roleSample(k.part), "%s", k.words)
		}
	}
	if len(run.Faults) > 0 {
		figure.explain(shade(nil), "fault")
	}
	figure.note("Each term or ballot has another shade than the one before it.")
	height := vg.Length(max(len(machines), 2))*1.4*rowHeight + 40*point
	figure.panels = []panel{{plot: p, faults: slices.Clone(run.Faults), height: height}}
	return figure
}

// roleBars plots the stretches of a machine.
type roleBars struct {
	stretches []Stretch
	row       int
}

func (b roleBars) Plot(c draw.Canvas, p *plot.Plot) {
	middle := c.Y(p.Y.Norm(-float64(b.row)))
	// What lasts longer is drawn first, so that a short candidacy is not covered.
	sorted := slices.Clone(b.stretches)
	slices.SortStableFunc(sorted, func(x, y Stretch) int { return cmp.Compare(y.End-y.Start, x.End-x.Start) })
	for _, s := range sorted {
		left, right := Band{Start: s.Start, End: s.End}.horizontally(&c, p)
		drawRole(&c, s.Part, s.Reign, left, middle, right)
		term := s.Label
		if i := strings.LastIndexByte(term, ' '); s.Part == Leading && i >= 0 {
			term = term[i+1:]
		} else if s.Part != Leading {
			term = ""
		}
		if right-left > laneText.Width(term)+2*padding && term != "" {
			write(c, laneText, vg.Point{X: left + padding, Y: middle - 4}, term)
		}
	}
}

// drawRole draws a stretch: high and framed if it leads, framed if it stands for election,
// low if it follows, a cross of lines if it is down.
func drawRole(c *draw.Canvas, part Part, reign int, left, middle, right vg.Length) {
	half := 7 * point
	ink := kindShades[reign%len(kindShades)]
	frame := draw.LineStyle{Color: black, Width: hairline}
	switch part {
	case Down:
		c.StrokeLine2(draw.LineStyle{Color: vermillion, Width: 1.2, Dashes: []vg.Length{2, 2}}, left, middle, right, middle)
		return
	case Leading:
		half, frame.Width = 10*point, 1.4
	case Standing:
		frame.Color, frame.Width, frame.Dashes = vermillion, 1.4, []vg.Length{3, 1.5}
	case Following, Plain:
		half, frame.Color = 5*point, captionGrey
	}
	fillRectangle(c, ink, left, middle-half, right, middle+half)
	c.StrokeLines(frame, []vg.Point{{X: left, Y: middle - half}, {X: right, Y: middle - half}, {X: right, Y: middle + half}, {X: left, Y: middle + half}, {X: left, Y: middle - half}})
}

// roleSample is a stretch in the legend.
type roleSample Part

func (s roleSample) Thumbnail(c *draw.Canvas) {
	drawRole(c, Part(s), 1, c.Min.X, c.Center().Y, c.Max.X)
}
