package experiment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"quorumlab/plots"
)

// publishedQuantiles are points of a published distribution; zero is not known.
func publishedQuantiles(p50, p95, p99 float64) (points []plots.Point) {
	for _, q := range []plots.Point{{X: p50, Y: 0.5}, {X: p95, Y: 0.95}, {X: p99, Y: 0.99}} {
		if q.X > 0 {
			points = append(points, q)
		}
	}
	return points
}

// axis is one on which what was published has the room that its source gives it; cases of
// one's own get what they need.
func (r *Result) axis(published plots.Axis) plots.Axis {
	for _, c := range r.cases {
		if !slices.Contains(r.Experiment.Cases, c.Name) {
			published.Min, published.Max = 0, 0
		}
	}
	return published
}

// drawFigure16 draws the two graphs of the paper: how much randomness is needed, and how short
// timeouts may be.
func drawFigure16(r *Result) (pictures []Picture) {
	var random, short []plots.Curve
	curve := func(curves []plots.Curve, name string, column Sample) []plots.Curve {
		source := figure16[name]
		n := len(curves) / 2
		return append(curves,
			plots.Curve{Name: name + " ms", Points: plots.Distribution(column.Sorted(0)), Style: plots.Step, Series: n},
			plots.Curve{Points: publishedQuantiles(source.p50, source.p95, source.p99), Style: plots.Rings, Series: n})
	}
	for i, c := range r.cases {
		if strings.HasSuffix(c.Name, "/no-jitter") {
			continue
		}
		if strings.HasPrefix(c.Name, "150-") {
			random = curve(random, c.Name, r.samples[i])
		} else {
			short = curve(short, c.Name, r.samples[i])
		}
	}
	if s, ok := r.sampleOf("150-300"); ok && len(short) > 0 {
		short = curve(short, "150-300", s)
	}
	for _, graph := range []struct {
		name, title string
		curves      []plots.Curve
		x           plots.Axis
	}{
		{"raft-figure-16-randomness", "Time without a leader: how random election timeouts have to be", random, plots.Axis{Log: true, Min: 50, Max: 1e6}},
		{"raft-figure-16-timeouts", "Time without a leader: how short election timeouts may be", short, plots.Axis{Log: true, Min: 5, Max: 1000}},
	} {
		if len(graph.curves) == 0 {
			continue
		}
		graph.x = r.axis(graph.x)
		graph.x.Label = "time without a leader (ms)"
		f := plots.Charts(graph.title, plots.Chart{X: graph.x, Y: fraction, Curves: graph.curves})
		f.Caption = "Rings: the median, p95 and p99 of the released samples, as far as they are known."
		if _, equal := r.sampleOf("150-150"); equal && graph.name == "raft-figure-16-randomness" {
			f.Caption += " With 150-150 only the inaccuracy of timers keeps servers apart, and how large it was is not known."
		}
		pictures = append(pictures, Picture{graph.name, f})
	}
	return pictures
}

// drawWAN draws the elections with the same and with differing logs.
func drawWAN(r *Result) []Picture {
	var (
		charts []plots.Chart
		names  []string // a name has one colour in both
	)
	for _, logs := range []string{"same", "differing"} {
		chart := plots.Chart{
			Heading: logs + " logs",
			X:       r.axis(plots.Axis{Label: "time until the leader that stays takes office (ms)", Min: 200, Max: 2200}),
			Y:       fraction,
		}
		for i, c := range r.cases {
			isolated, ok := strings.CutPrefix(c.Name, logs+"/")
			if !ok {
				continue
			}
			isolated, settings, _ := strings.Cut(isolated, ",")
			name := strings.TrimSuffix(isolated+" isolated, "+settings, ", ")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			source, n := wan[c.Name], slices.Index(names, name)
			chart.Curves = append(chart.Curves,
				plots.Curve{Name: name, Points: plots.Distribution(r.samples[i].Sorted(0)), Style: plots.Step, Series: n},
				plots.Curve{Points: publishedQuantiles(source.p50, source.p95, source.p99), Style: plots.Rings, Series: n})
		}
		if len(chart.Curves) > 0 {
			charts = append(charts, chart)
		}
	}
	if len(charts) == 0 {
		return nil
	}
	f := plots.Charts("Elections over a wide-area network", charts...)
	f.Caption = "Rings: the published median, p95 and p99."
	return []Picture{{"raft-wan-election", f}}
}

// drawSplit draws the probability of a split vote over latency, with the closed
// form drawn through.
func drawSplit(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "latency, as a fraction of the range of election timeouts", Min: 0, Max: 0.5},
		Y: plots.Axis{Label: "probability of a split vote", Min: 0, Max: 1},
	}
	series := make(map[string]int)
	var order []string
	for _, c := range r.cases {
		cluster, text, _ := strings.Cut(c.Name, ",l=")
		l, err := strconv.ParseFloat(text, 64)
		p, ok := r.value(c.Name, "P(split)")
		if err != nil || !ok {
			continue // fields in another order
		}
		if _, known := series[cluster]; !known {
			series[cluster] = len(order)
			order = append(order, cluster)
			chart.Curves = append(chart.Curves, splitCurve(cluster, series[cluster]))
		}
		chart.Curves = append(chart.Curves, plots.Curve{Points: []plots.Point{{X: l, Y: p}}, Style: plots.Dots, Series: series[cluster]})
	}
	f := plots.Charts("Split votes, by latency: s of n servers are alive", chart)
	f.Caption = "Lines: P[Bin(s, l) ≥ s - k], where k is n/2, rounded down. Dots: measured."
	return []Picture{{"split-votes", f}}
}

// splitCurve is the closed form for a cluster.
func splitCurve(cluster string, series int) plots.Curve {
	curve := plots.Curve{Name: cluster, Series: series}
	fields, err := parseFields(cluster, "n", "s")
	if err != nil {
		return curve
	}
	n, _ := strconv.Atoi(fields["n"])
	s, _ := strconv.Atoi(fields["s"])
	for i := range 101 {
		l := float64(i) / 200
		curve.Points = append(curve.Points, plots.Point{X: l, Y: binomialTail(s, l, s-n/2)})
	}
	return curve
}

// drawRefloated draws the distributions with and without the shorter timeout.
func drawRefloated(r *Result) []Picture {
	chart := plots.Chart{X: r.axis(plots.Axis{Label: "time without a leader (ms)", Log: true, Min: 50, Max: 2000}), Y: fraction}
	for i, c := range r.cases {
		times, candidate, own := strings.Cut(c.Name, ",candidate=")
		if !own {
			candidate = "23-46"
		}
		for column, name := range []string{"", ", candidates after " + candidate + " ms"} {
			chart.Curves = append(chart.Curves, plots.Curve{
				Name:   fmt.Sprintf("%s ms%s", times, name),
				Points: plots.Distribution(r.samples[i].Sorted(column)), Style: plots.Step, Series: 2*i + column,
			})
		}
	}
	return []Picture{{"raft-refloated", plots.Charts("Candidates that try again sooner", chart)}}
}
