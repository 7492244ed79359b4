package plots

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/internal/golden"
)

// insideFigures are the pictures of what goes on inside a cluster, of made-up data.
func insideFigures() map[string]*Figure {
	run := leaderCrash("Raft", 400)
	second := time.Second
	track := []Stretch{
		{Start: 0, End: second, Part: Standing, Reign: 1, Label: "candidate, term 1"},
		{Start: second, End: 6 * second, Part: Leading, Reign: 1, Label: "leader, term 1"},
		{Start: 6 * second, End: 8 * second, Part: Down, Label: "down"},
		{Start: 8 * second, End: 20 * second, Part: Following, Reign: 2, Label: "follower, term 2"},
	}
	var log, lagging []LogSample
	for i := range 20 {
		at, last := time.Duration(i)*second, uint64(i*100)
		log = append(log, LogSample{At: at, First: 1 + last/2, Committed: last, Last: last + 20})
		lagging = append(lagging, LogSample{At: at, First: 1, Committed: last / 2, Last: last / 2})
	}
	lagging[7] = LogSample{At: 7 * second}
	depth := GaugeSeries{Name: "ready"}
	for i := range 3 * maxMarks {
		depth.Readings = append(depth.Readings, Reading{time.Duration(i) * time.Millisecond, float64(i % 97)})
	}
	values := func(from float64) (sorted []float64) {
		for i := range 101 {
			sorted = append(sorted, from+float64(i)/10)
		}
		return sorted
	}
	spread := Spread{Name: "Raft", Samples: []SpreadSample{{1, values(1)}, {2, nil}, {3, values(4)}, {5, values(2)}}}
	other := Spread{Name: "Paxos", Series: 1, Samples: []SpreadSample{{1, values(3)}, {3, values(6)}, {5, values(9)}}}
	x, y := Axis{Label: "servers"}, Axis{Label: "latency (ms)"}
	return map[string]*Figure{
		"quantiles":   LatencyQuantiles(run),
		"roles":       Roles(run, Lifeline{Name: "S1", Stretches: track}, Lifeline{Name: "S2"}),
		"replication": LogReplication(run, Log{"S1", log}, Log{"S2", lagging}),
		"messages":    MessageCounts(run, MessageCount{"Vote", 12, 3}, MessageCount{"AppendEntries", 12_345, 0}),
		"gauges": Gauges("A queue", run, Gauge{Heading: "Depth", Label: "messages", Series: []GaugeSeries{depth}},
			Gauge{Label: "lag (records)", Series: []GaugeSeries{{Name: "ready"}, {Name: "group"}}}),
		"bands": Spreads("Latency by size", x, y, Bands, spread, other),
		"boxes": Spreads("Latency by size", x, y, Boxes, spread, other),
	}
}

// TestInsideFigures holds pictures to their bytes. Whoever changes one looks at it.
func TestInsideFigures(t *testing.T) {
	var sums strings.Builder
	figures, again := insideFigures(), insideFigures()
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		texts(t, figures[name])
		svg, err := figures[name].SVG()
		require.NoError(t, err)
		same, err := again[name].SVG()
		require.NoError(t, err)
		require.True(t, bytes.Equal(svg, same), name)
		fmt.Fprintf(&sums, "%x %s\n", sha256.Sum256(svg), name)
	}
	golden.Check(t, "figures", sums.String())
}

func TestInsideTexts(t *testing.T) {
	for name, want := range map[string][]string{
		"quantiles":   {"latency (ms)\n", "p50\n", "slowest\n", "in bins of", "crash leader\n"},
		"roles":       {"S1\n", "S2\n", "leads\n", "stands for election\n", "down\n", "time (s)\n"},
		"replication": {"known to be decided\n", "in a snapshot\n", "places behind\n", "S2\n"},
		"messages":    {"12,345\n", "12 (3 lost)\n", "messages sent\n", "of these lost: 3\n"},
		"gauges":      {"Depth\n", "lag (records)\n", "time (s)\n", "Readings that are not drawn", "nothing was measured\n"},
		"bands":       {"servers\n", "Lines are medians"},
		"boxes":       {"Paxos\n", "whiskers"},
	} {
		written := texts(t, insideFigures()[name])
		for _, w := range want {
			assert.Contains(t, written, w, name)
		}
	}
}

func TestNoTickIsANegativeZero(t *testing.T) {
	assert.NotContains(t, texts(t, insideFigures()["boxes"]), "-0\n")
}

// TestEmptyInsideFigures draws nothing, which has to be said.
func TestEmptyInsideFigures(t *testing.T) {
	for want, figure := range map[string]*Figure{
		"no operations":        LatencyQuantiles(Run{}),
		"no servers":           Roles(Run{}),
		"no logs":              LogReplication(Run{}),
		"no messages":          MessageCounts(Run{}),
		"nothing was measured": Spreads("", Axis{}, Axis{}, Bands),
	} {
		assert.Contains(t, texts(t, figure), want)
	}
	texts(t, Gauges("", Run{}))
}

func TestThinnedReadingsKeepExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var readings []Reading
		high, at := 0.0, time.Duration(0)
		for _, v := range rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 300).Draw(t, "values") {
			at += time.Duration(rapid.IntRange(0, 20).Draw(t, "step"))
			readings = append(readings, Reading{at, v})
			high = max(high, v)
		}
		kept := thinReadings(readings, at, 40)
		require.LessOrEqual(t, len(kept), max(44, 0))
		highest := 0.0
		for i, r := range kept {
			highest = max(highest, r.Value)
			require.True(t, i == 0 || kept[i-1].At <= r.At)
		}
		require.Equal(t, high, highest)
	})
}

func TestQuantileLinesHaveGaps(t *testing.T) {
	run := Run{Length: 10 * time.Second, Operations: []Operation{
		{Call: 100 * time.Millisecond, Latency: time.Millisecond, Outcome: OK}, {Call: 9500 * time.Millisecond, Latency: time.Second / 4, Outcome: OK},
	}}
	binned := [][]time.Duration{{time.Millisecond}, nil, {time.Second}, {time.Second}}
	p := newPlot("", "")
	latencyAxis(&p.Y, run.Operations)
	lines := quantileLines(binned, time.Second, 4*time.Second, 50, p.Y)
	require.Len(t, lines, 2)
	assert.Equal(t, 2.0, lines[1][0].X)
	assert.Equal(t, 4.0, lines[1][len(lines[1])-1].X)
	texts(t, LatencyQuantiles(run))
}
