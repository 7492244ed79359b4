package experiment

import (
	"errors"
	"fmt"
	randv2 "math/rand/v2"
	"strconv"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

const readSafetyStory = `A leader that is cut off from the others, while a client still reaches it, does not know at once that
somebody else leads. May it answer reads?

- index: it asks a majority first, and so finds out (ReadIndex). Its clock does not matter.
- lease: it answers for an election timeout after a majority has answered, made shorter by how far
  clocks may drift apart: 1.1 times here. Nobody else is elected in that time.
- lease-beyond-bound: its clock runs at a tenth of the speed. The lease lasts ten times as long as it
  thinks, others write meanwhile, and clients read what is no longer true.

Each trial is a run of some seconds whose history is judged from outside, by what the clients saw.

Worth a thought: which assumption about clocks does your own system make, and who checks it?`

var readSafety = Experiment{
	Name:   "read-safety",
	Title:  "whether a leader that is cut off answers reads with what is no longer true (runs)",
	Source: "Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §6.4",
	Story:  readSafetyStory,
	Trials: 20,
	Cases:  []string{"raft/index", "raft/lease", "raft/lease-beyond-bound", "paxos/index", "paxos/lease", "paxos/lease-beyond-bound"},
	Family: "PROTOCOL/lease,drift=R with the leader's clock too slow or too fast by a rate R from -0.95 to 1, such as -0.05",
	parse:  parseReadSafety,
}

// readCase is how reads are answered, by a leader whose clock may be wrong.
type readCase struct {
	protocol scenarios.Protocol
	reads    scenarios.Reads
	drift    float64 // of the leader's clock while it is cut off
	slow     bool    // so much that a stale read is certain to come in some run
}

func parseReadSafety(name string) (c Case, err error) {
	name, settings, err := cutSettings(name, []string{"drift="}, map[string]string{"drift": "0"})
	if err != nil {
		return c, err
	}
	which, how, _ := strings.Cut(name, "/")
	r := readCase{reads: scenarios.ReadLease}
	if r.protocol, err = scenarios.ProtocolByName(which); err != nil {
		return c, err
	}
	r.drift, err = strconv.ParseFloat(settings["drift"], 64)
	if err != nil || !(r.drift >= -0.95 && r.drift <= 1) || r.drift != 0 && how != "lease" {
		return c, fmt.Errorf("drift is %q: it is of a lease, and has to be from -0.95 to 1", settings["drift"])
	}
	switch how {
	case "index":
		r.reads, r.drift = scenarios.ReadQuorum, -0.9
	case "lease":
	case "lease-beyond-bound":
		r.drift, r.slow = -0.9, true
	default:
		return c, errors.New("it is unknown")
	}
	if r.beyond() {
		r.protocol.Invariants = nil // which see a second leader before a client can tell
	}
	c.limit, c.width = 1000, 2
	c.measure, c.rows = r.measure, r.rows
	return c, nil
}

// beyond reports whether the clock is slower than leases reckon with: others may be
// elected an election timeout after they have heard of the leader, and its lease is
// shorter by the bound.
func (r readCase) beyond() bool { return r.reads == scenarios.ReadLease && 1/(1+r.drift) > 1.1 }

func (r readCase) scenario() scenarios.Scenario {
	return scenarios.Scenario{
		Servers:  3,
		World:    sim.Config{Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)}},
		Workload: scenarios.KeyValueWorkload(1, false),
		Clients:  []scenarios.Load{{Sessions: 1}, {Sessions: 1}, {Sessions: 1}, {Rate: 200}},
		Settings: scenarios.Settings{Reads: r.reads},
		Duration: 3500 * time.Millisecond,
		Settle:   time.Second,
		Faults: func(*randv2.Rand, int) sim.Schedule {
			span := sim.Between(time.Second, 2*time.Second)
			// One client is on the side of the old leader, and stays with it.
			faults := sim.Schedule{sim.Partition{Span: span, Side: sim.Leader + "+C4", Other: "all+C1+C2+C3"}}
			if r.drift != 0 {
				faults = append(faults, sim.ClockDrift{Span: span, Target: sim.Leader, Rate: r.drift})
			}
			return faults
		},
	}
}

// measure finds out whether a read was stale, and how many leaders there were.
func (r readCase) measure(seed uint64, values []float64) error {
	result := scenarios.Run(r.scenario(), r.protocol, seed)
	values[0] = number(result.Report.Verdict == linearizability.VerdictViolation)
	values[1] = float64(len(result.Leaders))
	switch {
	case result.Verdict == linearizability.VerdictUnknown:
		return errors.New("the judge could not decide")
	case result.Verdict == linearizability.VerdictViolation && values[0] == 0:
		return errors.New(result.Violation)
	}
	return nil
}

func (r readCase) rows(sample Sample) []Row {
	stale := sum(sample.Column(0))
	leaders := measured("leaders per run", sample.Mean(1))
	switch {
	case r.slow:
		return []Row{atLeast("runs with a stale read, at least", stale, 1), leaders}
	case r.beyond(): // how far beyond it shows depends on when it happens
		return []Row{measured("runs with a stale read", stale), leaders}
	}
	return []Row{exactly("runs with a stale read", stale, 0), leaders}
}
