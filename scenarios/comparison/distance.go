package comparison

import (
	"slices"
	"strings"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// What the distance between servers does.
var distance = Aspect{
	Name:  "distance",
	Title: "The distance between servers, up to a WAN",
	Setup: "Five servers, each in a region of its own, all equally far apart by the round trip of the case, and last at the distances of five regions of a cloud. " +
		"Beside each server a client writes. Timeouts are as everywhere: a server that hears nothing for 150 to 300 ms stands. " +
		"The latency beside the leader is that of the client who has it best.",
	Cases: []string{"RTT 2 ms", "RTT 20 ms", "RTT 50 ms", "RTT 100 ms", "RTT 200 ms", "RTT 400 ms", "five regions"},
	Metrics: []Metric{
		{Name: "latency beside the leader", Unit: "ms"}, {Name: "latency of all", Unit: "ms"}, {Name: "round trips of the best"}, {Name: "round trip to a majority", Unit: "ms"}, {Name: "first call for election", Unit: "ms"}, {Name: "first answer", Unit: "ms"}, {Name: "leaders elected"}, {Name: "answered", Unit: "% of clients"},
	},
	Trials:  8,
	measure: measureDistance,
	explain: explainDistance,
	draw:    drawDistance,
}

// cloud are the round trips between Virginia, California, Oregon, Ireland and Japan.
var cloud = []sim.RoundTrip{
	{A: "VA", B: "CA", Time: 86 * time.Millisecond}, {A: "VA", B: "OR", Time: 65 * time.Millisecond},
	{A: "VA", B: "IR", Time: 80 * time.Millisecond}, {A: "VA", B: "JP", Time: 156 * time.Millisecond},
	{A: "CA", B: "OR", Time: 28 * time.Millisecond}, {A: "CA", B: "IR", Time: 154 * time.Millisecond},
	{A: "CA", B: "JP", Time: 131 * time.Millisecond}, {A: "OR", B: "IR", Time: 137 * time.Millisecond},
	{A: "OR", B: "JP", Time: 115 * time.Millisecond}, {A: "IR", B: "JP", Time: 218 * time.Millisecond},
}

// apart puts five regions at equal distances.
func apart(trip time.Duration) (trips []sim.RoundTrip) {
	for _, t := range cloud {
		t.Time = trip
		trips = append(trips, t)
	}
	return trips
}

// measureDistance measures from the beginning on, so that it sees how long it takes to
// find a leader.
func measureDistance(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	trips, trip := cloud, 0.0
	if values, _ := caseNumbers([]string{which}, "RTT "); len(values) == 1 {
		trip = values[0]
		trips = apart(time.Duration(trip) * time.Millisecond)
	}
	world := dataCentre()
	world.Network = sim.Network{
		Latency: sim.LogNormal(100*time.Microsecond, 0.3),
		Regions: sim.Regions{Servers: []string{"VA", "CA", "OR", "IR", "JP"}, RoundTrips: trips},
	}
	watch := &elections{servers: 5}
	b := bench{servers: 5, world: world, warm: 0, span: 10 * time.Second, prepare: watch.observe}
	for range 5 {
		b.clients = append(b.clients, scenarios.Load{Sessions: 1, Think: 20 * time.Millisecond})
	}
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	measured := numbers{"leaders elected": float64(len(o.Leaders))}
	if len(watch.sent) > 0 {
		measured["first call for election"] = milliseconds(watch.sent[0].at)
	}
	if n := len(o.Leaders); n > 0 {
		measured["round trip to a majority"] = toMajority(world.Network.Regions, int(o.Leaders[n-1].Leader))
	}
	late := latenciesOf(o, 3*time.Second)
	best := -1.0
	served := 0
	for client := 1; client <= 5; client++ {
		if len(late[client]) == 0 {
			continue
		}
		served++
		if m := quantile(late[client], 0.5); best < 0 || m < best {
			best = m
		}
	}
	measured["answered"] = 100 * float64(served) / 5
	if served > 0 {
		measured["latency beside the leader"], measured["latency of all"] = best, quantile(late[0], 0.5)
		if trip > 0 {
			measured["round trips of the best"] = best / trip
		}
	}
	if len(o.latencies) > 0 {
		measured["first answer"] = milliseconds(firstAnswer(o, 0))
	}
	return measured, nil
}

// toMajority is how long the leader's round trip is to the second nearest of the others, in
// milliseconds: with itself, these are a majority of five.
func toMajority(r sim.Regions, leader int) float64 {
	var trips []float64
	for _, t := range r.RoundTrips {
		if region := r.Servers[leader-1]; t.A == region || t.B == region {
			trips = append(trips, milliseconds(t.Time))
		}
	}
	slices.Sort(trips)
	return trips[1]
}

func explainDistance(t *Table) (all []string) {
	majority := cause{metric: "round trip to a majority", what: "round trip between the leader and the nearest majority", weight: 1}
	trips := cause{metric: "round trips of the best", what: "round trips between servers before the answer"}
	elections := cause{metric: "leaders elected", what: "leaders elected"}
	for _, which := range t.Aspect.Cases {
		where := "At " + which + ", "
		causes := []cause{majority}
		if strings.HasPrefix(which, "RTT") {
			causes = append(causes, trips)
		}
		all = append(all, t.why(where, which, effect{"latency beside the leader", "the latency beside the leader"}, causes...))
	}
	standing := cause{metric: "first call for election", what: "wait until somebody stands for the first time", weight: 1}
	for _, which := range t.Aspect.Cases {
		all = append(all, t.why("At "+which+", ", which, effect{"first answer", "the time until the first answer"}, standing, elections))
	}
	for _, which := range t.Aspect.Cases {
		if t.contrast(which, "leaders elected").sign() != 0 {
			all = append(all, t.why("At "+which+", ", which, effect{"leaders elected", "the number of leaders elected in ten seconds"}))
		}
	}
	return all
}

func drawDistance(t *Table) []Picture {
	x := plots.Axis{Label: "round trip between servers (ms)", Log: true, Min: 1, Max: 1000}
	return []Picture{{"compare-distance", plots.Charts("The distance between servers; where a point is missing, nobody was answered",
		t.over(x, plots.Axis{Label: "beside the leader (ms)", Log: true}, "RTT ", "latency beside the leader"),
		t.over(x, plots.Axis{Label: "first answer (ms)", Log: true}, "RTT ", "first answer"),
		t.over(x, plots.Axis{Label: "leaders elected"}, "RTT ", "leaders elected"))}}
}
