package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/node"
	"quorumlab/scenarios/insync"
	"quorumlab/sim"
)

// InSync is package insync: one partition of a log with in-sync replicas. It answers
// clients of its own, so only insync-swarm runs on it.
var InSync = Protocol{
	Name:     "insync",
	Family:   "In-sync replicas",
	Title:    "A log with in-sync replicas and a controller, as Kafka has it",
	Scenario: "insync-swarm",
	Forgets:  true,
}

// insyncSwarm is the scenario in which everything that may go wrong does, some of it in
// each run, to a log with in-sync replicas.
func insyncSwarm() Scenario {
	return Scenario{
		Name:  InSync.Scenario,
		Title: "A log with in-sync replicas, and everything that may go wrong, some of it in each run",
		Story: `As in swarm, what goes wrong is drawn from the seed, and so is what is asked of the log: acknowledgements, the minimum of replicas in sync, whether anybody waits for disks, whether one may lead who is not in sync, retention. What may be lost depends on that, and is judged so. Then everything is healed, and all records have to be read.`,
		Vary:  func(seed uint64) Scenario { return drawInSync(seed).scenario(seed) },
	}
}

// insyncRun is what one run of insync-swarm asks for.
type insyncRun struct {
	replicas, producers, consumers int
	config                         insync.Config
	acks                           insync.Acks
	numbered, latest               bool
	every                          time.Duration // between records of a producer
	// cutOff leaves a follower cut off from the other brokers when all else is healed: it
	// is not in sync, and nobody may wait for it.
	cutOff bool
	crash, partition, disturbance,
	pause Often
}

func drawInSync(seed uint64) insyncRun {
	draw := func(field string) *rand.Rand { return stream(seed, "insync-swarm "+field) }
	const s, ms = time.Second, time.Millisecond
	c := insyncRun{
		replicas:  pick(draw("replicas"), 2, 3, 3, 3, 4, 5),
		producers: pick(draw("producers"), 1, 2, 3),
		consumers: pick(draw("consumers"), 1, 2),
		acks:      pick(draw("acks"), insync.AcksAll, insync.AcksAll, insync.AcksAll, insync.AcksAll, insync.AcksLeader),
		numbered:  pick(draw("numbered"), true, true, true, false),
		latest:    pick(draw("latest"), false, true),
		every:     pick(draw("every"), 2*ms, 10*ms),
	}
	c.config.MinInSync = min(c.replicas, pick(draw("minimum"), 1, 2, 2, 3))
	c.config.Unclean = pick(draw("unclean"), false, false, false, false, true)
	c.config.Flush = pick(draw("flush"), true, true, false)
	c.config.Retain = pick(draw("retain"), 0, 0, 20)
	c.cutOff = c.config.MinInSync == 1 && pick(draw("cutOff"), false, true)
	for _, often := range []struct {
		name    string
		often   *Often
		typical Often
	}{
		{"crash", &c.crash, Often{600 * ms, 300 * ms}}, {"partition", &c.partition, Often{600 * ms, 300 * ms}},
		{"disturbance", &c.disturbance, Often{s, 300 * ms}}, {"pause", &c.pause, Often{2 * s, 200 * ms}},
	} {
		*often.often = drawOften(draw(often.name), often.typical)
	}
	return c
}

// insyncDuration is for how long producers send, and things go wrong.
const insyncDuration = 2500 * time.Millisecond

// scenario is the scenario of one configuration.
func (c insyncRun) scenario(seed uint64) Scenario {
	s := Scenario{
		Name: InSync.Scenario, Servers: c.replicas, Duration: insyncDuration + time.Second, Settle: time.Second,
		World: sim.Config{
			Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)},
			Disk:    sim.DiskTiming{Sync: sim.Exponential(time.Millisecond)},
		},
		Faults: func(*rand.Rand, int) sim.Schedule { return c.faults(seed) },
		Bites:  func(*Result) error { return nil },
	}
	for range 1 + c.producers + c.consumers { // the controller is C1
		s.Clients = append(s.Clients, Load{Sessions: 1})
	}
	s.Workload = Workload{
		Name: "log with in-sync replicas", drain: 20 * time.Second,
		crew: func(stage stage) crew { return newInSyncCrew(c, stage) },
	}
	return s
}

// faults makes the schedule. Who is in the partition are the brokers and the controller,
// which does not fail.
func (c insyncRun) faults(seed uint64) (schedule sim.Schedule) {
	anyone := func(r *rand.Rand) sim.Target { return pick(r, sim.AnyOne, sim.AnyOne, sim.Leader) }
	for _, n := range []nemesis{
		{"insync crash", &c.crash, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			if r.IntN(3) == 0 { // and back at once
				span.End = span.Start + sim.Duration(time.Millisecond)
			}
			return sim.Crash{Span: span, Target: anyone(r)}
		}},
		{"insync partition", &c.partition, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{
				Span: span, Side: anyone(r), Other: pick(r, sim.All, "all+C1", "C1"), Direction: pick(r, sim.BothWays, sim.BothWays, sim.Outward, sim.Inward),
			}
		}},
		{"insync disturbance", &c.disturbance, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Disturbance{
				Span: span, Loss: pick(r, 0, 0.1, 0.3), Duplication: pick(r, 0, 0.1), Reordering: pick(r, 0, 0.1),
			}
		}},
		{"insync pause", &c.pause, Often{}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: anyone(r)}
		}},
	} {
		schedule = append(schedule, Repeat(n.name, *n.often, 0, n.fault)(seed, insyncDuration)...)
	}
	order := stream(seed, "insync cut off").Perm(c.replicas)
	healed := sim.Target(sim.Clients)
	for _, n := range order[c.spared():] {
		healed = join(healed, sim.Machine(node.ID(n+1)))
	}
	schedule = append(schedule, sim.Heal{Instant: sim.At(insyncDuration), Target: healed})
	for _, n := range order[:c.spared()] {
		schedule = append(schedule, sim.Partition{Span: sim.Between(insyncDuration, 0), Side: sim.Machine(node.ID(n + 1)), Other: sim.All})
	}
	return schedule
}

// spared is how many brokers are not healed.
func (c insyncRun) spared() int {
	if c.cutOff {
		return 1
	}
	return 0
}
