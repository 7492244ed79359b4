package plots

import (
	"iter"
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
)

// ladder runs through the round numbers 1, 2, 5, 10, 20, 50, ... from 1e-9 on.
func ladder() iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for exponent := -9; ; exponent++ {
			for _, digit := range []float64{1, 2, 5} {
				if !yield(digit * math.Pow10(exponent)) {
					return
				}
			}
		}
	}
}

// roundUp is the least round number that is not below x.
func roundUp(x float64) float64 {
	for rung := range ladder() {
		if rung >= x {
			return rung
		}
	}
	panic("unreachable: the ladder has no end")
}

// roundDown is the greatest round number that is not above x, or 1e-9.
func roundDown(x float64) float64 {
	last := 1e-9
	for rung := range ladder() {
		if rung > x {
			break
		}
		last = rung
	}
	return last
}

// milliseconds is the unit of every latency axis.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// timeAxis makes an axis of the time since the start of a run.
func timeAxis(axis *plot.Axis, end time.Duration) {
	axis.Min, axis.Max = 0, end.Seconds()
	if end <= 0 {
		axis.Max = 1
	}
	axis.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		return linearTicks(low, high, 12)
	})
}

// latencyAxis makes a logarithmic axis of milliseconds that has room for all
// latencies. Those that are not positive have no place on it and are drawn on
// its lower end.
//
// The axis is a linear one of decimal logarithms, and only its tick labels are
// numbers of milliseconds. With a logarithmic scale, gonum/plot would reserve
// room for the name of the axis where it is not drawn.
func latencyAxis(axis *plot.Axis, operations []Operation) {
	low, high := math.Inf(1), 0.0
	for _, operation := range operations {
		if operation.Latency > 0 {
			low = min(low, milliseconds(operation.Latency))
			high = max(high, milliseconds(operation.Latency))
		}
	}
	if high == 0 { // nothing to go by
		low, high = 1, 1000
	}
	// A tenth of headroom keeps marks off the frame.
	low, high = roundDown(low/1.1), roundUp(high*1.1)
	axis.Min, axis.Max = math.Log10(low), math.Log10(high)
	axis.Tick.Marker = plot.ConstantTicks(logTicks(low, high))
}

// onLatencyAxis is where a latency is drawn on an axis made by latencyAxis.
func onLatencyAxis(axis plot.Axis, latency time.Duration) float64 {
	if latency <= 0 {
		return axis.Min
	}
	return math.Log10(milliseconds(latency))
}

// linearTicks are ticks at the multiples of a round number, about count at most.
func linearTicks(low, high float64, count int) []plot.Tick {
	step := roundUp((high - low) / float64(count))
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high*(1+1e-9); i++ {
		value := i*step + 0 // a negative zero becomes a plain one
		ticks = append(ticks, plot.Tick{Value: value, Label: plain(value, exponentOf(step))})
	}
	return ticks
}

// logTicks are ticks for an axis of logarithms from that of low to that of high:
// labelled ones for the powers of ten, and unlabelled ones for their multiples. On an axis so short that this would leave it with one label or
// two, 2 and 5 times a power of ten are labelled as well.
func logTicks(low, high float64) []plot.Tick {
	short := high/low < 100
	var ticks []plot.Tick
	for exponent := exponentOf(low); exponent <= exponentOf(high); exponent++ {
		for digit := 1.0; digit < 10; digit++ {
			value := digit * math.Pow10(exponent)
			if value < low*(1-1e-9) || value > high*(1+1e-9) {
				continue
			}
			tick := plot.Tick{Value: math.Log10(value)}
			if digit == 1 || short && (digit == 2 || digit == 5) {
				tick.Label = plain(value, exponent)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// exponentOf is the exponent of the greatest power of ten that is not above x.
func exponentOf(x float64) int {
	// The logarithm of 1000 comes out a hair below 3.
	return int(math.Floor(math.Log10(x) + 1e-9))
}

// plain writes a number without an exponent, down to the given power of ten:
// 1000, 0.01.
func plain(x float64, exponent int) string {
	return strconv.FormatFloat(x, 'f', max(0, -exponent), 64)
}

// threeDigits writes a number that is not negative with at least three digits
// that count: 0.0123, 1.23, 1234.
func threeDigits(x float64) string {
	if x == 0 {
		return "0"
	}
	return plain(x, exponentOf(x)-2)
}
