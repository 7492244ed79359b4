package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// This file is the one style sheet: colours, fonts, marks and lengths of every
// picture. Sizes are chosen for a picture that fills a projected slide: it is
// ten inches wide, and no letter on it is smaller than 10.5 points.
const (
	point vg.Length = 1

	figureWidth = 10 * vg.Inch
	margin      = 14 * point
	dotsPerInch = 144

	soloHeight     = 3.7 * vg.Inch // of a panel alone in its figure
	stackHeight    = 2.4 * vg.Inch // of a panel among several
	panelGap       = 8 * point
	percentileRoom = 30 * point // right of a panel, for "p99"

	legendHeight = 19 * point // of one row
	legendGap    = 18 * point // between two entries
	markRoom     = 14 * point // for a mark
	lineRoom     = 28 * point // for a line, dashes and all
	padding      = 4 * point  // between a text and what it belongs to

	laneHeight   = 16 * point
	laneGap      = 6 * point   // between two bars, or a bar and the label of another
	instantWidth = 1.5 * point // of a fault that took no time

	lineWidth = 1.8 * point
	hairline  = 0.6 * point
)

// The palette of Okabe and Ito ("Color Universal Design", 2008), whose colours
// stay apart for readers with any of the common kinds of colour blindness. Its
// yellow is left out: on white a thin line of it cannot be seen.
var (
	black         = color.NRGBA{A: 255}
	white         = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	orange        = color.NRGBA{R: 230, G: 159, B: 0, A: 255}
	skyBlue       = color.NRGBA{R: 86, G: 180, B: 233, A: 255}
	bluishGreen   = color.NRGBA{R: 0, G: 158, B: 115, A: 255}
	blue          = color.NRGBA{R: 0, G: 114, B: 178, A: 255}
	vermillion    = color.NRGBA{R: 213, G: 94, B: 0, A: 255}
	reddishPurple = color.NRGBA{R: 204, G: 121, B: 167, A: 255}

	gridGrey    = color.NRGBA{R: 225, G: 225, B: 225, A: 255}
	captionGrey = color.NRGBA{R: 80, G: 80, B: 80, A: 255}
	// Translucent, so that where faults overlap the shade is deeper; but however
	// many do, it gets no darker than its own grey, and marks stay visible.
	bandGrey = color.NRGBA{R: 185, G: 185, B: 185, A: 110}
	laneGrey = color.NRGBA{R: 200, G: 200, B: 200, A: 255}
)

var (
	titleText   = textStyle(19, black)
	headingText = textStyle(14, black)
	axisText    = textStyle(13, black)
	tickText    = textStyle(13, black)
	legendText  = textStyle(13, black)
	laneText    = textStyle(11, black)
	captionText = textStyle(10.5, captionGrey)
)

func textStyle(size vg.Length, ink color.Color) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

// outcomeStyle tells outcomes apart three times over: by colour, by the shape of
// a mark and by the dashes of a line.
type outcomeStyle struct {
	mark   draw.GlyphStyle
	dashes []vg.Length
}

var outcomeStyles = map[Outcome]outcomeStyle{
	OK:      {draw.GlyphStyle{Color: blue, Radius: 2.4, Shape: draw.CircleGlyph{}}, nil},
	Failed:  {draw.GlyphStyle{Color: vermillion, Radius: 4.5, Shape: cross{}}, []vg.Length{7, 3}},
	Unknown: {draw.GlyphStyle{Color: orange, Radius: 3.6, Shape: triangle{}}, []vg.Length{2, 2}},
}

func (s outcomeStyle) line() draw.LineStyle {
	return draw.LineStyle{Color: s.mark.Color, Width: lineWidth, Dashes: s.dashes}
}

var (
	seriesColours = [...]color.Color{blue, vermillion, bluishGreen, reddishPurple, black, skyBlue, orange}
	seriesDashes  = [...][]vg.Length{nil, {9, 3}, {3, 2}, {9, 3, 2, 3}}
)

// seriesLine is the line of the i-th of several runs on one sheet. As 7 colours
// and 4 dash patterns have no common divisor, the first 28 lines all differ.
func seriesLine(i int) draw.LineStyle {
	return draw.LineStyle{
		Color:  seriesColours[i%len(seriesColours)],
		Width:  lineWidth,
		Dashes: seriesDashes[i%len(seriesDashes)],
	}
}

var (
	leaderLine = draw.LineStyle{Color: black, Width: hairline, Dashes: []vg.Length{4, 3}}
	guideLine  = draw.LineStyle{Color: captionGrey, Width: hairline, Dashes: []vg.Length{1.5, 2.5}}
	gridLine   = draw.LineStyle{Color: gridGrey, Width: hairline}
)

// cross is a saltire whose strokes can be seen from the last row; those of
// draw.CrossGlyph cannot.
type cross struct{}

func (cross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	arm := style.Radius / math.Sqrt2
	line := draw.LineStyle{Color: style.Color, Width: 1.4}
	c.StrokeLine2(line, at.X-arm, at.Y-arm, at.X+arm, at.Y+arm)
	c.StrokeLine2(line, at.X-arm, at.Y+arm, at.X+arm, at.Y-arm)
}

// triangle is a filled triangle with a dark edge, which keeps its shape where
// many lie on top of each other.
type triangle struct{}

func (triangle) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	halfBase := style.Radius * vg.Length(math.Sqrt(3)/2)
	var path vg.Path
	path.Move(vg.Point{X: at.X, Y: at.Y + style.Radius})
	path.Line(vg.Point{X: at.X - halfBase, Y: at.Y - style.Radius/2})
	path.Line(vg.Point{X: at.X + halfBase, Y: at.Y - style.Radius/2})
	path.Close()
	c.SetColor(style.Color)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: black, Width: 0.4})
	c.Stroke(path)
}
