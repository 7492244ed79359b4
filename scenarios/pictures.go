package scenarios

import (
	"maps"
	"slices"
	"time"

	"quorumlab/plots"
	"quorumlab/sim"
)

// picture is a figure and what its file is called.
type picture struct {
	name   string
	figure *plots.Figure
}

// pictures draws all that can be drawn of a run.
func (r *Result) pictures(o *overview) []picture {
	run := r.Plot()
	all := []picture{{"throughput", plots.ThroughputOverTime(run)}}
	if takesTime(run.Operations) {
		all = []picture{
			{"latency", plots.LatencyOverTime(run)},
			{"quantiles", plots.LatencyQuantiles(run)},
			{"throughput", plots.ThroughputOverTime(run)},
			{"distribution", plots.LatencyDistribution(run)},
		}
	}
	if r.Messages != nil {
		all = append(all, picture{"queues", queuePicture(r.Messages, run)})
	}
	// What servers do goes on for longer than what clients call.
	run.Length = r.Length
	if lifelines := r.lifelines(o); anyRole(lifelines) {
		all = append(all, picture{"leaders", plots.Roles(run, lifelines...)})
	}
	if logs := o.logs(); len(logs) > 0 {
		all = append(all, picture{"replication", plots.LogReplication(run, logs...)})
	}
	all = append(all, picture{"messages", plots.MessageCounts(run, o.counts()...)})
	if clocks, wrong := o.clocks(); wrong {
		all = append(all, picture{"clocks", plots.Gauges("Errors of clocks", run, clocks)})
	}
	for _, p := range all {
		describe(p.figure, r.Scenario, r.Seed, r.Command())
	}
	return all
}

// takesTime reports whether there is any latency to be drawn. A message that is handed to
// a broker at no more than once has none.
func takesTime(operations []plots.Operation) bool {
	return len(operations) == 0 || slices.ContainsFunc(operations, func(o plots.Operation) bool { return o.Latency > 0 })
}

// anyRole reports whether any server ever was anything in particular.
func anyRole(lifelines []plots.Lifeline) bool {
	return slices.ContainsFunc(lifelines, func(l plots.Lifeline) bool {
		return slices.ContainsFunc(l.Stretches, func(s plots.Stretch) bool { return s.Part != plots.Plain })
	})
}

// lifelines are what the servers were, over the whole run.
func (r *Result) lifelines(o *overview) []plots.Lifeline {
	var all []plots.Lifeline
	for i, track := range o.tracks {
		all = append(all, plots.Lifeline{Name: sim.Name(identifiers(o.servers)[i]), Stretches: stretches(track, r.Length)})
	}
	return all
}

// logs are the logs of the servers at the samples; none if the protocol is not known.
func (o *overview) logs() (logs []plots.Log) {
	known := false
	for i := range o.servers {
		l := plots.Log{Name: sim.Name(identifiers(o.servers)[i])}
		for _, s := range o.samples {
			v := s.Views[i]
			known = known || v.First > 0
			l.Samples = append(l.Samples, plots.LogSample{At: s.At, First: v.First, Committed: v.Committed, Last: v.Last})
		}
		logs = append(logs, l)
	}
	if !known {
		return nil
	}
	return logs
}

// counts are how many messages of each type there were.
func (o *overview) counts() (counts []plots.MessageCount) {
	for _, name := range slices.Sorted(maps.Keys(o.sent)) {
		counts = append(counts, plots.MessageCount{Type: name, Sent: o.sent[name], Lost: o.lost[name]})
	}
	return counts
}

// clocks are by how much the clocks were wrong, and whether any was.
func (o *overview) clocks() (g plots.Gauge, wrong bool) {
	g.Label = "clock ahead (ms)"
	for i := range o.servers {
		s := plots.GaugeSeries{Name: sim.Name(identifiers(o.servers)[i])}
		for _, sample := range o.samples {
			ahead := sample.Clocks[i]
			wrong = wrong || ahead != 0
			s.Readings = append(s.Readings, plots.Reading{At: sample.At, Value: float64(ahead) / float64(time.Millisecond)})
		}
		g.Series = append(g.Series, s)
	}
	return g, wrong
}
