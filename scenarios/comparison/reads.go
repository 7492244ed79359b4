package comparison

import (
	"strings"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
)

// What a read costs, by how it is answered.
var reads = Aspect{
	Name:  "reads",
	Title: "What a read costs, by how it is answered",
	Setup: "Five servers; messages take 10 ms and syncs 1 ms, always. One client reads one value after the other: through the log like a write (log), " +
		"from a leader that asks a quorum whether it still leads (quorum), or from one that trusts its clock for a while (lease).",
	Cases: []string{"log", "quorum", "lease"},
	Metrics: []Metric{
		{Name: "latency", Unit: "ms"}, {Name: "delays on the path"}, {Name: "disk writes on the path"},
		{Name: "messages per read"}, {Name: "bytes per read"}, {Name: "syncs per read"},
	},
	Trials:  1,
	measure: measureReads,
	explain: explainReads,
	draw:    drawReads,
}

func measureReads(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	b := bench{
		servers: 5, world: still(syncTime), settings: scenarios.Settings{Reads: scenarios.Reads(which)},
		clients: closed(1, 0), reads: true, warm: time.Second, span: 2 * time.Second,
	}
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	if o.commands() == 0 {
		return nil, errSilence
	}
	per := perCommand(o)
	measured := numbers{
		"latency":           o.quantile(0.5),
		"messages per read": per["messages per command"],
		"bytes per read":    per["bytes per command"],
		"syncs per read":    per["syncs per command"],
	}
	for name, v := range per {
		if strings.HasPrefix(name, kindPrefix) {
			measured[name] = v
		}
	}
	measured["delays on the path"], measured["disk writes on the path"], err = path(p, seed, b)
	return measured, err
}

func explainReads(t *Table) (all []string) {
	for _, which := range t.Aspect.Cases {
		where := "For reads by " + which + ", "
		all = append(all,
			t.why(where, which, effect{"latency", "the latency"}, pathDelays, pathWrites),
			t.why(where, which, effect{"messages per read", "the number of messages among servers per read"}), t.byKind(where, which, "per read"))
	}
	for i, name := range t.Protocols {
		all = append(all, t.cheapest(i, name))
	}
	return all
}

// cheapest says which way to read a protocol answers soonest, and what it saves.
func (t *Table) cheapest(protocol int, name string) string {
	best, worst := t.Aspect.Cases[0], t.Aspect.Cases[0]
	for _, which := range t.Aspect.Cases {
		if t.Mean(which, "latency", protocol) < t.Mean(best, "latency", protocol) {
			best = which
		}
		if t.Mean(which, "latency", protocol) > t.Mean(worst, "latency", protocol) {
			worst = which
		}
	}
	number := func(which, metric string) string { return digits(t.Mean(which, metric, protocol)) }
	if t.Mean(worst, "latency", protocol)-t.Mean(best, "latency", protocol) <= leastDifference*t.Mean(worst, "latency", protocol) {
		return sentence("with " + name + " it makes no difference to the latency how a read is answered")
	}
	return sentence("with " + name + ", " + best + " is the fastest: " + number(best, "delays on the path") + " delays and " +
		number(best, "disk writes on the path") + " disk writes on the path, where " + worst + " takes " +
		number(worst, "delays on the path") + " and " + number(worst, "disk writes on the path") +
		"; and " + number(best, "messages per read") + " messages, where " + worst + " takes " + number(worst, "messages per read"))
}

func drawReads(t *Table) []Picture {
	bars := func(metric, label string) plots.Chart {
		chart := plots.Chart{X: plots.Axis{Label: "how reads are answered", Names: t.Aspect.Cases}, Y: plots.Axis{Label: label}}
		for i, name := range t.Protocols {
			dots := plots.Curve{Name: name, Style: plots.Dots, Series: i}
			if i == 1 {
				dots.Style = plots.Rings
			}
			for x, which := range t.Aspect.Cases {
				dots.Points = append(dots.Points, plots.Point{X: float64(x), Y: t.Mean(which, metric, i)})
			}
			chart.Curves = append(chart.Curves, dots)
		}
		return chart
	}
	return []Picture{{"compare-reads", plots.Charts("What a read costs", bars("latency", "latency (ms)"), bars("messages per read", "messages among servers"))}}
}
