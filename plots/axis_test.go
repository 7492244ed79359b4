package plots

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"pgregory.net/rapid"
)

func labels(ticks []plot.Tick) (written []string) {
	for _, tick := range ticks {
		if !tick.IsMinor() {
			written = append(written, tick.Label)
		}
	}
	return written
}

func TestLogTicks(t *testing.T) {
	tests := []struct {
		low, high float64
		want      []string
	}{
		{1, 1000, []string{"1", "10", "100", "1000"}},
		{0.5, 2000, []string{"1", "10", "100", "1000"}},
		{0.002, 20_000, []string{"0.01", "0.1", "1", "10", "100", "1000", "10000"}},
		{2, 50, []string{"2", "5", "10", "20", "50"}},
		{0.001, 0.002, []string{"0.001", "0.002"}},
		{500, 2000, []string{"500", "1000", "2000"}},
	}
	for _, test := range tests {
		ticks := logTicks(test.low, test.high)
		require.Equal(t, test.want, labels(ticks))
		for _, tick := range ticks {
			if !tick.IsMinor() {
				written, err := strconv.ParseFloat(tick.Label, 64)
				require.NoError(t, err)
				require.InDelta(t, math.Log10(written), tick.Value, 1e-9, "the label stands where it says")
			}
		}
	}
}

func TestLinearTicks(t *testing.T) {
	tests := []struct {
		high  float64
		count int
		want  []string
	}{
		{1, 5, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{20.003, 12, []string{"0", "2", "4", "6", "8", "10", "12", "14", "16", "18", "20"}},
		{0.02, 5, []string{"0.000", "0.005", "0.010", "0.015", "0.020"}},
		{1890, 5, []string{"0", "500", "1000", "1500"}},
	}
	for _, test := range tests {
		require.Equal(t, test.want, labels(linearTicks(0, test.high, test.count)))
	}
}

func TestLatencyAxisHasRoomForAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		operations := generatedOperations(t, 0, 20)
		var axis plot.Axis
		latencyAxis(&axis, operations)
		require.Less(t, axis.Min, axis.Max)
		require.GreaterOrEqual(t, len(labels(axis.Tick.Marker.Ticks(axis.Min, axis.Max))), 2)
		for _, operation := range operations {
			at := onLatencyAxis(axis, operation.Latency)
			require.True(t, axis.Min <= at && at < axis.Max, "%v", operation.Latency)
			if operation.Latency > 0 {
				require.InEpsilon(t, milliseconds(operation.Latency), math.Pow(10, at), 1e-9)
			}
		}
	})
}

func TestRounding(t *testing.T) {
	tests := []struct{ x, down, up float64 }{
		{1, 1, 1}, {1.1, 1, 2}, {2, 2, 2}, {4.9, 2, 5}, {5.1, 5, 10}, {1000, 1000, 1000}, {0.15, 0.1, 0.2},
	}
	for _, test := range tests {
		require.InEpsilon(t, test.down, roundDown(test.x), 1e-12)
		require.InEpsilon(t, test.up, roundUp(test.x), 1e-12)
	}
}

func TestNumbersAreWrittenPlainly(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.0123: "0.0123", 0.5: "0.500", 3.014: "3.01", 10.24: "10.2", 220.7: "221", 1234: "1234", 123456: "123456"} {
		require.Equal(t, want, threeDigits(x))
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 20_000: "20,000", 1_234_567: "1,234,567"} {
		require.Equal(t, want, thousands(n))
	}
}

func TestWrap(t *testing.T) {
	width := captionText.Width("seed 42 and more")
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" \n\n", nil},
		{"seed 42 and more", []string{"seed 42 and more"}},
		{"seed 42 and more words", []string{"seed 42 and more", "words"}},
		{"seed\n42", []string{"seed", "42"}},
		{"tab\tand\x00null", []string{"tab and null"}},
	}
	for _, test := range tests {
		require.Equal(t, test.want, wrap(test.text, captionText, width), "%q", test.text)
	}
	require.Equal(t, []string{"a", "b", "c"}, wrap("abc", captionText, 0), "each line has a character at least")
	cut := shorten("a name that is far too long", captionText, width)
	require.LessOrEqual(t, captionText.Width(cut), width)
	require.Contains(t, cut, "…")
}

func TestSeriesDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 28 {
		line := seriesLine(i)
		r, g, b, _ := line.Color.RGBA()
		key := strconv.Itoa(int(r^g<<16)) + "/" + strconv.Itoa(int(b)) + "/" + strconv.Itoa(len(line.Dashes))
		for _, dash := range line.Dashes {
			key += "," + strconv.FormatFloat(float64(dash), 'f', 1, 64)
		}
		require.False(t, seen[key], "line %d looks like an earlier one", i)
		seen[key] = true
	}
	require.Len(t, seen, 28)
}

func TestPowersOfTenAreTheirOwnDecade(t *testing.T) {
	for exponent := -9; exponent <= 15; exponent++ {
		require.Equal(t, exponent, exponentOf(math.Pow10(exponent)))
		require.Equal(t, exponent-1, exponentOf(0.999*math.Pow10(exponent)))
	}
}
