package plots

import (
	"time"

	"gonum.org/v1/plot/plotter"
)

// bins counts operations by the stretch of time in which they ended. All bins
// are equally wide but the last, which takes what is left of the run: half as
// wide as the others at least, and one and a half times at most.
type bins struct {
	width, end time.Duration
	counts     []int
}

// binWidth is a round width for bins of a run of the given length: narrow enough
// for detail, but wide enough that there are some operations in each, so that
// few operations do not make a comb.
func binWidth(length time.Duration, operations int) time.Duration {
	const mostBins, fewestBins, operationsPerBin = 120, 10, 5
	if length <= 0 {
		return time.Second
	}
	count := min(max(operations/operationsPerBin, fewestBins), mostBins)
	return time.Duration(max(roundUp(float64(length)/float64(count)), 1))
}

// countInBins sorts the operations of a run that ended at the given time.
func countInBins(operations []Operation, width, end time.Duration) bins {
	if end <= 0 {
		end = width
	}
	b := bins{width: width, end: end, counts: make([]int, max(1, (end+width/2)/width))}
	for _, operation := range operations {
		b.counts[min(int(operation.end()/width), len(b.counts)-1)]++
	}
	return b
}

// edge is where the i-th bin begins and the one before it ends.
func (b bins) edge(i int) time.Duration {
	if i == len(b.counts) {
		return b.end
	}
	return time.Duration(i) * b.width
}

// rate is how many operations per second ended in the i-th bin.
func (b bins) rate(i int) float64 {
	return float64(b.counts[i]) / (b.edge(i+1) - b.edge(i)).Seconds()
}

func (b bins) highestRate() float64 {
	highest := 0.0
	for i := range b.counts {
		highest = max(highest, b.rate(i))
	}
	return highest
}

// outlines returns the rates over time as the upper edge of a histogram. Unless
// withZero is set there is a gap wherever nothing was counted.
func (b bins) outlines(withZero bool) []plotter.XYs {
	var outlines []plotter.XYs
	var outline plotter.XYs
	for i := range b.counts {
		left, right, rate := b.edge(i).Seconds(), b.edge(i+1).Seconds(), b.rate(i)
		if rate > 0 || withZero {
			if outline == nil && i > 0 {
				outline = plotter.XYs{{X: left, Y: 0}}
			}
			outline = append(outline, plotter.XY{X: left, Y: rate}, plotter.XY{X: right, Y: rate})
		} else if outline != nil {
			outlines = append(outlines, append(outline, plotter.XY{X: left, Y: 0}))
			outline = nil
		}
	}
	if outline != nil {
		outlines = append(outlines, outline)
	}
	return outlines
}
