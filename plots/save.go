package plots

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Save draws the figure into a file, as PNG or SVG by the path's extension,
// ".png" or ".svg"; any other is an error. Equal figures give equal bytes. The
// file appears whole or not at all: it is written under a temporary name in the
// same folder, which must exist, and then renamed, replacing what was there.
// On an error nothing stays behind and an older file is as it was.
func (f *Figure) Save(path string) error {
	var encode func() ([]byte, error)
	switch extension := filepath.Ext(path); strings.ToLower(extension) {
	case ".png":
		encode = f.png
	case ".svg":
		encode = f.svg
	default:
		return fmt.Errorf("plots: cannot save %q: its extension must be .png or .svg, not %q", path, extension)
	}
	data, err := encode()
	if err != nil {
		return fmt.Errorf("plots: drawing %q: %w", path, err)
	}
	if err := maybe.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("plots: saving %q: %w", path, err)
	}
	return nil
}

func (f *Figure) png() ([]byte, error) {
	return encoded(f.render(func(width, height vg.Length) vg.CanvasWriterTo {
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))}
	}))
}

// SVG draws the figure as SVG. Equal figures give equal bytes.
func (f *Figure) SVG() ([]byte, error) { return f.svg() }

func (f *Figure) svg() ([]byte, error) {
	data, err := encoded(f.render(func(width, height vg.Length) vg.CanvasWriterTo {
		return vgsvg.New(width, height)
	}))
	// Where Liberation Sans is not installed a browser would take its default, a
	// serif font of other widths. Arial and Helvetica have the same widths. Text
	// of the caller cannot match: in it, quotes are escaped.
	return bytes.ReplaceAll(compacted(data),
		[]byte(`style="font-family:Liberation Sans;`),
		[]byte(`style="font-family:Liberation Sans,Arial,Helvetica,sans-serif;`)), err
}

func encoded(canvas io.WriterTo) ([]byte, error) {
	var buffer bytes.Buffer
	_, err := canvas.WriteTo(&buffer)
	return buffer.Bytes(), err
}
