package experiment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// regions are places and how far they are from each other.
var regions = []string{"VA", "CA", "OR", "IR", "JP"}

var roundTrips = []sim.RoundTrip{
	{A: "VA", B: "CA", Time: 86 * time.Millisecond}, {A: "VA", B: "OR", Time: 65 * time.Millisecond},
	{A: "VA", B: "IR", Time: 80 * time.Millisecond}, {A: "VA", B: "JP", Time: 156 * time.Millisecond},
	{A: "CA", B: "OR", Time: 28 * time.Millisecond}, {A: "CA", B: "IR", Time: 154 * time.Millisecond},
	{A: "CA", B: "JP", Time: 131 * time.Millisecond}, {A: "OR", B: "IR", Time: 137 * time.Millisecond},
	{A: "OR", B: "JP", Time: 115 * time.Millisecond}, {A: "IR", B: "JP", Time: 218 * time.Millisecond},
}

// distances are regions and how far they are from each other.
type distances struct {
	regions []string
	trips   []sim.RoundTrip
}

// parseDistances reads a matrix.
func parseDistances(text string) (d distances, err error) {
	for field := range strings.SplitSeq(text, "+") {
		pair, value, valued := strings.Cut(field, "=")
		a, b, two := strings.Cut(pair, "-")
		ms, err := strconv.ParseFloat(value, 64)
		if !valued || !two || a == "" || b == "" || a == b || err != nil || !(ms > 0 && ms <= 10_000) {
			return d, fmt.Errorf("%q is not of the form A-B=86, a round trip of up to 10000 ms between two regions", field)
		}
		for _, t := range d.trips {
			if t.A == a && t.B == b || t.A == b && t.B == a {
				return d, fmt.Errorf("the distance of %s and %s is there twice", a, b)
			}
		}
		d.trips = append(d.trips, sim.RoundTrip{A: a, B: b, Time: time.Duration(ms * float64(time.Millisecond))})
		for _, region := range []string{a, b} {
			if !slices.Contains(d.regions, region) {
				d.regions = append(d.regions, region)
			}
		}
	}
	if n := len(d.regions); n > 25 || len(d.trips) != n*(n-1)/2 {
		return d, fmt.Errorf("%d regions have %d distances, not %d; and there may be 25", n, n*(n-1)/2, len(d.trips))
	}
	return d, nil
}

// nearest returns how long a round trip to the k-th nearest of the other regions
// takes, in milliseconds.
func (d distances) nearest(region string, k int) float64 {
	trips := []float64{0}
	for _, t := range d.trips {
		if t.A == region || t.B == region {
			trips = append(trips, milliseconds(t.Time))
		}
	}
	slices.Sort(trips)
	return trips[k]
}

// parseWANCommit makes the case of a leader in one of several regions.
func parseWANCommit(c Case, kind string, p protocol, where string) (Case, error) {
	d := distances{regions, roundTrips}
	region, matrix, given := strings.Cut(where, "/")
	if given {
		var err error
		if d, err = parseDistances(matrix); err != nil {
			return c, err
		}
	}
	leader, n := slices.Index(d.regions, region), len(d.regions)
	quorum := n/2 + 1
	if size, flexible := strings.CutPrefix(kind, "wan-quorum-"); flexible {
		k, err := strconv.Atoi(size)
		if err != nil || k < 1 || k > n || p.name != paxosProtocol.name {
			return c, fmt.Errorf("a quorum of phase 2 is of Paxos, and from 1 to %d", n)
		}
		quorum = k
	} else if kind != "wan" {
		return c, fmt.Errorf("%q is not known", kind)
	}
	if leader < 0 {
		return c, fmt.Errorf("%q is none of the regions %s", region, strings.Join(d.regions, ", "))
	}
	cluster := clusterConfig{servers: firstServers(n), phase2: quorum}
	c.measure = func(seed uint64, values []float64) error {
		config := sim.Config{Seed: seed, Network: sim.Network{Regions: sim.Regions{
			Servers: d.regions, Clients: []string{region}, RoundTrips: d.trips,
		}}}
		// The first command, phase 1 of Paxos with it, has to be over before the next.
		a := asker{server: node.ID(leader + 1), lead: p.lead, settle: time.Minute, pause: time.Minute, count: 20}
		latency, err := a.ask(p.build(config, cluster))
		if err != nil {
			return err
		}
		values[0] = allEqual(latency[1:], time.Millisecond)
		return nil
	}
	c.rows = func(s Sample) []Row {
		return []Row{exactly("commit (ms)", s.Mean(0), d.nearest(region, quorum-1))}
	}
	return c, nil
}
