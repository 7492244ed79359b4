package scenarios

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/raft"
	"quorumlab/sim"
)

// nemesis is one kind of fault of a swarm.
type nemesis struct {
	name    string
	often   *Often // the field that says how often
	typical Often
	fault   func(r *rand.Rand, span sim.Span) sim.Fault
}

// nemeses lists the faults of a swarm.
func (c *Swarm) nemeses() []nemesis {
	const s, ms = time.Second, time.Millisecond
	some := func(r *rand.Rand) sim.Target {
		return pick(r, sim.Leader, sim.AnyOne, sim.AnyOne, sim.Minority)
	}
	return []nemesis{
		{"crash", &c.Crash, Often{2 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: pick(r, sim.Leader, sim.AnyOne, sim.AnyOne, sim.Minority, sim.Majority)}
		}},
		{"crashAll", &c.CrashAll, Often{4 * s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: sim.All}
		}},
		{"pause", &c.Pause, Often{2 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: some(r)}
		}},
		{"slowCpu", &c.SlowCPU, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.SlowCPU{Span: span, Target: some(r), PerMessage: sim.Exponential(pick(r, ms, 5*ms, 20*ms))}
		}},
		{"partition", &c.Partition, Often{2 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			side := pick(r, sim.Leader, sim.AnyOne, sim.Minority, sim.LeaderMinority)
			if c.Theme == Leases {
				side = sim.Leader
			}
			return sim.Partition{Span: span, Side: side}
		}},
		{"oneWay", &c.OneWay, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: some(r), Direction: pick(r, sim.Outward, sim.Inward)}
		}},
		{"cutClients", &c.CutClients, Often{4 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: some(r), Other: sim.Clients,
				Direction: pick(r, sim.BothWays, sim.Outward, sim.Inward)}
		}},
		{"disturbance", &c.Disturbance, Often{2 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Disturbance{Span: span, Target: pick(r, "", sim.Leader, sim.AnyOne),
				Loss: pick(r, 0, 0.1, 0.5), Duplication: pick(r, 0, 0.1, 0.5), Reordering: pick(r, 0, 0.1, 0.5),
				Corruption: pick(r, 0, 0, 0.1)}
		}},
		{"clockSkew", &c.ClockSkew, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.ClockSkew{Span: span, Target: some(r), By: sim.Duration(pick(r, -s, -100*ms, 100*ms, s))}
		}},
		{"clockDrift", &c.ClockDrift, Often{3 * s, 2 * s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.ClockDrift{Span: span, Target: some(r), Rate: pick(r, -0.5, -0.05, 0.05, 1)}
		}},
		{"clockJump", &c.ClockJump, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.ClockJump{Instant: sim.Instant{At: span.Start}, Target: some(r),
				By: sim.Duration(pick(r, -s, -100*ms, 100*ms, s))}
		}},
		{"clockStrobe", &c.ClockStrobe, Often{5 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.ClockStrobe{Span: span, Target: some(r), By: sim.Duration(pick(r, -200*ms, 200*ms)), Every: sim.Duration(pick(r, ms, 20*ms))}
		}},
		{"shape", &c.Shape, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Shape{Span: span, Name: pick(r, sim.RandomHalves, sim.MinorityThird, sim.Bridge, sim.MajoritiesRing,
				sim.OneWay, sim.PartialPairs, sim.QuorumLoss, sim.Chained)}
		}},
		{"flapping", &c.Flapping, Often{5 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Flapping{Partition: sim.Partition{Span: span, Side: some(r)}, Period: sim.Duration(pick(r, 20*ms, 200*ms, s))}
		}},
		{"clog", &c.Clog, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Clog{Span: span, From: some(r), To: some(r)}
		}},
		{"slowNetwork", &c.SlowNetwork, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.SlowNetwork{Span: span, Target: some(r), Latency: pick(r, sim.Constant(20*ms), sim.Exponential(100*ms))}
		}},
		{"lowBandwidth", &c.LowBandwidth, Often{4 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Bandwidth{Span: span, Target: some(r), BytesPerSecond: pick(r, int64(2_000), 20_000)}
		}},
		{"downfall", &c.Downfall, Often{4 * s, 3 * s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			f := downfall(r, span)
			if c.Theme == Holes && f.By == sim.ByCrash {
				f.By = sim.ByPause
			}
			return f
		}},
		{"echo", &c.Echo, Often{3 * s, 2 * s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Echo{Span: span, Target: pick(r, "", sim.Leader, sim.AnyOne), Probability: pick(r, 0.02, 0.1, 0.5),
				Delay: pick(r, sim.Uniform(10*ms, 200*ms), sim.Uniform(100*ms, 2*s))}
		}},
		{"byType", &c.ByType, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Filter{Span: span, Types: pick(r, filtered...), From: pick(r, "", "", some(r)), To: pick(r, "", "", some(r)),
				Drop: pick(r, 0, 0.5, 1), Delay: pick(r, sim.Uniform(0, 20*ms), sim.Uniform(0, 300*ms))}
		}},
		{"restart", &c.Restart, Often{2 * s, s}, restart},
		{"slowDisk", &c.SlowDisk, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.SlowDisk{Span: span, Target: some(r), PerSync: sim.Exponential(pick(r, 10*ms, 100*ms))}
		}},
		{"diskErrors", &c.DiskErrors, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.DiskErrors{Span: span, Target: some(r), Read: pick(r, 0, 0.01), Write: pick(r, 0, 0.01), Sync: pick(r, 0, 0.01)}
		}},
		{"failedSync", &c.FailedSync, Often{2 * s, 200 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.FailedSync{Span: span, Target: some(r)}
		}},
		{"fullDisk", &c.FullDisk, Often{5 * s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.FullDisk{Span: span, Target: some(r)}
		}},
	}
}

