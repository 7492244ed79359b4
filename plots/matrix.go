package plots

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrix is a table whose cells are shaded: rules and what becomes of them, or the
// logs of servers.
type Matrix struct {
	Heading string // above the matrix; may be empty
	Columns []string
	Rows    []MatrixRow
}

// MatrixRow is a row of a Matrix.
type MatrixRow struct {
	Name  string
	Cells []Cell // as many as there are columns, or fewer
}

// Cell is a cell of a Matrix. The text says what the shade says, in words.
type Cell struct {
	Text  string
	Shade Shade
}

// Shade is the background of a Cell.
type Shade uint8

// The shades, and those that only tell cells apart: from Kinds on, in turn.
const (
	Empty Shade = iota // none
	Good
	Middling
	Bad
	Kinds
)

// cellKinds are pale, so that text can be read on them, and differ in lightness.
var (
	goodShade     = color.NRGBA{R: 205, G: 235, B: 222, A: 255}
	middlingShade = color.NRGBA{R: 250, G: 236, B: 204, A: 255}
	badShade      = color.NRGBA{R: 243, G: 200, B: 175, A: 255}
	kindShades    = [...]color.NRGBA{
		{R: 225, G: 225, B: 225, A: 255}, {R: 186, G: 220, B: 244, A: 255}, {R: 250, G: 222, B: 160, A: 255},
		{R: 176, G: 226, B: 205, A: 255}, {R: 240, G: 205, B: 225, A: 255},
	}
)

func (s Shade) colour() color.Color {
	switch s {
	case Empty:
		return white
	case Good:
		return goodShade
	case Middling:
		return middlingShade
	case Bad:
		return badShade
	}
	return kindShades[int(s-Kinds)%len(kindShades)]
}

const cellHeight = 22 * point

// Matrices draws matrices one above the other.
func Matrices(title string, matrices ...Matrix) *Figure {
	figure := &Figure{Title: title}
	figure.tables = matrices
	return figure
}

// nameRoom is how wide the names of rows are, which is the same for all matrices of a
// figure, so that their columns are above each other.
func nameRoom(matrices []Matrix, width vg.Length) vg.Length {
	widest := vg.Length(0)
	for _, m := range matrices {
		for _, row := range m.Rows {
			widest = max(widest, tickText.Width(clean(row.Name)))
		}
	}
	return min(widest+3*padding, 0.4*width)
}

// blocks lays a matrix out, with so much of the width for the names of its rows.
func (m Matrix) blocks(names, width vg.Length) []block {
	cell := min((width-names)/vg.Length(max(len(m.Columns), 1)), 1.6*vg.Inch)
	blocks := []block{}
	if m.Heading != "" {
		blocks = append(blocks, textBlock(m.Heading, headingText, width), space(3))
	}
	blocks = append(blocks, m.heads(names, cell))
	for _, row := range m.Rows {
		blocks = append(blocks, block{cellHeight, func(c draw.Canvas) {
			write(c, tickText, vg.Point{X: c.Min.X, Y: c.Min.Y + 6}, shorten(clean(row.Name), tickText, names-padding))
			for i, content := range row.Cells {
				left := c.Min.X + names + vg.Length(i)*cell
				if content.Shade != Empty {
					fillRectangle(&c, content.Shade.colour(), left+1, c.Min.Y+1, left+cell-1, c.Max.Y-1)
				}
				centred(c, content.Text, left, c.Min.Y, cell)
			}
		}})
	}
	return blocks
}

// heads is the block of the names of columns, which are broken where they are too long.
func (m Matrix) heads(names, cell vg.Length) block {
	const lineHeight = 15 * point
	heads, most := make([][]string, len(m.Columns)), 1
	for i, column := range m.Columns {
		heads[i] = breakHead(column, cell-2*point)
		most = max(most, len(heads[i]))
	}
	return block{cellHeight + vg.Length(most-1)*lineHeight, func(c draw.Canvas) {
		for i, lines := range heads {
			for j, line := range lines {
				centred(c, line, c.Min.X+names+vg.Length(i)*cell, c.Min.Y+vg.Length(len(lines)-1-j)*lineHeight, cell)
			}
		}
	}}
}

// breakHead breaks the name of a column between words, and behind hyphens.
func breakHead(name string, width vg.Length) []string {
	name = clean(name)
	if tickText.Width(name) <= width {
		return []string{name}
	}
	lines := wrap(strings.ReplaceAll(name, "-", "- "), tickText, width)
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "- ", "-")
	}
	return lines
}

// centred writes a text into the middle of a cell, given its lower left corner.
func centred(c draw.Canvas, s string, left, bottom, width vg.Length) {
	s = shorten(clean(s), tickText, width-2*point)
	write(c, tickText, vg.Point{X: left + (width-tickText.Width(s))/2, Y: bottom + 6}, s)
}
