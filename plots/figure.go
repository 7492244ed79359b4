package plots

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Figure is a picture that is ready to be saved. It shares no memory with the
// data it was made from.
type Figure struct {
	// Title says what one sees. The functions that make figures fill it in; a
	// caller who knows the story can put a better one.
	Title string
	// Caption is written under the picture: the seed and the command that make it
	// again. Line breaks are kept, and long lines are wrapped.
	Caption string

	legend []legendEntry
	panels []panel
	tables []Matrix
	notes  []string // what a reader must know not to be misled
}

// titled is the title of a picture of the given runs.
func titled(subject string, runs ...Run) string {
	var names []string
	for _, run := range runs {
		if run.Name != "" {
			names = append(names, run.Name)
		}
	}
	if len(names) == 0 {
		return subject
	}
	return subject + ": " + strings.Join(names, ", ")
}

// explain adds an entry to the legend.
func (f *Figure) explain(sample plot.Thumbnailer, format string, arguments ...any) {
	f.legend = append(f.legend, legendEntry{sample, fmt.Sprintf(format, arguments...)})
}

// explainBackdrop adds what backdrop drew for the given runs to the legend.
func (f *Figure) explainBackdrop(runs ...Run) {
	faults, changes := 0, 0
	for _, run := range runs {
		faults += len(run.Faults)
		changes += len(run.LeaderChanges)
	}
	if changes > 0 {
		f.explain(leaderChanges(nil), "leader change")
	}
	if faults > 0 {
		f.explain(shade(nil), "fault")
	}
}

// note adds a line under the panels.
func (f *Figure) note(format string, arguments ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, arguments...))
}

// block is a part of a figure as wide as the figure; a figure is a stack of them.
type block struct {
	height vg.Length
	draw   func(c draw.Canvas)
}

// textBlock is a text wrapped to a width, or a block of no height if there is none.
func textBlock(s string, style text.Style, width vg.Length) block {
	lines := wrap(s, style, width)
	lineHeight := 1.3 * style.Font.Size
	return block{
		height: vg.Length(len(lines)) * lineHeight,
		draw: func(c draw.Canvas) {
			for i, line := range lines {
				baseline := c.Max.Y - vg.Length(i)*lineHeight - style.Font.Size
				write(c, style, vg.Point{X: c.Min.X, Y: baseline}, line)
			}
		},
	}
}

func space(height vg.Length) block { return block{height, func(draw.Canvas) {}} }

// blocks lays the figure out from top to bottom.
func (f *Figure) blocks(width vg.Length) []block {
	stack := []block{textBlock(f.Title, titleText, width), space(2), legendBlock(f.legend, width)}
	notes := f.notes
	for _, panel := range f.panels {
		parts, homeless := panel.blocks(width)
		stack = append(append(stack, space(panelGap)), parts...)
		if homeless > 0 {
			notes = append(notes[:len(notes):len(notes)],
				fmt.Sprintf("Further faults, shaded but not named: %s.", thousands(homeless)))
		}
	}
	names := nameRoom(f.tables, width)
	for _, table := range f.tables {
		stack = append(append(stack, space(panelGap)), table.blocks(names, width)...)
	}
	stack = append(stack, space(panelGap))
	for _, note := range notes {
		stack = append(stack, textBlock(note, captionText, width))
	}
	return append(stack, textBlock(f.Caption, captionText, width))
}

// render draws the figure on a canvas of the height it needs.
func (f *Figure) render(newCanvas func(width, height vg.Length) vg.CanvasWriterTo) vg.CanvasWriterTo {
	stack := f.blocks(figureWidth - 2*margin)
	height := vg.Length(2 * margin)
	for _, part := range stack {
		height += part.height
	}
	canvas := newCanvas(figureWidth, height)
	page := draw.New(canvas)
	fillRectangle(&page, white, page.Min.X, page.Min.Y, page.Max.X, page.Max.Y)
	top := height - margin
	for _, part := range stack {
		part.draw(draw.Canvas{Canvas: page, Rectangle: vg.Rectangle{
			Min: vg.Point{X: margin, Y: top - part.height},
			Max: vg.Point{X: figureWidth - margin, Y: top},
		}})
		top -= part.height
	}
	return canvas
}
