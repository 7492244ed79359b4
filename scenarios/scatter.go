package scenarios

import (
	"fmt"
	"path/filepath"
	"slices"

	"quorumlab/plots"
)

// scatter is how what was measured differs from seed to seed: by number, the values of
// all runs, in milliseconds.
type scatter [5][]float64

// scattered names the numbers.
var scattered = []string{"p50", "p95", "p99", "slowest operation", "longest gap"}

func (x *scatter) add(s Summary) {
	if s.Operations.OK == 0 {
		return // it has no latencies
	}
	l := s.LatencyMs
	for i, v := range []float64{l.P50, l.P95, l.P99, l.Max, s.LongestGapMs} {
		x[i] = append(x[i], v)
	}
}

// sort makes the order disappear in which runs were added.
func (x *scatter) sort() {
	for _, values := range x {
		slices.Sort(values)
	}
}

// picture draws how latency, and the longest time without an answer, scatter over the seeds
// of a sweep.
func (w *Sweep) picture(s Scenario, p Protocol) *plots.Figure {
	spread := plots.Spread{Name: fmt.Sprintf("%s, %d runs", p.Family, len(w.scatter[0]))}
	for i, sorted := range w.scatter {
		spread.Samples = append(spread.Samples, plots.SpreadSample{X: float64(i), Sorted: sorted})
	}
	f := plots.Spreads(fmt.Sprintf("%s (from seed to seed, %s)", s.Title, p.Family),
		plots.Axis{Label: "latency of the operations of a run, and its longest time without an answer", Names: scattered},
		plots.Axis{Label: "time (ms)", Log: true}, plots.Boxes, spread)
	f.Caption = fmt.Sprintf("Seeds: %d from %d on: go run ./cmd/quorumlab run %s --protocol %s --seed %d --seeds %d%s",
		w.Seeds, w.FirstSeed, s.Name, p.Name, w.FirstSeed, w.asked, s.Flags)
	return f
}

// WritePictures draws the sweep into an existing folder, as PNG and SVG, and returns the
// paths.
func (w *Sweep) WritePictures(dir string, s Scenario, p Protocol) (written []string, err error) {
	figure := w.picture(s, p)
	for _, extension := range []string{".png", ".svg"} {
		path := filepath.Join(dir, fmt.Sprintf("%s-%s-%d-seeds-from-%d%s", s.Name, p.Name, w.asked, w.FirstSeed, extension))
		if err := figure.Save(path); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}
