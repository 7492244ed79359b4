package comparison

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
)

// What a command costs, on the way and in all.
var cost = Aspect{
	Name:  "cost",
	Title: "What a command costs",
	Setup: "Five servers; messages take 10 ms and syncs 1 ms, always. One client writes one value after the other, then 64 do at the same time, " +
		"then nobody. Messages are those among servers; what client and leader say to each other comes to two more. " +
		"Delays and writes on the path are those that the client waits for: what the latency grows by if messages or syncs take longer.",
	Cases: []string{"one at a time", "64 at a time", "idle"},
	Metrics: []Metric{
		{Name: "latency", Unit: "ms"}, {Name: "delays on the path"}, {Name: "disk writes on the path"},
		{Name: "messages per command"}, {Name: "bytes per command"}, {Name: "bytes per copy sent"}, {Name: "syncs per command"}, {Name: "messages per second"},
	},
	Trials:  1,
	measure: measureCost,
	explain: explainCost,
	draw:    drawCost,
}

func measureCost(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	b := bench{servers: 5, world: still(syncTime), warm: time.Second, span: 2 * time.Second}
	switch which {
	case "idle":
	case "one at a time":
		b.clients = closed(1, 0)
	default:
		b.clients = closed(64, 0)
	}
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	if which == "idle" {
		measured := numbers{"messages per second": float64(o.messages) / o.span.Seconds()}
		for name, count := range o.byType {
			measured[kindPrefix+name] = float64(count) / o.span.Seconds()
		}
		return measured, nil
	}
	if o.commands() == 0 {
		return nil, errSilence
	}
	measured := perCommand(o)
	measured["latency"] = o.quantile(0.5)
	if which == "one at a time" {
		measured["delays on the path"], measured["disk writes on the path"], err = path(p, seed, b)
	}
	return measured, err
}

// perCommand divides what was counted by the commands that were answered.
func perCommand(o *observed) numbers {
	n := o.commands()
	measured := numbers{
		"messages per command": float64(o.messages) / n,
		"bytes per command":    float64(o.bytes) / n,
		"syncs per command":    float64(o.syncs) / n,
	}
	if o.copies > 0 {
		measured["bytes per copy sent"] = float64(o.bytes) / float64(o.copies)
	}
	for name, count := range o.byType {
		measured[kindPrefix+name] = float64(count) / n
	}
	return measured
}

// The waits of a client, and what one more costs in a still world, in milliseconds.
var (
	pathDelays = cause{metric: "delays on the path", what: "network delays on the path", weight: milliseconds(delay)}
	pathWrites = cause{metric: "disk writes on the path", what: "disk writes on the path", weight: milliseconds(syncTime)}
)

func explainCost(t *Table) (all []string) {
	messages := cause{metric: "messages per command", what: "messages among servers per command"}
	for _, which := range t.Aspect.Cases {
		where := "With commands " + which + ", "
		if which == "idle" {
			all = append(all, t.why("When nobody asks for anything, ", which, effect{"messages per second", "the number of messages per second"}), t.byKind("Then ", which, "per second"))
			continue
		}
		if which == "one at a time" {
			all = append(all, t.why(where, which, effect{"latency", "the latency"}, pathDelays, pathWrites))
		}
		all = append(all,
			t.why(where, which, effect{"messages per command", "the number of messages among servers per command"}), t.byKind(where, which, "per command"),
			t.why(where, which, effect{"bytes per command", "the number of bytes among servers per command"}, messages, cause{metric: "bytes per copy sent", what: "bytes for each copy of a command that is sent"}),
			t.why(where, which, effect{"syncs per command", "the number of disk syncs per command"}))
	}
	return all
}

// byKind says which messages the protocols sent.
func (t *Table) byKind(where, which, per string) string {
	var parts []string
	for i, name := range t.Protocols {
		var kinds []string
		for _, kind := range t.kinds(which, i) {
			kinds = append(kinds, digits(t.Mean(which, kindPrefix+kind, i))+" "+kind)
		}
		parts = append(parts, name+" sends "+join(kinds)+" "+per)
	}
	return sentence(where + strings.Join(parts, "; "))
}

// drawCost draws a table.
func drawCost(t *Table) []Picture {
	var matrices []plots.Matrix
	for _, which := range t.Aspect.Cases {
		if m := t.matrix(which); len(m.Rows) > 0 {
			matrices = append(matrices, m)
		}
	}
	return []Picture{{"compare-cost", plots.Matrices("What a command costs", matrices...)}}
}

// matrix shows all that was measured in a case. A number is shaded where the protocols
// differ: what is larger darker.
func (t *Table) matrix(which string) plots.Matrix {
	m := plots.Matrix{Heading: which, Columns: t.Protocols}
	for _, metric := range t.Aspect.Metrics {
		if len(t.Sorted(which, metric.Name, 0)) == 0 && len(t.Sorted(which, metric.Name, 1)) == 0 {
			continue
		}
		c := t.contrast(which, metric.Name)
		row := plots.MatrixRow{Name: metric.String()}
		for i, v := range c.values {
			shade := plots.Empty
			if c.sign() != 0 && (i == 1) == (c.sign() > 0) {
				shade = plots.Middling
			}
			row.Cells = append(row.Cells, plots.Cell{Text: digits(v), Shade: shade})
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// caseNumbers are the numbers that cases end or begin with, such as 5 in "n=5".
func caseNumbers(cases []string, prefix string) (values []float64, names []string) {
	for _, which := range cases {
		var v float64
		if _, err := fmt.Sscanf(strings.TrimPrefix(which, prefix), "%g", &v); err == nil && strings.HasPrefix(which, prefix) {
			values, names = append(values, v), append(names, which)
		}
	}
	return slices.Clip(values), names
}