// filtered are the types of messages that part ways, by what they do for their
// protocol.
var filtered = []string{
	"AppendEntries+Accept", "AppendEntriesReply+Accepted", "RequestVote+Prepare", "RequestVoteReply+Promise",
	"Committed+Decision+Heartbeat", "InstallSnapshot+CatchUp+SnapshotChunk", "Request", "Reply",
}

// betweenServers is how many of these, from the first, servers send each other.
const betweenServers = 6

// downfall draws how leaders fall: most of them before, or while, what they first
// proposed gets about.
func downfall(r *rand.Rand, span sim.Span) sim.Downfall {
	const ms = time.Millisecond
	f := sim.Downfall{
		Span: span, By: pick(r, sim.ByCrash, sim.ByCrash, sim.ByIsolation, sim.ByIsolation, sim.ByIsolation, sim.ByPause),
		After:  pick(r, sim.Distribution{}, sim.Uniform(0, 5*ms), sim.Uniform(0, 50*ms), sim.Mixture(sim.Constant(0), 0.5, sim.Exponential(100*ms))),
		Length: pick(r, sim.Uniform(10*ms, 300*ms), sim.Uniform(200*ms, 2*time.Second), sim.Exponential(500*ms)),
	}
	if f.By == sim.ByIsolation {
		f.Direction, f.Spared = pick(r, sim.BothWays, sim.BothWays, sim.Outward, sim.Inward), pick(r, 0, 1, 1)
	}
	return f
}

// relapses are how leaders fall for a while: at once, or when what they first sent may
// just have arrived, they are heard no more, and some of them crash. That lasts for so
// long that others come to lead, and for so short that clients still wait.
func relapses(span sim.Span) sim.Schedule {
	const ms = time.Millisecond
	soon, length := sim.Uniform(10*ms, 100*ms), sim.Uniform(200*ms, 900*ms)
	return sim.Schedule{
		sim.Downfall{Span: span, By: sim.ByIsolation, Direction: sim.Outward, After: sim.Mixture(sim.Constant(0), 0.5, soon), Length: length},
		sim.Downfall{Span: span, By: sim.ByCrash, After: sim.Mixture(sim.Constant(time.Hour), 0.4, soon), Length: length},
	}
}

