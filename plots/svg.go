package plots

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"time"
)

// svgWriter writes elements of SVG. It escapes every value, and rounds numbers to a
// tenth of a pixel, so that equal pictures are equal bytes.
type svgWriter struct {
	out  bytes.Buffer
	open []string
}

// attributes are names and values, in turn.
type attributes = []any

// element writes an element without content.
func (w *svgWriter) element(name string, a ...any) {
	w.tag(name, a)
	w.out.WriteString("/>\n")
}

// begin writes the start of an element, which end ends.
func (w *svgWriter) begin(name string, a ...any) {
	w.tag(name, a)
	w.out.WriteString(">\n")
	w.open = append(w.open, name)
}

func (w *svgWriter) end() {
	last := len(w.open) - 1
	fmt.Fprintf(&w.out, "</%s>\n", w.open[last])
	w.open = w.open[:last]
}

// titled writes an element that shows a text on hovering, if there is one.
func (w *svgWriter) titled(title, name string, a ...any) {
	if title == "" {
		w.element(name, a...)
		return
	}
	w.tag(name, a)
	w.out.WriteString("><title>")
	w.escape(clean(title))
	fmt.Fprintf(&w.out, "</title></%s>\n", name)
}

// text writes a text at a point of its baseline.
func (w *svgWriter) text(content string, x, y float64, a ...any) {
	w.tag("text", append(attributes{"x", x, "y", y}, a...))
	w.out.WriteByte('>')
	w.escape(clean(content))
	w.out.WriteString("</text>\n")
}

func (w *svgWriter) tag(name string, a attributes) {
	w.out.WriteByte('<')
	w.out.WriteString(name)
	for i := 0; i < len(a); i += 2 {
		fmt.Fprintf(&w.out, ` %s="`, a[i])
		switch v := a[i+1].(type) {
		case float64:
			w.out.WriteString(tenths(v))
		case int:
			w.out.WriteString(strconv.Itoa(v))
		default:
			w.escape(fmt.Sprint(v))
		}
		w.out.WriteByte('"')
	}
}

func (w *svgWriter) escape(text string) {
	_ = xml.EscapeText(&w.out, []byte(text)) // a buffer does not fail
}

// tenths writes a number with one decimal at most.
func tenths(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// scale turns times into places.
type scale struct {
	start, end time.Duration
	left, wide float64 // where start lies, and how far from there end
}

// at is where a time lies; what is beyond the ends lies on them.
func (s scale) at(t time.Duration) float64 {
	t = min(max(t, s.start), s.end)
	return s.left + s.wide*float64(t-s.start)/float64(max(s.end-s.start, 1))
}

// has reports whether any of a stretch of time is to be seen.
func (s scale) has(start, end time.Duration) bool { return end >= s.start && start <= s.end }
