package main

import (
	"bytes"
	_ "embed"
	"html/template"

	"github.com/google/renameio/v2/maybe"

	"quorumlab/scenarios"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// writePage writes the page that shows a comparison.
func writePage(path string, c *scenarios.Comparison) error {
	var b bytes.Buffer
	if err := page.Execute(&b, c); err != nil {
		return err
	}
	return maybe.WriteFile(path, b.Bytes(), 0o644)
}
