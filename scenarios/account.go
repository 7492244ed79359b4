package scenarios

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/sim"
)

// beginAccount begins to tell a failure with what is broken, and returns what adds a part.
func (r *Result) beginAccount() (b *strings.Builder, part func(title, text string)) {
	b = new(strings.Builder)
	part = func(title, text string) {
		if text = strings.TrimRight(text, "\n"); text != "" {
			fmt.Fprintf(b, "\n%s\n%s\n", title, indent(text))
		}
	}
	fmt.Fprintf(b, "%v\n", r.Failure)
	part("What is broken:", r.Violation)
	if r.Failure.Judge == Inside {
		part("Where in the source, the innermost call first:", strings.Join(raised(r.stack), "\n"))
	}
	if r.Report.Verdict == linearizability.VerdictViolation {
		part("What clients saw, of which no order can be made:", r.Report.String())
	}
	return b, part
}

// Account tells a failure from what is broken to the last events before it, for
// people to read.
func (r *Result) Account() string {
	b, part := r.beginAccount()
	part(fmt.Sprintf("Where: %s on %s, seed %d, %d servers, %d clients, %d operations. Configuration:",
		r.Scenario.Name, r.Protocol.Name, r.Seed, r.Scenario.Servers, len(r.Scenario.Clients), len(r.Operations)), r.configuration())
	part("To see it again:", r.Command())
	faults := r.Faults.String()
	if faults == "" {
		faults = "none"
	}
	part("Faults:", faults)
	part("The servers at the end:", strings.Join(r.States, "\n"))
	part("The last events before it, time going down:", SpaceTime(r.lastEvents(accountEvents)))
	return b.String()
}

// lastEvents repeats the run and returns the last events before it was known to fail.
func (r *Result) lastEvents(count int) []sim.Event {
	ring, end := sim.NewRing(count), r.failedAt()
	r.again(sim.ObserverFunc(func(e *sim.Event) {
		if e.At <= end {
			ring.Observe(e)
		}
	}))
	return ring.Events()
}

// failedAt is when it could be known that the run fails: at its end, or, if clients
// saw it, with the last of the operations that show it.
func (r *Result) failedAt() time.Duration {
	if r.Failure.Judge != Outside {
		return r.Length
	}
	var end time.Duration
	core := make(map[int64]bool)
	for _, o := range r.Report.Core {
		core[o.Call] = true
	}
	for _, o := range r.Operations {
		if core[o.Call] {
			end = max(end, o.Ended)
		}
	}
	return cmp.Or(end, r.Length)
}

// accountEvents is how many events an account shows.
const accountEvents = 40

// configuration is the run's: of a swarm whole, as JSON, else what the scenario sets, a
// line for each.
func (r *Result) configuration() string {
	config := r.Scenario.Config
	if config == nil {
		s := r.Scenario
		lines := fieldLines("", struct {
			Servers, Spares int
			Clients         []Load
			Duration        time.Duration
			World           sim.Config
			Settings        Settings
			Changes         Changes
			Settle          time.Duration
		}{s.Servers, s.Spares, s.Clients, s.Duration, s.World, s.Settings, s.Changes, s.Settle})
		return strings.Join(lines, "\n")
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
