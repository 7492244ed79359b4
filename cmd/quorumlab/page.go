package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/scenarios"
	"quorumlab/scenarios/comparison"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"inWords": inWords}).Parse(pageSource))

// writePage draws what was measured into a folder, and writes the page that shows it
// and the runs, and beside it the same page with all pictures in it, and the runs event by
// event, which can be sent to somebody as one file.
func writePage(path, dir string, s sideBySide) error {
	type measured struct {
		*comparison.Table
		Drawn []string
	}
	var tables []measured
	for _, t := range s.Report.Tables {
		drawn, err := t.Draw(dir, s.Report.Seed)
		if err != nil {
			return err
		}
		tables = append(tables, measured{t, drawn})
	}
	for _, written := range []struct {
		path   string
		source func(picture string) (template.URL, error)
		whole  bool
	}{
		{path, beside, false},
		{filepath.Join(dir, reportName), func(picture string) (template.URL, error) { return within(dir, picture) }, true},
	} {
		var b bytes.Buffer
		err := page.Execute(&b, struct {
			*scenarios.Comparison
			Tables []measured
			Source func(picture string) (template.URL, error)
			Whole  bool // it needs no other file
			Frame  scenarios.PageFrame
		}{s.Comparison, tables, written.source, written.whole, scenarios.Frame()})
		if err != nil {
			return err
		}
		if err := maybe.WriteFile(written.path, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// reportName is the file of the page that holds its pictures itself.
const reportName = "report.html"

// beside is where a page finds a picture in its own folder.
func beside(picture string) (template.URL, error) { return template.URL(url.PathEscape(picture)), nil }

// within is a picture as part of a page.
func within(dir, picture string) (template.URL, error) {
	svg, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(picture, filepath.Ext(picture))+".svg"))
	if err != nil {
		return "", err
	}
	return scenarios.Inline(svg), nil
}

// inWords makes a description of the name of a picture.
func inWords(picture string) string {
	return strings.ReplaceAll(strings.TrimSuffix(picture, filepath.Ext(picture)), "-", " ")
}
