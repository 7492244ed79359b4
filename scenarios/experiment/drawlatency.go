package experiment

import (
	"fmt"
	"strconv"
	"strings"

	"quorumlab/plots"
)

// drawQuorumLatency draws means over the size of the cluster.
func drawQuorumLatency(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "servers", Min: 1.5, Max: 9.5},
		Y: plots.Axis{Label: "mean time to commit"},
	}
	shapes := []struct{ name, key string }{
		{"round trip exponential", "rtt=exp"}, {"round trip uniform", "rtt=uniform"},
		{"two legs, exponential", "legs=exp"}, {"two legs, uniform", "legs=uniform"},
	}
	for i, shape := range shapes {
		which, distribution, _ := strings.Cut(shape.key, "=")
		t, err := parseTrip(distribution, which == "legs")
		if err != nil {
			continue
		}
		curve, dots := plots.Curve{Name: shape.name, Series: i}, plots.Curve{Style: plots.Dots, Series: i}
		for n := 2; n <= 9; n++ {
			curve.Points = append(curve.Points, plots.Point{X: float64(n), Y: (orderStatistic{n / 2, n - 1, t.roundTrip}).mean()})
			if m, ok := r.value(fmt.Sprintf("n=%d,%s", n, shape.key), "mean"); ok {
				dots.Points = append(dots.Points, plots.Point{X: float64(n), Y: m})
			}
		}
		chart.Curves = append(chart.Curves, curve, dots)
	}
	f := plots.Charts("A commit waits until half of the servers have answered, rounded down", chart)
	f.Caption = "Lines: order statistics. Dots: measured. The unit of time is the mean of an exponential leg or round trip, and the longest of a uniform one."
	return []Picture{{"quorum-latency", f}}
}

// drawQueueing draws waits over load.
func drawQueueing(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "load ρ", Min: 0, Max: 0.95},
		Y: plots.Axis{Label: "mean wait (service times)", Min: 0, Max: 16},
	}
	for i, kind := range []string{"M/M/1", "M/D/1"} {
		curve, dots := plots.Curve{Name: kind, Series: i}, plots.Curve{Style: plots.Dots, Series: i}
		for step := 1; step <= 94; step++ {
			rho := float64(step) / 100
			wait := rho / (1 - rho) / float64(1+i)
			curve.Points = append(curve.Points, plots.Point{X: rho, Y: wait})
		}
		for _, c := range r.cases {
			name, load, _ := strings.Cut(c.Name, ",rho=")
			rho, err := strconv.ParseFloat(load, 64)
			if wait, ok := r.value(c.Name, "wait"); ok && err == nil && strings.HasSuffix(name, kind) {
				dots.Points = append(dots.Points, plots.Point{X: rho, Y: wait})
			}
		}
		chart.Curves = append(chart.Curves, curve, dots)
	}
	f := plots.Charts("How long requests wait, by load", chart)
	f.Caption = "Lines: the formulas. Dots: measured at a machine, a link and a disk."
	return []Picture{{"queueing", f}}
}

// drawConstantDelay draws what a smaller quorum saves between continents.
func drawConstantDelay(r *Result) []Picture {
	chart := plots.Chart{
		X: plots.Axis{Label: "region of the leader", Names: regions},
		Y: plots.Axis{Label: "time to commit (ms)"},
	}
	for i, kind := range []struct{ name, prefix string }{
		{"majority of 5: Raft", "wan/raft/"}, {"majority of 5: Multi-Paxos", "wan/paxos/"}, {"phase 2 with 2 of 5, phase 1 with 4", "wan-quorum-2/paxos/"},
	} {
		dots := plots.Curve{Name: kind.name, Style: plots.Dots, Series: i}
		if i == 1 {
			dots.Style = plots.Rings
		}
		for x, region := range regions {
			if v, ok := r.value(kind.prefix+region, "commit"); ok {
				dots.Points = append(dots.Points, plots.Point{X: float64(x), Y: v})
			}
		}
		if len(dots.Points) > 0 {
			chart.Curves = append(chart.Curves, dots)
		}
	}
	if len(chart.Curves) == 0 {
		return nil
	}
	return []Picture{{"flexible-quorums", plots.Charts("Between continents: what a smaller quorum saves", chart)}}
}
