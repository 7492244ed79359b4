package scenarios

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"quorumlab/sim"
)

// Scenario is a situation to put a protocol into: a cluster, clients, and what
// goes wrong. Everything random in it is drawn from the seed of a run.
type Scenario struct {
	Name  string
	Title string // what one sees, in a line
	Story string // what to watch, for a student

	Servers  int
	World    sim.Config // the seed is the run's
	Workload Workload
	Clients  []Load

	// Faults makes the fault schedule of a run on so many servers.
	Faults func(r *rand.Rand, servers int) sim.Schedule
	// Duration is for how long clients make operations.
	Duration time.Duration
	// Bites says what a run must show, or the scenario would not have tested what
	// it promises to.
	Bites func(r *Result) error
}

// Settle is how long after the last fault the service may still be disturbed.
// Every operation called later must be answered.
const Settle = 3 * time.Second

// quiet returns from when on, after the last of the faults has ended, every
// operation must be answered.
func quiet(faults sim.Schedule) time.Duration {
	var last time.Duration
	for _, f := range faults {
		_, end := f.Window()
		last = max(last, end)
	}
	return last + Settle
}

// ByName finds a scenario of the catalogue.
func ByName(name string) (Scenario, error) {
	var known []string
	for _, s := range Catalogue() {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, fmt.Errorf("scenario: %q is unknown; want one of %s", name, strings.Join(known, ", "))
}
