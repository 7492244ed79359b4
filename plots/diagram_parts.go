package plots

import (
	"fmt"
	"time"
)

// label writes a text that is to be seen only while it fits between two places. A page
// that scrolls may keep it in view up to the end of what it names.
func (p *diagramPainter) label(text string, left, right, end, y float64) {
	if text == "" {
		return
	}
	class, need := "label", labelWidth(text)
	if right-left < need {
		class = "label tight"
	}
	p.text(text, left+4, y, "class", class, "data-x", left, "data-r", right, "data-end", end, "data-need", need)
}

func (p *diagramPainter) paintFaults() {
	p.begin("g", "class", "faults")
	for _, f := range p.Faults {
		end := max(f.End, f.Start)
		if p.scale.has(f.Start, end) {
			left := p.scale.at(f.Start)
			p.element("rect", "class", "fault", "x", left, "y", p.top, "width", max(p.scale.at(end)-left, 1.5), "height", p.bottom-p.top)
		}
	}
	for i, l := range p.lanes {
		for k, f := range l {
			left, y := p.scale.at(f.Start), p.top+float64(i)*faultHeight
			p.titled(f.Label, "rect", "class", "lane", "x", left, "y", y+1, "width", max(p.scale.at(f.End)-left, 1.5), "height", faultHeight-2)
			room := p.scale.left + p.scale.wide
			if k+1 < len(l) {
				room = p.scale.at(l[k+1].Start)
			}
			p.label(f.Label, left, room, p.scale.at(f.End), y+12.5)
		}
	}
	p.end()
}

// paintAxis draws ticks at round times.
func (p *diagramPainter) paintAxis() {
	p.begin("g", "class", "axis")
	span := (p.End - p.Start).Seconds()
	step := roundUp(span * tickApart / p.scale.wide)
	for _, tick := range linearTicks(p.Start.Seconds(), p.End.Seconds(), max(int(span/step), 1)) {
		x := p.scale.at(time.Duration(tick.Value * float64(time.Second)))
		p.element("line", "class", "tick", "x1", x, "y1", p.axis+4, "x2", x, "y2", p.bottom)
		text := tick.Label + " s"
		p.text(text, x, p.axis, "class", "label when", "data-x", x, "data-need", labelWidth(text)+4)
	}
	p.end()
}

var partClasses = [...]string{"plain", "following", "standing", "leading", "down"}

func (p *diagramPainter) paintLifeline(i int) {
	l, y := p.Lifelines[i], p.middle[i]
	p.begin("g", "class", "lifeline")
	p.element("line", "class", "life", "x1", p.scale.left, "y1", y, "x2", p.scale.left+p.scale.wide, "y2", y)
	for _, s := range l.Stretches {
		if !p.scale.has(s.Start, s.End) {
			continue
		}
		left, right := p.scale.at(s.Start), p.scale.at(s.End)
		high := bandHeight
		if s.Part == Leading {
			high += 6
		}
		p.titled(s.Label, "rect", "class", fmt.Sprintf("stretch %s reign%d", partClasses[min(int(s.Part), len(partClasses)-1)], s.Reign%5),
			"x", left, "y", y-high/2, "width", max(right-left, 0.5), "height", high)
	}
	for _, c := range p.calls[i] {
		left, right := p.scale.at(c.Start), p.scale.at(c.End)
		class := "call " + c.Outcome.settled().String()
		if c.Blamed {
			class += " blamed"
		}
		p.titled(c.Label, "rect", "class", class, "x", left, "y", p.callTop(i, c), "width", max(right-left, 1), "height", callHeight-3)
	}
	p.end()
}

// callTop is where the box of a call on the i-th lifeline begins.
func (p *diagramPainter) callTop(i int, c placedCall) float64 {
	return p.middle[i] + bandHeight + float64(c.row)*callHeight
}

// paintLabels writes what stretches and calls are, over the arrows that cross them.
func (p *diagramPainter) paintLabels() {
	p.begin("g", "class", "labels")
	for i, l := range p.Lifelines {
		for _, s := range l.Stretches {
			if right := p.scale.at(s.End); p.scale.has(s.Start, s.End) {
				p.label(s.Label, p.scale.at(s.Start), right, right, p.middle[i]+4)
			}
		}
		for _, c := range p.calls[i] {
			right := p.scale.at(c.End)
			p.label(c.Label, p.scale.at(c.Start), right, right, p.callTop(i, c)+9.5)
		}
	}
	p.end()
}

// paintNames draws the names of the machines over all else, since a page may keep
// them in view while it scrolls.
func (p *diagramPainter) paintNames() {
	p.begin("g", "class", "names")
	p.element("rect", "class", "paper", "x", 0, "y", p.top, "width", diagramGutter-4, "height", p.bottom-p.top)
	for i, l := range p.Lifelines {
		name := []rune(clean(l.Name))
		if len(name) > 11 {
			name = append(name[:10], '…')
		}
		p.text(string(name), diagramMargin, p.middle[i]+5, "class", "name")
	}
	p.end()
}

