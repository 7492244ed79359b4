package scenarios

import (
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/sim"
)

// DrawSwarm draws a configuration from a seed.
func DrawSwarm(seed uint64) Swarm {
	c := drawSwarm(seed)
	c.Theme = drawTheme(seed)
	c.concentrate()
	c.settle(nil)
	return c
}

// drawSwarm draws each field by itself, so that a field added later leaves the others
// as they were; whether they go together is for settle to see to.
func drawSwarm(seed uint64) Swarm {
	draw := func(field string) *rand.Rand { return stream(seed, "swarm "+field) }
	const ms = time.Millisecond
	c := Swarm{
		Servers:     pick(draw("servers"), 3, 3, 3, 4, 5, 5, 7),
		Clients:     pick(draw("clients"), 1, 2, 3, 5, 8),
		OpenRate:    pick(draw("openRate"), 0, 0, 20, 100.0),
		Keys:        pick(draw("keys"), 1, 2, 4, 16),
		Think:       sim.Duration(pick(draw("think"), ms, 10*ms, 50*ms)),
		Duration:    sim.Duration(pick(draw("duration"), 5*time.Second, 10*time.Second)),
		Recovery:    sim.Duration(5 * time.Second),
		Loss:        pick(draw("loss"), 0, 0, 0.001, 0.01, 0.05),
		Duplication: pick(draw("duplication"), 0, 0, 0.01, 0.1),
		Reordering:  pick(draw("reordering"), 0, 0, 0.01, 0.1),
		Corruption:  pick(draw("corruption"), 0, 0, 0.001, 0.01),
		Bandwidth:   pick(draw("bandwidth"), 0, 0, int64(1<<20)),
		Latency: pick(draw("latency"), sim.Constant(ms), sim.Uniform(ms/2, 5*ms), sim.LogNormal(ms, 0.5),
			sim.Exponential(2*ms), sim.Pareto(ms, 1.5)),
		Sync: pick(draw("sync"), sim.Distribution{}, sim.LogNormal(ms, 0.5), sim.Exponential(5*ms),
			sim.Uniform(ms, 40*ms)),
		CPU:         pick(draw("cpu"), sim.Distribution{}, sim.Distribution{}, sim.Exponential(50*time.Microsecond)),
		ShuffleTies: pick(draw("shuffleTies"), false, true),
		Counter:     pick(draw("counter"), false, false, false, true),
		Roam:        pick(draw("roam"), false, true),
		Drift:       pick(draw("drift"), false, true),
	}
	for _, n := range slices.Concat(c.nemeses(), c.damage(nil), c.losses(nil)) {
		*n.often = drawOften(draw(n.name), n.typical)
	}
	c.Transfers = sim.Duration(pick(draw("transfers"), 0, time.Second, 5*time.Second))
	c.Changes = sim.Duration(pick(draw("changes"), 0, 0, 300*ms, time.Second))
	c.Spares = pick(draw("spares"), 1, 2, 3)
	c.Settings = drawSettings(draw)
	if c.Reads == ReadLease && pick(draw("leaseOrClocks"), false, true) {
		c.ClockSkew, c.ClockDrift, c.ClockJump, c.ClockStrobe = Often{}, Often{}, Often{}, Often{}
	}
	c.Pieces = pick(draw("pieces"), false, true)
	c.CompareAndSet = pick(draw("compareAndSet"), false, false, false, true) && c.Clients <= 3 && c.OpenRate == 0
	c.Priorities = pick(draw("priorities"), 0, 0, 0, 1, 3, 10)
	return c
}

// drawSettings draws what is asked of the protocol.
func drawSettings(draw func(field string) *rand.Rand) Settings {
	return Settings{
		SnapshotEvery:    pick(draw("snapshotEvery"), 0, 20, 100),
		Reads:            pick(draw("reads"), ReadLog, ReadQuorum, ReadLease, ReadLease),
		NoPreVote:        pick(draw("noPreVote"), false, false, false, true),
		NoCheckQuorum:    pick(draw("noCheckQuorum"), false, false, false, true),
		EagerCommit:      pick(draw("eagerCommit"), false, true),
		Plain:            pick(draw("plain"), false, false, false, true),
		InFlight:         pick(draw("inFlight"), 0, 8, 64),
		CandidateBackoff: pick(draw("candidateBackoff"), false, true),
		OneByOne:         pick(draw("oneByOne"), false, true),
		NoLearning:       pick(draw("noLearning"), false, false, true),
		FlexibleQuorums:  pick(draw("flexibleQuorums"), false, false, true),
		DriftBound:       pick(draw("driftBound"), 0, 2.0, 4),
		StopToChange:     pick(draw("stopToChange"), false, true),
	}
}

// drawOften switches a fault off in half of all runs, and else lets it befall
// more or less often.
func drawOften(r *rand.Rand, typical Often) Often {
	if r.IntN(2) == 0 {
		return Often{}
	}
	scale := func(d time.Duration) time.Duration {
		return (time.Duration(float64(d) * pick(r, 0.3, 1, 3))).Round(time.Millisecond)
	}
	return Often{Every: scale(typical.Every), For: scale(typical.For)}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
