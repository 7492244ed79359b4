package sim

import (
	"fmt"
	"time"

	"quorumlab/node"
)

// Regions says where machines are, and how far apart the places are. A message
// from one region to another takes half their round trip, and then what
// Network.Latency adds.
type Regions struct {
	// Servers names the region of S1, S2, ... If there are more servers than
	// names, the names are used again from the first.
	Servers []string
	// Clients does the same for C1, C2, ... Empty means the names of the servers,
	// so that C1 is where S1 is.
	Clients []string
	// RoundTrips has one entry for each two regions in which machines are. Within
	// a region a round trip takes no time unless an entry says so.
	RoundTrips []RoundTrip
}

// RoundTrip is how long a message to another region and its answer are under way.
type RoundTrip struct {
	A, B string // the order does not matter
	Time time.Duration
}

func (r RoundTrip) joins(a, b string) bool { return r.A == a && r.B == b || r.A == b && r.B == a }

func (r Regions) validate() error {
	for i, trip := range r.RoundTrips {
		if trip.Time < 0 {
			return fmt.Errorf("round trip between %s and %s: %v is negative", trip.A, trip.B, trip.Time)
		}
		for _, earlier := range r.RoundTrips[:i] {
			if earlier.joins(trip.A, trip.B) {
				return fmt.Errorf("round trip between %s and %s: given twice", trip.A, trip.B)
			}
		}
	}
	if len(r.Servers) == 0 && (len(r.Clients) > 0 || len(r.RoundTrips) > 0) {
		return fmt.Errorf("servers: missing")
	}
	names := append(append([]string(nil), r.Servers...), r.Clients...)
	for _, a := range names {
		for _, b := range names {
			if _, known := r.roundTrip(a, b); !known {
				return fmt.Errorf("no round trip between %s and %s", a, b)
			}
		}
	}
	return nil
}

func (r Regions) roundTrip(a, b string) (time.Duration, bool) {
	for _, trip := range r.RoundTrips {
		if trip.joins(a, b) {
			return trip.Time, true
		}
	}
	return 0, a == b
}

// of returns the region of a machine.
func (r Regions) of(id node.ID) string {
	names, number := r.Servers, int(id)-1
	if id >= firstClient {
		number = int(id) - firstClient
		if len(r.Clients) > 0 {
			names = r.Clients
		}
	}
	return names[number%len(names)]
}

// distance returns how long a message takes at least, in nanoseconds.
func (r Regions) distance(from, to node.ID) int64 {
	if len(r.Servers) == 0 {
		return 0
	}
	trip, _ := r.roundTrip(r.of(from), r.of(to))
	return int64(trip / 2)
}
