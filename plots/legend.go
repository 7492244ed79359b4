package plots

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legendEntry explains one mark, line or shade.
type legendEntry struct {
	sample plot.Thumbnailer
	text   string
}

// sampleRoom is how wide the entry's sample is drawn.
func (e legendEntry) sampleRoom() vg.Length {
	if _, line := e.sample.(*plotter.Line); line {
		return lineRoom
	}
	return markRoom
}

func (e legendEntry) width() vg.Length {
	return e.sampleRoom() + padding + legendText.Width(e.text)
}

// legendBlock lays a legend out in rows, above the panels rather than on them,
// where it cannot cover data.
func legendBlock(entries []legendEntry, width vg.Length) block {
	var rows [][]legendEntry
	var used vg.Length
	for _, entry := range entries {
		entry.text = shorten(clean(entry.text), legendText, width-entry.sampleRoom()-padding)
		if len(rows) == 0 || used+entry.width() > width {
			rows, used = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], entry)
		used += entry.width() + legendGap
	}
	return block{
		height: vg.Length(len(rows)) * legendHeight,
		draw: func(c draw.Canvas) {
			for i, row := range rows {
				x, baseline := c.Min.X, c.Max.Y-vg.Length(i+1)*legendHeight+5
				for _, entry := range row {
					entry.sample.Thumbnail(&draw.Canvas{Canvas: c, Rectangle: vg.Rectangle{
						Min: vg.Point{X: x, Y: baseline - 2},
						Max: vg.Point{X: x + entry.sampleRoom(), Y: baseline + 11},
					}})
					write(c, legendText, vg.Point{X: x + entry.sampleRoom() + padding, Y: baseline}, entry.text)
					x += entry.width() + legendGap
				}
			}
		},
	}
}
