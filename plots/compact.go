package plots

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// compacted says the same as an SVG file of gonum in fewer bytes: a plot of a thousand
// dots has an element for each there, of two arcs and a style. Dots of one colour that
// follow each other become one path of round line ends, lines of one style become one
// path, and steps are written as such. Pages hold many of these files.
func compacted(svg []byte) []byte {
	var out, path bytes.Buffer
	style := ""
	flush := func() {
		if style != "" {
			fmt.Fprintf(&out, "<path d=\"%s\" style=\"%s\" />\n", path.Bytes(), style)
		}
		path.Reset()
		style = ""
	}
	for line := range bytes.Lines(svg) {
		match := pathElement.FindSubmatch(line)
		if match == nil {
			flush()
			out.Write(line)
			continue
		}
		d, s := dot(string(match[1]), string(match[2]))
		if s != style || !mergeable(s) {
			flush()
		}
		style = s
		path.WriteString(steps(d))
	}
	flush()
	return bytes.ReplaceAll(out.Bytes(), []byte("font-variant:normal;font-weight:normal;font-style:normal;"), nil)
}

var (
	pathElement = regexp.MustCompile(`^<path d="([^"]*)" style="([^"]*)" />\n$`)
	// circle is how gonum draws a disc: from its right end once around.
	circle = regexp.MustCompile(`^M([-\d.]+),([-\d.]+)A([\d.]+),[\d.]+ 0 1 1 [-\d.]+,[-\d.]+A[^A]*Z$`)
	disc   = regexp.MustCompile(`^fill:(#[0-9A-F]{6})$`)
)

// dot turns a disc into the round end of a line of no length, and leaves all else.
func dot(d, style string) (string, string) {
	colour, shape := disc.FindStringSubmatch(style), circle.FindStringSubmatch(d)
	if colour == nil || shape == nil {
		return d, style
	}
	right, err := strconv.ParseFloat(shape[1], 64)
	radius, err2 := strconv.ParseFloat(shape[3], 64)
	if err != nil || err2 != nil {
		return d, style
	}
	return fmt.Sprintf("M%.5g,%sh0", right-radius, shape[2]),
		fmt.Sprintf("fill:none;stroke:%s;stroke-width:%.5g;stroke-linecap:round", colour[1], 2*radius)
}

// mergeable reports whether paths of a style look the same one after the other and as one:
// lines that cover what is below them.
func mergeable(style string) bool {
	return strings.HasPrefix(style, "fill:none;") && !strings.Contains(style, "opacity")
}

var command = regexp.MustCompile(`[A-Za-z][^A-Za-z]*`)

// steps writes lines to the side and upwards without the coordinate that stays.
func steps(d string) string {
	if strings.Trim(d, "ML0123456789.,-") != "" {
		return d // it has curves, or is closed
	}
	var b strings.Builder
	var x, y string
	for _, c := range command.FindAllString(d, -1) {
		newX, newY, _ := strings.Cut(c[1:], ",")
		switch {
		case c[0] == 'M':
			b.WriteString(c)
		case newX == x && newY == y:
		case newX == x:
			b.WriteString("V" + newY)
		case newY == y:
			b.WriteString("H" + newX)
		default:
			b.WriteString(c)
		}
		x, y = newX, newY
	}
	return b.String()
}
