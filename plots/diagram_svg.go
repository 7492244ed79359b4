package plots

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2/maybe"
)

// Measures of a diagram, in pixels.
const (
	diagramGutter  = 92.0 // for the names of machines
	diagramMargin  = 14.0
	lifelineHeight = 66.0 // of a machine without calls
	callHeight     = 15.0 // of a row of calls
	maxCallRows    = 6    // of one client
	bandHeight     = 14.0 // of a stretch
	faultHeight    = 17.0
	tickApart      = 90.0
	letterWidth    = 6.3 // of the small letters, about
	arrowInset     = 9.0 // between a lifeline and the ends of its arrows
)

// SVG draws the diagram so that its window is as wide as the given number of pixels.
// Equal diagrams give equal bytes. What can be hovered has a title, or the number
// of its event as data-e; what is narrower than its label has the class "tight".
func (d Diagram) SVG(width float64) []byte {
	p := &diagramPainter{Diagram: d, scale: scale{d.Start, d.End, diagramGutter, width}, names: d.types()}
	p.layout()
	p.paint()
	return p.out.Bytes()
}

// diagramWidth is how wide the window is in a file.
const diagramWidth = 1300

// Save draws the diagram into a file, which must be an SVG, as [Figure.Save] does.
func (d Diagram) Save(path string) error {
	if extension := filepath.Ext(path); strings.ToLower(extension) != ".svg" {
		return fmt.Errorf("plots: cannot save %q: its extension must be .svg, not %q", path, extension)
	}
	data := append([]byte(xmlHeader), d.SVG(diagramWidth)...)
	if err := maybe.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("plots: saving %q: %w", path, err)
	}
	return nil
}

const xmlHeader = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

// diagramPainter draws one diagram.
type diagramPainter struct {
	svgWriter
	Diagram
	scale scale
	names []string // of types

	legend   [][]diagramSample // in rows
	top      float64           // of the area with faults
	lanes    []lane
	hidden   int       // calls that find no row
	homeless int       // faults that find no lane
	axis     float64   // where the ticks' labels stand
	middle   []float64 // of each lifeline
	calls    [][]placedCall
	bottom   float64 // of the last lifeline's room
}

// lane is a row of faults that do not overlap.
type lane []Band

// placedCall is a call and its row.
type placedCall struct {
	Call
	row int
}

// layout settles what stands where, from top to bottom.
func (p *diagramPainter) layout() {
	p.legend = p.samples()
	y := diagramMargin + 24 + float64(len(p.legend))*18
	p.top = y + 6
	p.lanes, p.homeless = faultLanes(p.Faults, p.scale)
	y = p.top + float64(len(p.lanes))*faultHeight
	p.axis = y + 16
	y = p.axis + 10
	for _, l := range p.Lifelines {
		placed, rows, hidden := callRows(l.Calls, p.scale)
		p.hidden += hidden
		p.calls = append(p.calls, placed)
		p.middle = append(p.middle, y+lifelineHeight/2)
		y += max(lifelineHeight, lifelineHeight/2+bandHeight+float64(rows)*callHeight+10)
	}
	p.bottom = y
}

// faultLanes puts faults into lanes in which no two overlap, labels included.
func faultLanes(faults []Band, s scale) (lanes []lane, homeless int) {
	var ends []float64
next:
	for _, f := range faults {
		if !s.has(f.Start, max(f.End, f.Start)) {
			continue
		}
		left := s.at(f.Start)
		right := max(s.at(f.End), left+labelWidth(f.Label)) + 6
		for i := range lanes {
			if ends[i] <= left {
				lanes[i], ends[i] = append(lanes[i], f), right
				continue next
			}
		}
		if len(lanes) == maxLanes {
			homeless++
			continue
		}
		lanes, ends = append(lanes, lane{f}), append(ends, right)
	}
	return lanes, homeless
}

// callRows puts calls into rows in which no two overlap.
func callRows(calls []Call, s scale) (placed []placedCall, rows, hidden int) {
	var ends [maxCallRows]time.Duration
next:
	for _, c := range calls {
		if !s.has(c.Start, c.End) {
			continue
		}
		for row := range ends {
			if row >= rows || ends[row] <= c.Start {
				placed, ends[row], rows = append(placed, placedCall{c, row}), c.End, max(rows, row+1)
				continue next
			}
		}
		hidden++
	}
	return placed, rows, hidden
}

func labelWidth(text string) float64 { return letterWidth*float64(len([]rune(text))) + 8 }

// paint draws from back to front.
func (p *diagramPainter) paint() {
	notes := p.footnotes()
	right := p.scale.left + p.scale.wide
	width, height := right+diagramMargin, p.bottom+12+float64(len(notes))*15+diagramMargin
	tags := attributes{"xmlns", "http://www.w3.org/2000/svg", "class", "spacetime", "role", "img",
		"aria-label", p.Title, "width", width, "height", height, "viewBox", fmt.Sprintf("0 0 %s %s", tenths(width), tenths(height)),
		"data-left", p.scale.left, "data-wide", p.scale.wide}
	if p.ID != "" {
		tags = append(tags, "id", p.ID)
	}
	p.begin("svg", tags...)
	fmt.Fprintf(&p.out, "<style>%s%s</style>\n", diagramStyle, p.typeStyles())
	p.defs()
	p.element("rect", "class", "paper", "width", "100%", "height", "100%")
	p.begin("g", "class", "fixed")
	p.text(p.Title, diagramMargin, diagramMargin+10, "class", "title")
	p.paintLegend()
	for i, note := range notes {
		p.text(note, diagramMargin, p.bottom+22+float64(i)*15, "class", "note")
	}
	p.end()
	p.paintFaults()
	p.paintAxis()
	for i := range p.Lifelines {
		p.paintLifeline(i)
	}
	p.begin("g", "class", "arrows")
	for _, a := range p.Arrows {
		p.paintArrow(a)
	}
	p.end()
	for i, l := range p.Lifelines {
		for _, incident := range l.Incidents {
			p.paintIncident(incident, p.middle[i])
		}
	}
	p.paintLabels()
	p.paintFocus()
	p.paintNames()
	p.end()
}

// footnotes are the lines under the picture.
func (p *diagramPainter) footnotes() []string {
	var notes []string
	add := func(text string) {
		for _, line := range strings.Split(text, "\n") {
			notes = append(notes, wrapLetters(line, int((p.scale.left+min(p.scale.wide, diagramWidth))/letterWidth))...)
		}
	}
	for _, n := range p.Notes {
		add(n)
	}
	if p.hidden > 0 {
		add(fmt.Sprintf("Operations that are not drawn, because a client has more than %d at a time: %s.", maxCallRows, thousands(p.hidden)))
	}
	if p.homeless > 0 {
		add(fmt.Sprintf("Further faults, shaded but not named: %s.", thousands(p.homeless)))
	}
	if p.Caption != "" {
		add(p.Caption)
	}
	return notes
}

// wrapLetters breaks a text between words into lines of so many letters.
func wrapLetters(text string, letters int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > letters {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
