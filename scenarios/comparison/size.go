package comparison

import (
	"math"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
)

// What the size of the cluster does.
var size = Aspect{
	Name:  "size",
	Title: "The size of the cluster, from 3 to 9",
	Setup: "The data centre of the aspect load. One session writes, which gives the latency; then 128 do, which gives the throughput.",
	Cases: []string{"n=3", "n=4", "n=5", "n=6", "n=7", "n=8", "n=9"},
	Metrics: []Metric{
		{Name: "p50", Unit: "ms"}, {Name: "throughput", Unit: "op/s"}, {Name: "handled per command"}, {Name: "refusals per command"}, {Name: "messages per command"}, {Name: "messages per command, one session"},
	},
	Trials:  2,
	measure: measureSize,
	explain: explainSize,
	draw:    drawSize,
}

func measureSize(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	values, _ := caseNumbers([]string{which}, "n=")
	b := bench{servers: int(values[0]), world: dataCentre(), clients: closed(1, 0), warm: 700 * time.Millisecond, span: 4 * time.Second}
	alone, err := b.busy(p, seed)
	if err != nil {
		return nil, err
	}
	b.clients, b.span = closed(128, 0), 400*time.Millisecond
	measured, err := b.busy(p, seed)
	if err != nil {
		return nil, err
	}
	measured["p50"], measured["messages per command, one session"] = alone["p50"], alone["messages per command"]
	return measured, nil
}

func explainSize(t *Table) (all []string) {
	cases := t.Aspect.Cases
	for _, which := range []string{cases[0], cases[len(cases)-1]} {
		where := "With " + which + ", "
		all = append(all,
			t.why(where, which, effect{"p50", "the median latency"}, cause{metric: "messages per command, one session", what: "messages among servers per command"}),
			t.why(where, which, effect{"throughput", "the throughput"}, handledMessages.against(), refusals.against()))
	}
	for i, name := range t.Protocols {
		all = append(all, t.growth(i, name))
	}
	return all
}

// growth says what the largest cluster costs beside the smallest.
func (t *Table) growth(protocol int, name string) string {
	small, large := t.Aspect.Cases[0], t.Aspect.Cases[len(t.Aspect.Cases)-1]
	change := func(metric string) string {
		a, b := t.Mean(small, metric, protocol), t.Mean(large, metric, protocol)
		return digits(a) + " to " + withUnit(digits(b), t.Aspect.metric(metric).Unit)
	}
	return sentence("from " + small + " to " + large + ", " + name + " goes from " + change("p50") + " of latency and from " + change("throughput") +
		", while its busiest server goes from " + change("handled per command") + " messages per command")
}

func drawSize(t *Table) []Picture {
	x := plots.Axis{Label: "servers", Min: 2.5, Max: 9.5}
	var charts []plots.Chart
	for _, c := range []struct{ metric, label string }{
		{"p50", "median latency (ms)"}, {"throughput", "throughput (op/s)"}, {"messages per command, one session", "messages/command"},
	} {
		charts = append(charts, t.over(x, plots.Axis{Label: c.label}, "n=", c.metric))
	}
	return []Picture{{"compare-size", plots.Charts("The size of the cluster", charts...)}}
}

// over draws a metric over the numbers in the names of cases.
func (t *Table) over(x, y plots.Axis, prefix, metric string) plots.Chart {
	chart := plots.Chart{X: x, Y: y}
	values, names := caseNumbers(t.Aspect.Cases, prefix)
	for i, protocol := range t.Protocols {
		curve := plots.Curve{Name: protocol, Series: i}
		for j, which := range names {
			if v := t.Mean(which, metric, i); !math.IsNaN(v) { // or it did not come about
				curve.Points = append(curve.Points, plots.Point{X: values[j], Y: v})
			}
		}
		dots := plots.Curve{Points: curve.Points, Style: plots.Dots, Series: i}
		if i == 1 {
			dots.Style = plots.Rings
		}
		chart.Curves = append(chart.Curves, curve, dots)
	}
	return chart
}
