package plots

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
)

// diagramSample is an entry of a diagram's legend.
type diagramSample struct {
	words string
	draw  func(p *diagramPainter, x, y float64) // in a room of 30 by 12 pixels, y its middle
}

func (s diagramSample) width() float64 { return 36 + labelWidth(s.words) + 6 }

// samples lists what the picture shows, in rows.
func (p *diagramPainter) samples() (rows [][]diagramSample) {
	used := 0.0
	for _, s := range slices.Concat(p.arrowSamples(), p.lifelineSamples()) {
		if len(rows) == 0 || used+s.width() > min(p.scale.wide, diagramWidth)+diagramGutter-diagramMargin {
			rows, used = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], s)
		used += s.width()
	}
	return rows
}

// arrowSamples are those of messages: types that have a name, and what may become of one.
func (p *diagramPainter) arrowSamples() (all []diagramSample) {
	line := func(words, class string, length float64) {
		all = append(all, diagramSample{words, func(p *diagramPainter, x, y float64) {
			p.element("line", "class", class, "x1", x, "y1", y, "x2", x+length, "y2", y)
		}})
	}
	for _, i := range p.drawn(p.names) {
		line(p.names[i], fmt.Sprintf("m t%d", i), 28)
	}
	is := func(fate Fate) func(Arrow) bool { return func(a Arrow) bool { return a.Fate == fate } }
	if slices.ContainsFunc(p.Arrows, is(Lost)) {
		line("lost message", "m lost", 26)
	}
	if slices.ContainsFunc(p.Arrows, is(Copied)) {
		line("second copy", "m copy", 26)
	}
	return all
}

// lifelineSamples are those of what lies on lifelines, and of the faults behind them.
func (p *diagramPainter) lifelineSamples() (all []diagramSample) {
	seen := p.onLifelines()
	box := func(words, class string, seen bool) {
		if seen {
			all = append(all, diagramSample{words, func(p *diagramPainter, x, y float64) {
				p.element("rect", "class", class, "x", x+4, "y", y-5, "width", 22, "height", 10)
			}})
		}
	}
	box("leads", "stretch leading reign1", seen.parts[Leading])
	box("stands for election", "stretch standing reign1", seen.parts[Standing])
	box("follows", "stretch following reign1", seen.parts[Following])
	box("down", "stretch down", seen.parts[Down])
	for kind, shape := range incidentShapes {
		if seen.kinds[IncidentKind(kind)] {
			all = append(all, diagramSample{shape.words, func(p *diagramPainter, x, y float64) {
				p.element("path", "class", "i "+shape.class, "transform", fmt.Sprintf("translate(%s %s)", tenths(x+18), tenths(y)), "d", shape.path)
			}})
		}
	}
	for _, outcome := range outcomes {
		box("operation "+outcome.String(), "call "+outcome.String(), seen.outcomes[outcome])
	}
	box("to blame", "call ok blamed", seen.blamed)
	box("fault", "fault", len(p.Faults) > 0)
	return all
}

// lifelineParts is what of each kind lies on the lifelines that a picture shows.
type lifelineParts struct {
	parts    map[Part]bool
	kinds    map[IncidentKind]bool
	outcomes map[Outcome]bool
	blamed   bool
}

func (p *diagramPainter) onLifelines() lifelineParts {
	seen := lifelineParts{parts: make(map[Part]bool), kinds: make(map[IncidentKind]bool), outcomes: make(map[Outcome]bool)}
	for _, l := range p.Lifelines {
		for _, s := range l.Stretches {
			seen.parts[s.Part] = seen.parts[s.Part] || p.scale.has(s.Start, s.End)
		}
		for _, i := range l.Incidents {
			seen.kinds[i.Kind] = seen.kinds[i.Kind] || p.scale.has(i.At, i.At)
		}
		for _, c := range l.Calls {
			if p.scale.has(c.Start, c.End) {
				seen.outcomes[c.Outcome.settled()] = true
				seen.blamed = seen.blamed || c.Blamed
			}
		}
	}
	return seen
}

// paintLegend draws each entry as a group that knows its width, so that a page can put
// them into other rows.
func (p *diagramPainter) paintLegend() {
	for i, row := range p.legend {
		x, y := diagramMargin, diagramMargin+26+float64(i)*18
		for _, s := range row {
			p.begin("g", "class", "sample", "transform", fmt.Sprintf("translate(%s %s)", tenths(x), tenths(y)), "data-w", s.width())
			s.draw(p, 0, 0)
			p.text(s.words, 36, 4, "class", "word")
			p.end()
			x += s.width()
		}
	}
}

// defs are the heads of arrows, one for each type, and the pattern of what is down.
func (p *diagramPainter) defs() {
	p.begin("defs")
	for _, i := range p.drawn(p.names) {
		p.begin("marker", "id", fmt.Sprintf("%shead%d", p.ID, i), "viewBox", "0 0 8 8", "refX", 7.5, "refY", 4, "markerWidth", 7, "markerHeight", 7, "markerUnits", "userSpaceOnUse", "orient", "auto")
		p.element("path", "d", "M0 0.5L8 4L0 7.5z", "class", fmt.Sprintf("head t%d", i))
		p.end()
	}
	p.begin("marker", "id", p.ID+"cross", "viewBox", "-5 -5 10 10", "markerWidth", 10, "markerHeight", 10, "markerUnits", "userSpaceOnUse", "orient", "0")
	p.element("path", "d", "M-4 -4L4 4M-4 4L4 -4", "class", "cross")
	p.end()
	p.begin("pattern", "id", p.ID+"hatch", "width", 6, "height", 6, "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)")
	p.element("path", "d", "M0 3H6", "class", "hatchline")
	p.end()
	p.end()
}

