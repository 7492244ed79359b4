package scenarios

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

//go:embed report.css
var reportStyle string

//go:embed report.js
var reportScript string

// PageFrame is what a page needs that shows runs event by event.
type PageFrame struct {
	Style  template.CSS
	Script template.JS // at the end of the body
	Policy string      // of security: nothing from elsewhere, and no other script
}

// Frame returns the frame of all pages.
func Frame() PageFrame {
	sum := sha256.Sum256([]byte(reportScript))
	return PageFrame{
		Style: template.CSS(reportStyle), Script: template.JS(reportScript),
		Policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
	}
}

// Inline is a picture as part of a page. Most of it is written as it is, which takes a
// quarter less than base64 does.
func Inline(svg []byte) template.URL {
	return template.URL("data:image/svg+xml," + inURL.Replace(string(svg)))
}

// inURL escapes what the template would take for part of an address, or drop.
var inURL = strings.NewReplacer("%", "%25", "#", "%23", "\n", "%0A", "\t", "%09")
