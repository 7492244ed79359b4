package scenarios

import (
	"quorumlab/plots"
	"quorumlab/scenarios/mqjudge"
)

// queuePicture draws how a message queue did, as its clients could know it.
func queuePicture(m *mqjudge.Record, run plots.Run) *plots.Figure {
	gauge := func(heading, label string, all []mqjudge.Series) plots.Gauge {
		g := plots.Gauge{Heading: heading, Label: label}
		for _, s := range all {
			readings := make([]plots.Reading, len(s.At))
			for i, at := range s.At {
				readings[i] = plots.Reading{At: at, Value: float64(s.To[i])}
			}
			g.Series = append(g.Series, plots.GaugeSeries{Name: s.Name, Readings: readings})
		}
		return g
	}
	var gauges []plots.Gauge
	for _, g := range []plots.Gauge{
		gauge("Confirmed and not settled", "messages", m.Depth),
		gauge("Delivered again, so far", "deliveries", m.Redeliveries),
		gauge("Not committed yet by the group", "records", m.Lag),
	} {
		if len(g.Series) > 0 {
			gauges = append(gauges, g)
		}
	}
	return plots.Gauges("Queues and logs", run, gauges...)
}
