package plots

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"pgregory.net/rapid"
)

// tenSeconds is a canvas of a point per hundredth of a second, and its plot.
func tenSeconds() (*draw.Canvas, *plot.Plot) {
	p := newPlot("", "")
	timeAxis(&p.X, 10*time.Second)
	return &draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: 1000, Y: 100}}}, p
}

func TestArrange(t *testing.T) {
	band := func(start, end int, label string) Band {
		return Band{time.Duration(start) * time.Second, time.Duration(end) * time.Second, label}
	}
	tests := []struct {
		name   string
		faults []Band
		lanes  []int    // of each bar, by start
		labels []string // of each bar, by start
	}{
		{"none", nil, nil, nil},
		{"one after another", []Band{band(4, 6, "b"), band(1, 3, "a")}, []int{0, 0}, []string{"a", "b"}},
		{"overlapping", []Band{band(1, 4, "a"), band(2, 6, "b"), band(5, 7, "c")}, []int{0, 1, 0}, []string{"a", "b", "c"}},
		{"a label runs into the next bar", []Band{band(1, 2, "the leader is cut off from all"), band(2, 3, "b")}, []int{0, 1}, []string{"the leader is cut off from all", "b"}},
		{"a label kept off the right edge", []Band{band(7, 8, "a"), band(9, 10, "partition n1 n2 n3 n4 n5 n6 | n7 n8 n9 n10 n11")}, []int{0, 1}, []string{"a", "partition n1 n2 n3 n4 n5 n6 | n7 n8 n9 n10 n11"}},
		{"same name, no room", []Band{band(1, 2, "flapping link n1-n2"), band(2, 3, "flapping link n1-n2")}, []int{0, 0}, []string{"flapping link n1-n2", ""}},
		{"same name, room", []Band{band(1, 2, "flap"), band(3, 4, "flap")}, []int{0, 0}, []string{"flap", "flap"}},
		{"same name, overlapping", []Band{band(1, 4, "loss"), band(2, 5, "loss")}, []int{0, 1}, []string{"loss", "loss"}},
	}
	canvas, p := tenSeconds()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bars, _, homeless := arrange(test.faults, canvas, p)
			require.Zero(t, homeless)
			var lanes []int
			var labels []string
			for _, bar := range bars {
				lanes, labels = append(lanes, bar.lane), append(labels, bar.label)
			}
			require.Equal(t, test.lanes, lanes)
			require.Equal(t, test.labels, labels)
		})
	}
}

func TestNoLabelCollides(t *testing.T) {
	canvas, p := tenSeconds()
	type stretch struct{ left, right vg.Length }
	overlap := func(a, b stretch) bool { return a.left < b.right && b.left < a.right }
	rapid.Check(t, func(t *rapid.T) {
		faults := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Band {
			start := rapid.IntRange(0, 10_000).Draw(t, "start")
			end := start + rapid.IntRange(-100, 5000).Draw(t, "length")
			return Band{
				Start: time.Duration(start) * time.Millisecond,
				End:   time.Duration(end) * time.Millisecond,
				Label: rapid.SampledFrom([]string{"a", "crash leader", "partition n1 n2 | n3 n4 n5", "flap"}).Draw(t, "label"),
			}
		}), 0, 30).Draw(t, "faults")
		bars, lanes, homeless := arrange(faults, canvas, p)
		require.Equal(t, len(faults), len(bars)+homeless)
		require.LessOrEqual(t, lanes, maxLanes)
		require.True(t, homeless == 0 || lanes == maxLanes)

		names := make([]string, len(bars)) // an unlabelled bar is named by the one before it
		inLane := make(map[int]string)
		for i, bar := range bars {
			require.Less(t, bar.lane, lanes)
			if bar.label != "" {
				inLane[bar.lane] = bar.label
			}
			names[i] = inLane[bar.lane]
			require.NotEmpty(t, names[i])
		}
		text := func(b bar) stretch { return stretch{b.text, b.text + laneText.Width(b.label)} }
		for i, a := range bars {
			if a.label != "" {
				require.GreaterOrEqual(t, text(a).left, canvas.Min.X)
				require.LessOrEqual(t, text(a).right, canvas.Max.X)
			}
			for j, b := range bars {
				if i == j || a.lane != b.lane {
					continue
				}
				require.False(t, overlap(stretch{a.left, a.right}, stretch{b.left, b.right}), "two bars")
				if a.label == "" {
					continue
				}
				require.False(t, b.label != "" && overlap(text(a), text(b)), "two labels")
				require.False(t, names[i] != names[j] && overlap(text(a), stretch{b.left, b.right}), "a label on the bar of another")
			}
		}
	})
}

func TestFaultsWithoutALaneAreCounted(t *testing.T) {
	run := Run{Length: time.Second}
	for i := range maxLanes + 3 {
		run.Faults = append(run.Faults, Band{0, time.Second, fmt.Sprintf("fault %d", i)})
	}
	written := texts(t, LatencyOverTime(run))
	require.Contains(t, written, "fault 5\n")
	require.NotContains(t, written, "fault 6\n")
	require.Contains(t, written, "Further faults, shaded but not named: 3.\n")
}
