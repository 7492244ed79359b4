package plots

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompacted(t *testing.T) {
	const (
		dotAt3 = `<path d="M4,7A1,1 0 1 1 2,7A1,1 0 1 1 4,7Z" style="fill:#0072B2" />` + "\n"
		dotAt9 = `<path d="M10,7A1,1 0 1 1 8,7A1,1 0 1 1 10,7Z" style="fill:#0072B2" />` + "\n"
		text   = "<text x=\"1\" y=\"2\">M4,7</text>\n"
		line   = `<path d="M1,1L5,9" style="fill:none;stroke:#000000;stroke-width:1" />` + "\n"
		shade  = `<path d="M1,1L5,1L5,9Z" style="fill:#B8B8B8;fill-opacity:0.4" />` + "\n"
		round  = `fill:none;stroke:#0072B2;stroke-width:2;stroke-linecap:round`
	)
	for name, c := range map[string]struct{ svg, want string }{
		"dots":               {dotAt3 + dotAt9, `<path d="M3,7h0M9,7h0" style="` + round + `" />` + "\n"},
		"dots, a text above": {dotAt3 + text + dotAt9, `<path d="M3,7h0" style="` + round + `" />` + "\n" + text + `<path d="M9,7h0" style="` + round + `" />` + "\n"},
		"lines":              {line + line, `<path d="M1,1L5,9M1,1L5,9" style="fill:none;stroke:#000000;stroke-width:1" />` + "\n"},
		"shades that add up": {shade + shade, shade + shade},
		"a translucent dot":  {strings.ReplaceAll(dotAt3, "B2", "B2;fill-opacity:0.5"), strings.ReplaceAll(dotAt3, "B2", "B2;fill-opacity:0.5")},
		"steps":              {`<path d="M1,2L3,2L3,2L3,5L4,6" style="fill:none" />` + "\n", `<path d="M1,2H3V5L4,6" style="fill:none" />` + "\n"},
		"a steep start":      {`<path d="M1,2L3,4M3,4L3,9" style="fill:none;s" />` + "\n", `<path d="M1,2L3,4M3,4V9" style="fill:none;s" />` + "\n"},
		"nothing":            {"", ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, string(compacted([]byte(c.svg)))) })
	}
}

// TestDotsAreFew bounds what a dot of a picture takes in its file.
func TestDotsAreFew(t *testing.T) {
	run := leaderCrash("Raft", 4000)
	svg, err := LatencyOverTime(run).SVG()
	require.NoError(t, err)
	assert.Greater(t, strings.Count(string(svg), "h0"), 3000)
	assert.Less(t, len(svg), 30*4000)
}
