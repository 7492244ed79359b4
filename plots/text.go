package plots

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// clean makes a text safe to draw on one line. Control characters and broken
// UTF-8 are not allowed in an SVG file, not even escaped.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		if r == utf8.RuneError || r == '\uFFFE' || r == '\uFFFF' {
			return '?'
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// wrap breaks a text into lines no wider than width: at line ends, else between
// words, else, for want of a space, anywhere.
func wrap(s string, style text.Style, width vg.Length) []string {
	var lines []string
	for paragraph := range strings.Lines(s) {
		line := ""
		for word := range strings.FieldsSeq(clean(paragraph)) {
			joined := strings.TrimSpace(line + " " + word)
			if style.Width(joined) <= width {
				line = joined
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for style.Width(word) > width {
				head := prefix(word, style, width)
				lines = append(lines, head)
				word = word[len(head):]
			}
			line = word
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// prefix is the longest beginning of s that is no wider than width, but at least
// one character.
func prefix(s string, style text.Style, width vg.Length) string {
	end := 0
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		if end > 0 && style.Width(s[:next]) > width {
			break
		}
		end = next
	}
	return s[:end]
}

// shorten cuts a text to a width, marking the cut with an ellipsis.
func shorten(s string, style text.Style, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	return strings.TrimSpace(prefix(s, style, width-style.Width("…"))) + "…"
}

// write draws one line of text that starts at a point of its baseline.
func write(c draw.Canvas, style text.Style, at vg.Point, line string) {
	// The handler of gonum/plot sets a baseline by font size and ascent, as if
	// the two were the same.
	at.Y -= style.Font.Size - style.FontExtents().Ascent
	c.FillText(style, at, line)
}

// thousands writes a count the way people read it: 20,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
