package plots

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/internal/golden"
)

// election is a diagram with a little of everything.
func election() Diagram {
	ms := time.Millisecond
	return Diagram{
		Title: "An election", Caption: "Seed 7: quorumlab run election", Start: 0, End: 10 * ms,
		Types: []string{"Vote", "Granted"}, Focus: 4 * ms, FocusLabel: "elected",
		Faults: []Band{{Start: 6 * ms, End: 20 * ms, Label: "S2 down"}},
		Notes:  []string{"This is a window of 9 events."},
		Lifelines: []Lifeline{
			{Name: "S1", Stretches: []Stretch{
				{Start: 0, End: ms, Part: Following, Label: "follower, term 0"},
				{Start: ms, End: 4 * ms, Part: Standing, Reign: 1, Label: "candidate, term 1"},
				{Start: 4 * ms, End: 10 * ms, Part: Leading, Reign: 1, Label: "leader, term 1"},
			}, Incidents: []Incident{{At: ms, Kind: TimerExpired, Label: "election timer"}, {At: 4 * ms, Kind: Noted, Label: "became leader"}}},
			{Name: "S2", Stretches: []Stretch{{Start: 6 * ms, End: 10 * ms, Part: Down, Label: "down"}},
				Incidents: []Incident{{At: 3 * ms, Kind: SyncEnded}, {At: 6 * ms, Kind: Crashed}}},
			{Name: "C1", Calls: []Call{
				{Start: 5 * ms, End: 9 * ms, Outcome: OK, Label: "write(1) → ok", Blamed: true},
				{Start: 6 * ms, End: 30 * ms, Outcome: Unknown, Label: "read() → ?"},
			}},
		},
		Arrows: []Arrow{
			{From: 0, To: 1, Sent: ms, Arrived: 2 * ms, Type: "Vote", Label: "Vote(term=1)"},
			{From: 1, To: 0, Sent: 3 * ms, Arrived: 4 * ms, Type: "Granted", Label: "Granted(term=1)"},
			{From: 2, To: 0, Sent: 5 * ms, Arrived: 6 * ms, Type: "Request", Event: 5},
			{From: 2, To: 1, Sent: 7 * ms, Arrived: 8 * ms, Type: "Request", Label: "Request(1)", Fate: Lost, Reason: "machine down"},
			{From: 0, To: 1, Sent: 7 * ms, Arrived: 7 * ms, Type: "Vote", Fate: Lost, Reason: "loss"},
			{From: 0, To: 2, Sent: 8 * ms, Arrived: 40 * ms, Type: "Reply", Fate: UnderWay},
			{From: 0, To: 2, Sent: 8 * ms, Arrived: 9 * ms, Type: "Reply", Fate: Copied},
		},
	}
}

// wellFormed reads an SVG to its end and returns its elements by class.
func wellFormed(t require.TestingT, data []byte) map[string]int {
	classes := make(map[string]int)
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return classes
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				assert.NotContains(t, a.Value, "NaN")
				assert.NotContains(t, a.Value, "Inf")
				if a.Name.Local == "class" {
					for _, c := range strings.Fields(a.Value) {
						classes[e.Name.Local+"."+c]++
					}
				}
			}
		}
	}
}

func TestDiagram(t *testing.T) {
	data := election().SVG(600)
	golden.Check(t, "election.svg", string(data))
	classes := wellFormed(t, data)
	assert.Equal(t, 1, classes["rect.leading"]-1) // and one in the legend
	assert.Equal(t, 2, classes["line.lost"]-1)
	assert.Equal(t, 7, classes["line.m"]-4-2) // four types, a lost and a second copy in the legend
	assert.Equal(t, 1, classes["path.crashed"]-1)
}

// TestDiagramKeepsToItsWindow draws what begins before and ends after.
func TestDiagramKeepsToItsWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(-1e9, 3e9).Draw(t, name))
		}
		d := election()
		d.Title = rapid.String().Draw(t, "title")
		d.Start = 0
		d.End = time.Duration(rapid.Int64Range(0, 2e9).Draw(t, "end"))
		sent := at("sent")
		d.Arrows = append(d.Arrows, Arrow{
			From: rapid.IntRange(-1, 4).Draw(t, "from"), To: rapid.IntRange(-1, 4).Draw(t, "to"),
			Sent: sent, Arrived: max(sent, at("arrived")), Type: rapid.String().Draw(t, "type"), Label: rapid.String().Draw(t, "label"),
			Fate: Fate(rapid.IntRange(0, 3).Draw(t, "fate")),
		})
		data := d.SVG(500)
		wellFormed(t, data)
		require.Equal(t, data, d.SVG(500))
	})
}

func TestClip(t *testing.T) {
	x1, y1, x2, y2, seen := clip(0, 0, 10, 100, 2, 8)
	assert.Equal(t, [4]float64{2, 20, 8, 80}, [4]float64{x1, y1, x2, y2})
	assert.True(t, seen)
	_, _, _, _, seen = clip(0, 0, 1, 1, 2, 8)
	assert.False(t, seen)
}

// TestLabelsAreOverArrows: what is painted later is on top.
func TestLabelsAreOverArrows(t *testing.T) {
	svg := string(election().SVG(900))
	arrows, labels := strings.Index(svg, `class="arrows"`), strings.Index(svg, `class="labels"`)
	assert.Greater(t, arrows, 0)
	assert.Greater(t, labels, arrows)
	assert.Greater(t, strings.Index(svg, ">leader, term 1</text>"), labels)
}

func TestCallsThatFindNoRowAreCounted(t *testing.T) {
	d := Diagram{End: time.Second, Lifelines: []Lifeline{{Name: "C1"}}}
	for range maxCallRows + 3 {
		d.Lifelines[0].Calls = append(d.Lifelines[0].Calls, Call{End: time.Second})
	}
	assert.Contains(t, string(d.SVG(900)), "more than 6 at a time: 3.")
}

func TestSaveDiagram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	require.NoError(t, election().Save(path))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	wellFormed(t, data)
	assert.ErrorContains(t, election().Save("a.png"), "must be .svg")
}
