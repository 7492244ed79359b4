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

func parseReadSafety(name string) (c Case, err error) {
	name, settings, err := cutSettings(name, []string{"drift="}, map[string]string{"drift": "0"})
	if err != nil {
		return c, err
	}
	which, how, _ := strings.Cut(name, "/")
	p, err := scenarios.ProtocolByName(which)
	if err != nil {
		return c, err
	}
	drift, err := strconv.ParseFloat(settings["drift"], 64)
	if err != nil || !(drift >= -0.95 && drift <= 1) || drift != 0 && how != "lease" {
		return c, fmt.Errorf("drift is %q: it is of a lease, and has to be from -0.95 to 1", settings["drift"])
	}
	reads := scenarios.ReadLease
	switch how {
	case "index":
		reads, drift = scenarios.ReadQuorum, -0.9
	case "lease":
	case "lease-beyond-bound":
		drift = -0.9
	default:
		return c, errors.New("it is unknown")
	}
	// Others may be elected an election timeout after they have heard of the leader, and
	// its lease is shorter by the bound.
	beyond := reads == scenarios.ReadLease && 1/(1+drift) > 1.1
	if beyond {
		p.Invariants = nil // which see a second leader before a client can tell
	}
	s := scenarios.Scenario{
		Servers:  3,
		World:    sim.Config{Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)}},
		Workload: scenarios.KeyValueWorkload(1, false),
		Clients:  []scenarios.Load{{Sessions: 1}, {Sessions: 1}, {Sessions: 1}, {Rate: 200}},
		Settings: scenarios.Settings{Reads: reads},
		Duration: 3500 * time.Millisecond,
		Settle:   time.Second,
		Faults: func(*randv2.Rand, int) sim.Schedule {
			span := sim.Between(time.Second, 2*time.Second)
			// One client is on the side of the old leader, and stays with it.
			faults := sim.Schedule{sim.Partition{Span: span, Side: sim.Leader + "+C4", Other: "all+C1+C2+C3"}}
			if drift != 0 {
				faults = append(faults, sim.ClockDrift{Span: span, Target: sim.Leader, Rate: drift})
			}
			return faults
		},
	}
	c.limit, c.width = 1000, 2
	c.measure = func(seed uint64, values []float64) error {
		r := scenarios.Run(s, p, seed)
		values[0] = number(r.Report.Verdict == linearizability.VerdictViolation)
		values[1] = float64(len(r.Leaders))
		switch {
		case r.Verdict == linearizability.VerdictUnknown:
			return errors.New("the judge could not decide")
		case r.Verdict == linearizability.VerdictViolation && values[0] == 0:
			return errors.New(r.Violation)
		}
		return nil
	}
	c.rows = func(sample Sample) []Row {
		stale := sum(sample.Column(0))
		switch {
		case how == "lease-beyond-bound":
			return []Row{atLeast("runs with a stale read, at least", stale, 1), measured("leaders per run", sample.Mean(1))}
		case beyond: // how far beyond it shows depends on when it happens
			return []Row{measured("runs with a stale read", stale), measured("leaders per run", sample.Mean(1))}
		}
		return []Row{exactly("runs with a stale read", stale, 0), measured("leaders per run", sample.Mean(1))}
	}
	return c, nil
}

const storageStory = `Disks do worse than to lose what was not synced. In each trial the
disk of one of three servers is damaged, and all are crashed and restarted, so that everybody has to rely on what disks still hold:

- bit-rot: bits of what was durable flip, on one server. What is whole behind the damage must not be
  thrown away with it: others may count on it. The server stays out of elections until its peers have brought back what it lost.
- failed-sync: syncs of one server fail, and the operating system forgets what it could not write. A second try would
  succeed and mean nothing, so the server ends itself instead.
- torn-write: what was written last, and never acknowledged, is torn by the crash. That may be dropped.

No acknowledged write may be lost, and service has to come back. What becomes of the wrong rules is shown by planted bugs: see quorumlab bugs.

Worth a thought: a log has a bad record in the middle. From the disk alone, how do you tell
a torn write from rot?`

var storageFaults = Experiment{
	Name:   "storage-faults",
	Title:  "whether damaged disks lose what was acknowledged (runs)",
	Source: "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST 2018; Rebello et al., Can Applications Recover from fsync Failures?, ATC 2020",
	Story:  storageStory,
	Trials: 20,
	Cases:  []string{"raft/bit-rot", "paxos/bit-rot", "raft/failed-sync", "paxos/failed-sync", "raft/torn-write", "paxos/torn-write"},
	parse:  parseStorage,
}

func parseStorage(name string) (c Case, err error) {
	which, how, _ := strings.Cut(name, "/")
	p, err := scenarios.ProtocolByName(which)
	if err != nil {
		return c, err
	}
	crash := sim.Crash{Span: sim.Between(1500*time.Millisecond, 1600*time.Millisecond), Target: sim.All}
	var damage sim.Schedule
	switch how {
	case "bit-rot":
		damage = sim.Schedule{sim.BitRot{Instant: sim.At(1550 * time.Millisecond), Target: sim.AnyOne, Settled: true}}
	case "failed-sync":
		damage = sim.Schedule{sim.FailedSync{Span: sim.Between(time.Second, 1200*time.Millisecond), Target: sim.AnyOne}}
	case "torn-write":
	default:
		return c, errors.New("it is unknown")
	}
	s := scenarios.Scenario{
		Servers: 3,
		World: sim.Config{
			Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)},
			Disk:    sim.DiskTiming{Sync: sim.Exponential(time.Millisecond)},
		},
		Workload: scenarios.KeyValueWorkload(4, false),
		Clients:  []scenarios.Load{{Sessions: 4}},
		Duration: 6 * time.Second,
		Faults:   func(*randv2.Rand, int) sim.Schedule { return append(sim.Schedule{crash}, damage...) },
	}
	c.limit, c.width = 1000, 2
	c.measure = func(seed uint64, values []float64) error {
		r := scenarios.Run(s, p, seed)
		if r.Verdict == linearizability.VerdictUnknown {
			return fmt.Errorf("the judge could not decide")
		}
		values[0] = number(r.Verdict == linearizability.VerdictViolation)
		switch how {
		case "bit-rot":
			values[1] = float64(r.Stats.DiskDamage)
		case "failed-sync":
			values[1] = float64(r.Stats.DiskErrors)
		default:
			values[1] = float64(r.Stats.UnsyncedBytesLost)
		}
		return nil
	}
	what := map[string]string{"bit-rot": "places damaged", "failed-sync": "syncs that failed", "torn-write": "unsynced bytes lost"}[how]
	c.rows = func(sample Sample) []Row {
		return []Row{
			exactly("runs that lose something, or do not come back", sum(sample.Column(0)), 0),
			atLeast(what+", at least", sum(sample.Column(1)), 1), // or nothing was tested
		}
	}
	return c, nil
}