// paintArrow draws a message. One that is lost ends in a cross: on the way if it was
// lost as it was sent, else near where it would have arrived.
func (p *diagramPainter) paintArrow(a Arrow) {
	if a.From < 0 || a.To < 0 || a.From >= len(p.middle) || a.To >= len(p.middle) || !p.scale.has(a.Sent, a.Arrived) {
		return
	}
	y1, y2 := p.middle[a.From], p.middle[a.To]
	down := arrowInset
	if y2 < y1 {
		down = -arrowInset
	}
	y1, y2 = y1+down, y2-down
	if a.From == a.To {
		y1, y2 = y1-2*arrowInset, y2-arrowInset
	}
	x1, x2 := p.place(a.Sent), p.place(a.Arrived)
	switch {
	case a.Fate == Lost && a.Arrived <= a.Sent:
		y2 = y1 + 0.35*(y2-y1)
		x2 += 0.12 * max(y2-y1, y1-y2)
	case a.Fate == Lost:
		y2 -= down / 2
	}
	x1, y1, x2, y2, seen := clip(x1, y1, x2, y2, p.scale.left, p.scale.left+p.scale.wide)
	if !seen {
		return
	}
	style := 0
	for i, name := range p.names {
		if name == a.Type {
			style = i
		}
	}
	class := fmt.Sprintf("m t%d", style)
	switch a.Fate {
	case Lost:
		class += " lost"
	case Copied:
		class += " copy"
	}
	title := a.Label
	if a.Reason != "" && title != "" {
		title += " (lost: " + a.Reason + ")"
	}
	tags := attributes{"class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2}
	if a.Event > 0 {
		tags = append(tags, "data-e", a.Event)
	}
	p.titled(title, "line", tags...)
}

// place is where a time lies, be it beyond the ends.
func (p *diagramPainter) place(t time.Duration) float64 {
	return p.scale.left + p.scale.wide*float64(t-p.Start)/float64(max(p.End-p.Start, 1))
}

// clip cuts a line at two places, and reports whether any of it is between them.
func clip(x1, y1, x2, y2, left, right float64) (_, _, _, _ float64, seen bool) {
	if x2 < left || x1 > right {
		return x1, y1, x2, y2, false
	}
	slope := 0.0
	if x2 > x1 {
		slope = (y2 - y1) / (x2 - x1)
	}
	if x1 < left {
		x1, y1 = left, y1+slope*(left-x1)
	}
	if x2 > right {
		x2, y2 = right, y2+slope*(right-x2)
	}
	return x1, y1, x2, y2, true
}

// incidentShapes draw incidents around the origin.
var incidentShapes = [...]struct{ class, path, words string }{
	TimerExpired: {"timer", "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0M0 -2.6V0L2 1.2", "timer"},
	SyncEnded:    {"sync", "M-3 -3h6v6h-6z", "disk synced"},
	SyncFailed:   {"syncfailed", "M-3 -3h6v6h-6zM-5 -5L5 5M-5 5L5 -5", "sync failed"},
	Noted:        {"noted", "M0 -6L5 0L0 6L-5 0z", "note"},
	Booted:       {"booted", "M-5 5L0 -5L5 5z", "boot"},
	Crashed:      {"crashed", "M-6 -6L6 6M-6 6L6 -6", "crash"},
}

func (p *diagramPainter) paintIncident(i Incident, y float64) {
	if !p.scale.has(i.At, i.At) || int(i.Kind) >= len(incidentShapes) {
		return
	}
	shape := incidentShapes[i.Kind]
	tags := attributes{"class", "i " + shape.class, "transform", fmt.Sprintf("translate(%s %s)", tenths(p.scale.at(i.At)), tenths(y-1.5*bandHeight)), "d", shape.path}
	if i.Event > 0 {
		tags = append(tags, "data-e", i.Event)
	}
	p.titled(i.Label, "path", tags...)
}

func (p *diagramPainter) paintFocus() {
	if p.FocusLabel == "" || !p.scale.has(p.Focus, p.Focus) {
		return
	}
	x := p.scale.at(p.Focus)
	p.begin("g", "class", "focus")
	p.element("line", "x1", x, "y1", p.axis+4, "x2", x, "y2", p.bottom)
	anchor, at := "start", x+5
	if x > p.scale.left+p.scale.wide-labelWidth(p.FocusLabel) {
		anchor, at = "end", x-5
	}
	p.text(p.FocusLabel, at, p.axis+14, "class", "focuslabel", "text-anchor", anchor)
	p.end()
}
