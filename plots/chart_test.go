package plots

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDistribution(t *testing.T) {
	assert.Empty(t, Distribution(nil))
	assert.Equal(t, []Point{{1, 0}, {1, 0.25}, {2, 0.5}, {2, 0.75}, {9, 1}}, Distribution([]float64{1, 2, 2, 9}))
	many := make([]float64, 100_000)
	for i := range many {
		many[i] = float64(i)
	}
	points := Distribution(many)
	assert.Len(t, points, maxSteps+1)
	assert.Equal(t, Point{99_999, 1}, points[maxSteps])
}

func TestAxisEnds(t *testing.T) {
	for _, c := range []struct {
		axis      Axis
		values    []float64
		low, high float64
	}{
		{Axis{}, []float64{3, 9.7}, 0, 11},
		{Axis{}, []float64{0, 0}, 0, 1},
		{Axis{}, []float64{-1, 1}, -1.1, 1.1},
		{Axis{}, []float64{math.NaN(), 2}, 0, 2.2},
		{Axis{}, nil, 1, 10},
		{Axis{Log: true}, []float64{0, 3, 800}, 2, 1000},
	} {
		low, high := c.axis.ends(c.values)
		assert.InDelta(t, c.low, low, 1e-9)
		assert.InDelta(t, c.high, high, 0.2*c.high)
	}
}

// TestNothingIsLeftOutSilently counts what has no place on an axis.
func TestNothingIsLeftOutSilently(t *testing.T) {
	curve := Curve{Name: "a", Points: []Point{{1, 1}, {5, 1}, {math.NaN(), 1}, {2, math.Inf(1)}}}
	f := Charts("title", Chart{X: Axis{Min: 0, Max: 3}, Curves: []Curve{curve}})
	assert.Contains(t, f.notes, "Points that are left out because they lie beyond an axis: 3.")
	f = Charts("title", Chart{X: Axis{Log: true, Min: 1, Max: 3}, Curves: []Curve{{Points: []Point{{1, 1}, {3, 1}}}}})
	assert.Empty(t, f.notes)
}

func TestChartsExplainEachNameOnce(t *testing.T) {
	chart := Chart{Curves: []Curve{{Name: "a", Points: []Point{{1, 1}}}, {Points: []Point{{1, 1}}}, {Name: "b", Style: Dots}}}
	assert.Len(t, Charts("", chart, chart).legend, 2)
}

// TestChartsCanBeDrawn draws what is odd: nothing, one point, all styles.
func TestChartsCanBeDrawn(t *testing.T) {
	points := []Point{{1, 10}, {2, 20}, {4, 5}}
	for _, charts := range [][]Chart{
		{{}},
		{{Curves: []Curve{{Points: points[:1]}}}},
		{{Heading: "all", X: Axis{Log: true}, Y: Axis{Names: []string{"x", "y"}}, Curves: []Curve{
			{Style: Line, Points: points}, {Style: Step, Points: points}, {Style: Dots, Points: points},
			{Style: Rings, Points: points}, {Style: Dotted, Points: points},
		}}, {}},
	} {
		for _, encode := range []func(*Figure) ([]byte, error){(*Figure).png, (*Figure).svg} {
			first, err := encode(Charts("title", charts...))
			require.NoError(t, err)
			again, err := encode(Charts("title", charts...))
			require.NoError(t, err)
			assert.Equal(t, first, again)
		}
	}
}

func TestMatrices(t *testing.T) {
	m := Matrix{Heading: "heading", Columns: []string{"first", "two words that are-too-long"}, Rows: []MatrixRow{
		{"row", []Cell{{"fine", Good}, {"so so", Middling}}},
		{"a row with a name that is much longer than its share of the width of the whole figure, and then some", []Cell{{"bad", Bad}}},
		{"", []Cell{{"", Empty}, {"one of many", Kinds + 77}}},
	}}
	svg, err := Matrices("title", m, Matrix{}).svg()
	require.NoError(t, err)
	for _, want := range []string{"heading", "first", ">two words that are-<", ">too-long<", "…", "fine", "so so", "bad", "one of many"} {
		assert.Contains(t, string(svg), want)
	}
}
