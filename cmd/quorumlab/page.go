package main

import (
	"bytes"
	_ "embed"
	"html/template"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/scenarios"
	"quorumlab/scenarios/comparison"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// writePage draws what was measured into a folder, and writes the page that shows it
// and the runs.
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
	var b bytes.Buffer
	err := page.Execute(&b, struct {
		*scenarios.Comparison
		Tables []measured
	}{s.Comparison, tables})
	if err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}
