package comparison

import (
	"fmt"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
)

// What becomes of latency and throughput when load grows.
var load = Aspect{
	Name:  "load",
	Title: "Latency and throughput as load grows, up to saturation",
	Setup: "Five servers in a data centre: a message takes about 1 ms, a sync about 1 ms, and handling a message 20 µs of a processor. " +
		"So many closed-loop sessions write values of 100 bytes, each waiting for its answer before it goes on. Throughput stops growing when the busiest server has no time left.",
	Cases: []string{"1 session", "4 sessions", "16 sessions", "64 sessions", "128 sessions", "256 sessions", "512 sessions", "1024 sessions"},
	Metrics: []Metric{
		{Name: "throughput", Unit: "op/s"}, {Name: "p50", Unit: "ms"}, {Name: "p99", Unit: "ms"}, {Name: "busiest server", Unit: "% busy"}, {Name: "handled per command"},
		{Name: "messages per command"}, {Name: "copies sent per command"}, {Name: "refusals per command"}, {Name: "bytes per command"}, {Name: "syncs per command"},
	},
	Trials:  3,
	measure: measureLoad,
	explain: explainLoad,
	draw:    drawLoad,
}

func measureLoad(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	var sessions int
	if _, err := fmt.Sscan(which, &sessions); err != nil {
		return nil, err
	}
	// Few sessions take long to make many commands, and many do not.
	span := max(300*time.Millisecond, min(4*time.Second, 24*time.Second/time.Duration(sessions)))
	b := bench{servers: 5, world: dataCentre(), clients: closed(sessions, 0), warm: 700 * time.Millisecond, span: span}
	return b.busy(p, seed)
}

// busy measures a cluster that is kept busy.
func (b bench) busy(p scenarios.Protocol, seed uint64) (numbers, error) {
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	if o.commands() == 0 {
		return nil, errSilence
	}
	measured := perCommand(o)
	measured["throughput"] = o.commands() / o.span.Seconds()
	measured["p50"], measured["p99"] = o.quantile(0.5), o.quantile(0.99)
	measured["busiest server"] = 100 * o.busiest() * handling.Seconds() / o.span.Seconds()
	measured["handled per command"] = o.busiest() / o.commands()
	measured["refusals per command"] = float64(o.refused) / o.commands()
	measured["copies sent per command"] = float64(o.copies) / o.commands()
	return measured, nil
}

// What takes the time of servers and links.
var (
	handledMessages = cause{metric: "handled per command", what: "messages that the busiest server handles per command"}
	copiesSent      = cause{metric: "copies sent per command", what: "copies sent of each command, repeated ones included"}
	refusals        = cause{metric: "refusals per command", what: "answers per command by which a follower refuses what came too early, or asks for what is missing"}
)

// against is a cause of which more makes the effect smaller.
func (k cause) against() cause {
	k.inverse = true
	return k
}

func explainLoad(t *Table) []string {
	cases := t.Aspect.Cases
	first, last := cases[0], cases[len(cases)-1]
	middle := cases[len(cases)/2]
	var all []string
	for _, which := range []string{first, middle, last} {
		all = append(all,
			t.why("With "+which+", ", which, effect{"p50", "the median latency"}, handledMessages, refusals),
			t.why("With "+which+", ", which, effect{"throughput", "the throughput"}, handledMessages.against(), refusals.against()))
	}
	all = append(all, t.why("With "+middle+", ", middle, effect{"bytes per command", "the number of bytes among servers per command"}, copiesSent, refusals))
	for i, name := range t.Protocols {
		all = append(all, t.saturation(i, name))
	}
	return all
}

// saturation says from when on more load brings no more throughput, and what the
// limit is.
func (t *Table) saturation(protocol int, name string) string {
	cases := t.Aspect.Cases
	for i := 1; i < len(cases); i++ {
		before, now := t.Mean(cases[i-1], "throughput", protocol), t.Mean(cases[i], "throughput", protocol)
		if now > 1.25*before {
			continue
		}
		busy := t.Mean(cases[i-1], "busiest server", protocol)
		reason := fmt.Sprintf("its busiest server is busy for %s %% of the time", digits(busy))
		if busy < 80 {
			reason += ", so it is not the processor that sets the limit"
		}
		return sentence(fmt.Sprintf("%s is saturated from %s on, at %s op/s: more sessions bring less than a quarter more, and %s", name, cases[i-1], digits(max(before, now)), reason))
	}
	return sentence(fmt.Sprintf("%s is not saturated by %s: throughput still grows", name, cases[len(cases)-1]))
}

func drawLoad(t *Table) []Picture {
	latency := plots.Chart{Heading: "latency over throughput", X: plots.Axis{Label: "throughput (op/s)"}, Y: plots.Axis{Label: "latency (ms)", Log: true}}
	busy := plots.Chart{Heading: "what sets the limit", X: plots.Axis{Label: "throughput (op/s)"}, Y: plots.Axis{Label: "busiest server (% busy)", Min: 0, Max: 105}}
	for i, name := range t.Protocols {
		dots := plots.Dots
		if i == 1 {
			dots = plots.Rings
		}
		for _, q := range []string{"p50", "p99"} {
			curve := plots.Curve{Name: name + " " + q, Series: i}
			if q == "p99" {
				curve.Style = plots.Dotted
			}
			for _, which := range t.Aspect.Cases {
				curve.Points = append(curve.Points, plots.Point{X: t.Mean(which, "throughput", i), Y: t.Mean(which, q, i)})
			}
			latency.Curves = append(latency.Curves, curve, plots.Curve{Points: curve.Points, Style: dots, Series: i})
		}
		curve := plots.Curve{Series: i}
		for _, which := range t.Aspect.Cases {
			curve.Points = append(curve.Points, plots.Point{X: t.Mean(which, "throughput", i), Y: t.Mean(which, "busiest server", i)})
		}
		busy.Curves = append(busy.Curves, curve, plots.Curve{Points: curve.Points, Style: dots, Series: i})
	}
	return []Picture{{"compare-load", plots.Charts("Latency and throughput as load grows", latency, busy)}}
}
