package comparison

import (
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// Which partitions stop the service.
var partitions = Aspect{
	Name:  "partitions",
	Title: "Availability under each shape of partition",
	Setup: "Five servers in the data centre; eight clients write and reach every server. The servers are partitioned for four seconds. " +
		"The service counts as available in a tenth of a second in which at least one operation is answered. " +
		"A leader lacked entries if, when it stood, another server knew something to be decided that it did not hold.",
	Cases: []string{
		"halves", "random-halves", "isolate-one", "isolate-leader", "minority-third", "bridge", "majorities-ring", "one-way",
		"partial-pairs", "quorum-loss", "chained", "constrained-election", "flapping",
	},
	Metrics: []Metric{
		{Name: "available", Unit: "% of the time"}, {Name: "leaders elected"}, {Name: "calls for election"}, {Name: "leaders that lacked entries"},
	},
	Trials:  6,
	measure: measurePartition,
	explain: explainPartitions,
	draw:    drawPartitions,
}

// When the network is partitioned, and in which slots availability is measured.
const (
	partitionFrom  = time.Second
	partitionUntil = 5 * time.Second
	slot           = 100 * time.Millisecond
)

// shape makes the fault of a case.
func shape(which string) sim.Fault {
	span := sim.Between(partitionFrom, partitionUntil)
	switch which {
	case "constrained-election":
		// So short a lag that nobody misses the leader before it ends.
		return sim.ConstrainedElection{Span: span, Lag: sim.Duration(75 * time.Millisecond)}
	case "flapping":
		return sim.Flapping{Partition: sim.Partition{Span: span, Side: sim.Leader}, Period: sim.Duration(time.Second)}
	}
	return sim.Shape{Span: span, Name: sim.ShapeName(which)}
}

func measurePartition(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	watch := &elections{servers: 5, from: partitionFrom, until: partitionUntil}
	b := bench{
		servers: 5, world: dataCentre(), clients: closed(8, 20*time.Millisecond), warm: partitionFrom, span: partitionUntil - partitionFrom,
		faults:  func(*rand.Rand, int) sim.Schedule { return sim.Schedule{shape(which)} },
		prepare: watch.observe,
	}
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	served := make(map[time.Duration]bool)
	for _, at := range answers(o) {
		if at >= partitionFrom && at < partitionUntil {
			served[(at-partitionFrom)/slot] = true
		}
	}
	elected := 0
	for _, l := range o.Leaders {
		if l.At > partitionFrom && l.At <= partitionUntil {
			elected++
		}
	}
	types := watch.types(o.Leaders, partitionFrom-300*time.Millisecond, partitionFrom)
	return numbers{
		"available":                   100 * float64(len(served)) * slot.Seconds() / (partitionUntil - partitionFrom).Seconds(),
		"leaders elected":             float64(elected),
		"calls for election":          float64(stood(watch.between(types, partitionFrom, partitionUntil))),
		"leaders that lacked entries": float64(watch.led),
	}, nil
}

func explainPartitions(t *Table) (all []string) {
	causes := []cause{
		{metric: "leaders that lacked entries", what: "leaders that lacked entries when they stood"},
		{metric: "leaders elected", what: "leaders elected"},
	}
	var alike []string
	for _, which := range t.Aspect.Cases {
		c := t.contrast(which, "available")
		if c.sign() == 0 {
			alike = append(alike, fmt.Sprintf("%s (%s)", which, c.both()))
			continue
		}
		all = append(all, t.why("Under "+which+", ", which, effect{"available", "the availability"}, causes...))
	}
	if len(alike) > 0 {
		all = append(all, sentence("no difference in availability, beyond chance, under "+join(alike)))
	}
	for i, name := range t.Protocols {
		all = append(all, t.lacking(i, name))
	}
	return all
}

// lacking says whether a protocol ever let a server lead that lacked something.
func (t *Table) lacking(protocol int, name string) string {
	var where []string
	for _, which := range t.Aspect.Cases {
		if t.Mean(which, "leaders that lacked entries", protocol) > 0 {
			where = append(where, which)
		}
	}
	if len(where) == 0 {
		return sentence("with " + name + ", no server came to lead that lacked, when it stood, what others knew to be decided")
	}
	return sentence("with " + name + ", servers came to lead that lacked, when they stood, what others knew to be decided, under " + join(where))
}

func drawPartitions(t *Table) []Picture {
	m := plots.Matrix{Columns: t.Protocols}
	for _, which := range t.Aspect.Cases {
		row := plots.MatrixRow{Name: which}
		for i := range t.Protocols {
			available := t.Mean(which, "available", i)
			shade := plots.Bad
			switch {
			case available >= 90:
				shade = plots.Good
			case available >= 50:
				shade = plots.Middling
			}
			row.Cells = append(row.Cells, plots.Cell{Text: fmt.Sprintf("%.0f %%", available), Shade: shade})
		}
		m.Rows = append(m.Rows, row)
	}
	return []Picture{{"compare-partitions", plots.Matrices("How much of the time the service is available, by shape of partition", m)}}
}
