package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/sim"
)

// Replay is a run made explicit: all that it depends on beside the code, every
// fault, client and operation spelled out, so that each can be edited or taken
// away. A nemesis draws a run; [Result.Freeze] makes a Replay of it; [Shrink]
// takes away what the failure does not need.
//
// In files it is JSON; [ReadReplay] holds such a file to the letter.
type Replay struct {
	Scenario string
	Protocol string
	Bug      string // the planted bug in the protocol, or empty
	Seed     uint64
	// Config is the whole configuration of a run of a swarm. The fields below replace
	// what it says of them; its faults are in the schedule.
	Config   configuration
	Servers  int
	Clients  []Load
	Duration time.Duration // for how long clients make operations
	Schedule sim.Schedule
	// OutsideOnly says that the invariants of the protocol are not looked at, so
	// that the run goes on until clients can tell what is wrong.
	OutsideOnly bool
	// Only names the one invariant that ends the run, empty all of them.
	Only string
	// Failure and Violation are what became of the run, and the fingerprint is by what
	// to recognize it.
	Failure     Class
	Violation   string
	Fingerprint string
}

// Freeze makes a run explicit.
func (r *Result) Freeze() Replay {
	f := Replay{
		Scenario:    r.Scenario.Name,
		Protocol:    r.Protocol.Name,
		Seed:        r.Seed,
		Servers:     r.Scenario.Servers,
		Clients:     slices.Clone(r.Scenario.Clients),
		Duration:    r.Scenario.Duration,
		Schedule:    slices.Clone(r.Faults),
		OutsideOnly: r.Scenario.outsideOnly, Only: r.Scenario.only,
	}
	switch c := r.Scenario.Config.(type) {
	case Swarm:
		f.Config = &c
	case QueueSwarm:
		f.Config = &c
	}
	return f.ended(r)
}

// clone is a copy that can be edited.
func (f Replay) clone() Replay {
	f.Clients, f.Schedule = slices.Clone(f.Clients), slices.Clone(f.Schedule)
	if f.Config != nil {
		f.Config = cloneConfiguration(f.Config)
	}
	return f
}

// ended is the replay with what became of a run of it.
func (f Replay) ended(r *Result) Replay {
	f.Failure, f.Violation, f.Fingerprint = r.Failure, r.Violation, fmt.Sprintf("%016x", r.Fingerprint)
	return f
}

// of is the scenario that the replay makes of the one it was frozen from.
func (f Replay) of(base Scenario) Scenario {
	s := base.of(f.Seed)
	if f.Config != nil {
		s = f.Config.scenario(f.Seed)
		s.Name, s.Title, s.Story, s.SafetyOnly = base.Name, base.Title, base.Story, base.SafetyOnly
		if base.Workload.Machine != nil { // it is the user's own
			s.Workload = base.Workload
		}
	}
	s.Vary = nil
	s.Servers, s.Clients, s.Duration = f.Servers, f.Clients, f.Duration
	s.Faults = func(*rand.Rand, int) sim.Schedule { return f.Schedule }
	s.Bites = func(*Result) error { return nil }
	s.outsideOnly, s.only = f.OutsideOnly, f.Only
	s.command, s.guard = base.command, base.guard
	return s
}

// Run puts a protocol through the replay, which was frozen from a scenario.
func (f Replay) Run(base Scenario, p Protocol) *Result { return Run(f.of(base), p, f.Seed) }