// restart draws who boots again when: once in a while, and soon after it has spoken.
func restart(r *rand.Rand, span sim.Span) sim.Fault {
	const ms = time.Millisecond
	said := append(slices.Clone(filtered[:betweenServers]), "InstallSnapshotReply+SnapshotRequest", "Reply")
	return sim.Restart{
		Span: span, Target: pick(r, sim.All, sim.All, sim.AnyOne), Types: pick(r, said...), Probability: pick(r, 0.03, 0.1, 0.3),
		After:  pick(r, sim.Distribution{}, sim.Uniform(0, 5*ms), sim.Uniform(0, 50*ms)),
		Length: pick(r, sim.Uniform(ms, 20*ms), sim.Uniform(10*ms, 300*ms)), Rest: sim.Duration(pick(r, 20*ms, 100*ms, 500*ms)),
	}
}

// healing are the faults that always end: those that make a server bad without
// silencing it, but for moments. Its followers hear from it, and rightly stand by it. If it
// is outside of the healed quorum, the service is as slow as it is, or as hard to reach,
// which is no fault of the protocol's, and no bound on time holds. What silences a server,
// or a link, lasts to the end of some runs: there the quorum has to go on by itself.
var healing = []string{
	"cutClients", "disturbance", "flapping", "slowCpu", "slowNetwork", "lowBandwidth", "slowDisk", "downfall", "echo", "byType",
	"restart",
}

// drifts gives every server's clock a rate of its own. The slowest and the fastest that
// there can be differ by a little less than the bound that leases reckon with.
func (c Swarm) drifts(seed uint64, until time.Duration) (schedule sim.Schedule) {
	if !c.Drift {
		return nil
	}
	bound := cmp.Or(c.DriftBound, raft.DefaultConfig(nil).ClockDriftBound)
	fastest := math.Floor(1000*math.Sqrt(bound))/1000 - 1
	slowest := math.Ceil(1000/math.Sqrt(bound))/1000 - 1
	r := stream(seed, "drift")
	for _, id := range identifiers(c.Servers + c.Spares) {
		rate := pick(r, slowest, 0, fastest)
		if rate == 0 && c.Theme == Leases {
			rate = slowest // they need not be right
		}
		if rate != 0 {
			schedule = append(schedule, sim.ClockDrift{Span: sim.Between(0, until), Target: sim.Machine(id), Rate: math.Round(1000*rate) / 1000})
		}
	}
	return schedule
}

// faults are all that befall, up to the second phase, and its beginning.
func (c Swarm) faults(seed uint64) sim.Schedule {
	phase := time.Duration(c.Duration)
	var all []Nemesis
	for _, n := range c.nemeses() {
		lingering := 0.1
		if c.Theme.ends() || slices.Contains(healing, n.name) {
			lingering = 0
		}
		all = append(all, Repeat(n.name, *n.often, lingering, n.fault))
	}
	schedule := append(Compose(all...)(seed, phase), c.drifts(seed, phase)...)
	if c.Priorities > 0 {
		schedule = append(schedule, priorities(stream(seed, "priorities"), c.Servers, c.Priorities, phase)...)
	}
	if c.Theme == Reigns {
		schedule = append(schedule, relapses(sim.Between(time.Microsecond, phase))...)
	}
	schedule = append(schedule, c.Theme.holes(seed, phase)...)
	if c.Theme.ends() {
		return append(schedule, c.Theme.deafen(phase)...)
	}
	damage := c.befall(targets(c.frail(seed)), seed, phase, schedule)
	return append(append(schedule, damage...), c.heal(seed, phase, damage))
}