// onPaper are colours of the palette that the dark sheet replaces by lighter ones.
var onPaper = map[color.Color]string{black: "var(--ink)", blue: "var(--blue)", skyBlue: "var(--sky)"}

// typeStyles gives each type of message its colour and dashes, as curves have theirs.
func (p *diagramPainter) typeStyles() string {
	var b strings.Builder
	scope := ".spacetime"
	if p.ID != "" {
		scope = "#" + p.ID
	}
	for _, i := range p.drawn(p.names) {
		line := seriesLine(i)
		var dashes []string
		for _, d := range line.Dashes {
			dashes = append(dashes, tenths(float64(d)))
		}
		ink, replaced := onPaper[line.Color]
		if !replaced {
			ink = hex(line.Color)
		}
		fmt.Fprintf(&b, "%s .m.t%d{stroke:%s;stroke-dasharray:%s;marker-end:url(#%shead%d)}", scope, i, ink, orNone(strings.Join(dashes, " ")), p.ID, i)
		fmt.Fprintf(&b, "%s .head.t%d{fill:%s}\n", scope, i, ink)
	}
	fmt.Fprintf(&b, "%s .m.lost{marker-end:url(#%scross)}%s .stretch.down{fill:url(#%shatch)}\n", scope, p.ID, scope, p.ID)
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// hex writes a colour as style sheets do.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// diagramStyle is the style sheet of a diagram. Pages may set its variables; by itself
// it follows the reader's choice of light or dark.
const diagramStyle = `
svg.spacetime{--ink:#1b1b1b;--faint:#8a8a8a;--paper:#ffffff;--grid:#e3e3e3;--blue:#0072b2;--sky:#56b4e9;--shade:rgba(150,150,150,.25);--lane:#cfcfcf;--r0:#dcdcdc;--r1:#badcf4;--r2:#fadea0;--r3:#b0e2cd;--r4:#f0cde1;font:11px "Liberation Sans",Arial,Helvetica,sans-serif}
@media (prefers-color-scheme:dark){svg.spacetime{--ink:#ececec;--faint:#9a9a9a;--paper:#17191d;--grid:#2c3036;--blue:#3f9fe0;--sky:#a8d8f5;--shade:rgba(160,160,160,.2);--lane:#4a4e55;--r0:#4a4d52;--r1:#1f4c6b;--r2:#6b5316;--r3:#1c5c46;--r4:#63385a}}
.spacetime text{fill:var(--ink)}.spacetime .paper{fill:var(--paper)}
.spacetime .title{font-size:16px}.spacetime .note{fill:var(--ink);opacity:.8}.spacetime .name{font-size:13px;font-weight:bold}
.spacetime .tick{stroke:var(--grid)}.spacetime .when{text-anchor:middle}.spacetime .tight{display:none}.spacetime .label{pointer-events:none}.spacetime .labels .label{paint-order:stroke;stroke:var(--paper);stroke-opacity:.8;stroke-width:3px}
.spacetime .life{stroke:var(--faint);stroke-width:1}
.spacetime .fault{fill:var(--shade)}.spacetime .lane{fill:var(--lane)}
.spacetime .stretch{stroke:var(--faint);stroke-width:.6}
.spacetime .reign0{fill:var(--r0)}.spacetime .reign1{fill:var(--r1)}.spacetime .reign2{fill:var(--r2)}.spacetime .reign3{fill:var(--r3)}.spacetime .reign4{fill:var(--r4)}
.spacetime .leading{stroke:var(--ink);stroke-width:2.2}.spacetime .standing{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:4 2}.spacetime .plain{fill:none;stroke:none}
.spacetime .stretch.down{stroke:var(--faint)}.spacetime .hatchline{stroke:var(--faint);stroke-width:2}
.spacetime .m{stroke:var(--ink);stroke-width:1.2;fill:none}.spacetime .copy{opacity:.55}.spacetime .cross{stroke:#d55e00;stroke-width:2;fill:none}
.spacetime .i{stroke:var(--ink);fill:var(--paper);stroke-width:1}.spacetime .noted{fill:#e69f00}.spacetime .booted{fill:#009e73}.spacetime .crashed{stroke:#d55e00;stroke-width:3;fill:none}.spacetime .syncfailed{stroke:#d55e00}
.spacetime .call{stroke:var(--blue);fill:var(--blue);fill-opacity:.18;stroke-width:1}.spacetime .call.unknown{stroke:#e69f00;fill:#e69f00;stroke-dasharray:3 2}.spacetime .call.failed{stroke:#d55e00;fill:#d55e00}.spacetime .call.blamed{stroke:#d55e00;fill:#d55e00;fill-opacity:.45;stroke-width:2.4}
.spacetime .focus line{stroke:#cc79a7;stroke-width:2;stroke-dasharray:6 3}.spacetime .focuslabel{fill:var(--ink);font-weight:bold}
`
