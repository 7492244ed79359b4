package experiment

import (
	"errors"
	"fmt"
	randv2 "math/rand/v2"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

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
	s := crashOfAll(damage)
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

// crashOfAll is a scenario in which all servers crash at once, and something befalls their
// disks.
func crashOfAll(damage sim.Schedule) scenarios.Scenario {
	crash := sim.Crash{Span: sim.Between(1500*time.Millisecond, 1600*time.Millisecond), Target: sim.All}
	return scenarios.Scenario{
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
}
