package plots

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func stale() Timeline {
	return Timeline{
		Name: "a stale read",
		Intervals: []Interval{
			{Row: "2", Start: 7000, End: 8000, Label: `read() → "a"`, Blamed: true},
			{Row: "1", Start: 1, End: 2, Label: `write("a") → ok`, Blamed: true},
			{Row: "1", Start: 3, End: 40, Label: `write("b") → ok`, Blamed: true},
			{Row: "3", Start: 5, Open: true, Label: `write("c") → ?`},
			{Row: "2", Start: 20, End: 20, Label: `read() → "b"`},
		},
		Rows:    []string{"1", "2", "9"},
		Spans:   []Span{{Start: 30, End: 7500, Label: "isolate S1"}, {Start: 7900, Label: "crash S2"}},
		Moments: []int64{50},
	}
}

func TestIntervals(t *testing.T) {
	figure := Intervals(stale())
	picture, err := figure.svg()
	require.NoError(t, err)
	again, err := Intervals(stale()).svg()
	require.NoError(t, err)
	require.Equal(t, string(picture), string(again))
	for _, text := range []string{"a stale read", "isolate S1", "crash S2", "to blame: 3", "others: 2", "leader change", "7000", "read()"} {
		require.Contains(t, string(picture), text)
	}
	require.NoError(t, figure.Save(filepath.Join(t.TempDir(), "intervals.png")))
}

func TestIntervalsAreInOrder(t *testing.T) {
	timeline := stale()
	require.Equal(t, []string{"1", "2", "3"}, timeline.rows())
	ranks := timeline.ranks(timeline.rows())
	require.Equal(t, times{1, 2, 3, 5, 20, 40, 7000, 8000}, ranks)
	require.EqualValues(t, 6, ranks.rank(7000))
	require.EqualValues(t, 5.5, ranks.rank(41))
	require.EqualValues(t, -0.5, ranks.rank(-3))
	require.EqualValues(t, 7.5, ranks.rank(9000))
}

func TestIntervalsOfNothingAndOfTooMuch(t *testing.T) {
	picture, err := Intervals(Timeline{}).svg()
	require.NoError(t, err)
	require.Contains(t, string(picture), "no operations")
	var many Timeline
	for i := range 100 {
		many.Intervals = append(many.Intervals, Interval{Row: fmt.Sprint(i), Start: int64(i), End: int64(i + 1), Label: strings.Repeat("long ", 50)})
	}
	picture, err = Intervals(many).svg()
	require.NoError(t, err)
	require.Contains(t, string(picture), "Clients that are not drawn: 60.")
}
