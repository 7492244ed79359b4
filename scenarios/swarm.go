package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// Swarm is the configuration of a run of the scenario swarm: which faults exist
// at all, how often they befall, how large the cluster is, how the network is. It
// is drawn from the seed, because a test that always has every fault on is blind
// to what shows only when some are off (Groce et al., "Swarm Testing", ISSTA
// 2012). Printed, it says all about a run but the seed; each field can be set from
// outside, by its name in JSON.
type Swarm struct {
	Servers  int          `json:"servers"`
	Clients  int          `json:"clients"`  // closed loops of one session
	OpenRate float64      `json:"openRate"` // operations per second of one open loop; zero is none
	Keys     int          `json:"keys"`
	Think    sim.Duration `json:"think"` // of closed loops, on average
	// CompareAndSet says whether clients use it beside reads and writes. It makes
	// histories hard to judge in which many outcomes are unknown.
	CompareAndSet bool `json:"compareAndSet"`
	// Counter has clients add to a counter and read it, in the place of keys.
	Counter bool `json:"counter"`
	// Roam has them turn to any server, see Scenario.Roam.
	Roam bool `json:"roam"`
	// Pieces has the state machine give its snapshots in pieces.
	Pieces bool `json:"pieces"`

	Theme Theme `json:"theme"` // what the run is about; empty is nothing in particular

	Settings               // of the protocol
	Transfers sim.Duration `json:"transfers"` // mean time between hand-overs of the leadership; zero is none
	Changes   sim.Duration `json:"changes"`   // mean time between changes of the membership; zero is none
	Spares    int          `json:"spares"`    // machines that changes may make members

	// Priorities is how often the priorities of messages change, see priorities.go; zero
	// is that they have none.
	Priorities int `json:"priorities"`

	Duration sim.Duration `json:"duration"` // of the first phase, in which faults befall
	Recovery sim.Duration `json:"recovery"` // time that a healed quorum has to serve again

	Latency     sim.Distribution `json:"latency"`
	Loss        float64          `json:"loss"`
	Duplication float64          `json:"duplication"`
	Reordering  float64          `json:"reordering"`
	Corruption  float64          `json:"corruption"`
	Bandwidth   int64            `json:"bandwidth"` // bytes per second of each link; zero is no limit
	Sync        sim.Distribution `json:"sync"`
	CPU         sim.Distribution `json:"cpu"` // what a message costs
	ShuffleTies bool             `json:"shuffleTies"`

	Crash       Often `json:"crash"`
	CrashAll    Often `json:"crashAll"`
	Pause       Often `json:"pause"`
	SlowCPU     Often `json:"slowCpu"`
	Partition   Often `json:"partition"`
	OneWay      Often `json:"oneWay"`
	CutClients  Often `json:"cutClients"`
	Disturbance Often `json:"disturbance"`
	ClockSkew   Often `json:"clockSkew"`
	ClockDrift  Often `json:"clockDrift"`
	ClockJump   Often `json:"clockJump"`
	ClockStrobe Often `json:"clockStrobe"`
	// Drift lets every server's clock run at a rate of its own, such that no two differ
	// by more than DriftBound.
	Drift bool `json:"drift"`

	Shape        Often `json:"shape"` // partitions by their usual names
	Flapping     Often `json:"flapping"`
	Clog         Often `json:"clog"`
	SlowNetwork  Often `json:"slowNetwork"`
	LowBandwidth Often `json:"lowBandwidth"`

	Downfall Often `json:"downfall"` // of whoever comes to lead
	Echo     Often `json:"echo"`     // copies of messages that come late
	ByType   Often `json:"byType"`   // messages of one type are late or lost

	SlowDisk   Often `json:"slowDisk"`
	DiskErrors Often `json:"diskErrors"`
	FailedSync Often `json:"failedSync"`
	FullDisk   Often `json:"fullDisk"`

	BitRot           Often `json:"bitRot"` // see budget.go for these
	LostWrite        Often `json:"lostWrite"`
	MisdirectedWrite Often `json:"misdirectedWrite"`
	LyingDisk        Often `json:"lyingDisk"`
	Wipe             Often `json:"wipe"`
}

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
			return downfall(r, span)
		}},
		{"echo", &c.Echo, Often{3 * s, 2 * s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Echo{Span: span, Target: pick(r, "", sim.Leader, sim.AnyOne), Probability: pick(r, 0.02, 0.1, 0.5),
				Delay: pick(r, sim.Uniform(10*ms, 200*ms), sim.Uniform(100*ms, 2*s))}
		}},
		{"byType", &c.ByType, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Filter{Span: span, Types: pick(r, filtered...), From: pick(r, "", "", some(r)), To: pick(r, "", "", some(r)),
				Drop: pick(r, 0, 0.5, 1), Delay: pick(r, sim.Uniform(0, 20*ms), sim.Uniform(0, 300*ms))}
		}},
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

// healing are the faults that always end. A leader outside of the healed quorum is
// as good as any while its followers hear from it; that clients cannot reach it, or
// that it is too slow for what they ask, would be no fault of the protocol's.
var healing = []string{"cutClients", "slowCpu", "slowNetwork", "lowBandwidth", "slowDisk", "downfall", "echo", "byType"}

// alone reports whether one client asks, one thing after the other. Where half of the
// messages of a leader outside of the healed quorum are lost, one client's request, or the
// answer to it, may be lost for 2 s on end, whatever the protocol does; of several clients
// another has an answer meanwhile.
func (c Swarm) alone() bool { return c.Clients == 1 && c.OpenRate == 0 }

// heard is a schedule in which nobody's messages are lost by half to the end of the run. A
// leader outside of the healed quorum is followed all the same, and answers late.
func (c Swarm) heard(schedule sim.Schedule) sim.Schedule {
	schedule = slices.Clone(schedule)
	for i, f := range schedule {
		if d, ok := f.(sim.Disturbance); ok && d.End == 0 && d.Loss >= 0.5 {
			d.End = c.Duration
			schedule[i] = d
		}
	}
	return schedule
}

// Set changes one field, named as in JSON. The value is written as in JSON, where
// the quotes of a text may be left out.
func (c *Swarm) Set(field, value string) error { return setField(c, field, value) }

func (c Swarm) spares() int { return c.Spares }

// Validate reports the first field that is wrong.
func (c Swarm) Validate() error {
	for _, bound := range []struct {
		field      string
		value      float64
		least, max float64
	}{
		{"servers", float64(c.Servers), 1, 15},
		{"spares", float64(c.Spares), 0, 15},
		{"clients", float64(c.Clients), 0, 100},
		{"openRate", c.OpenRate, 0, 10_000},
		{"keys", float64(c.Keys), 1, 100_000},
		{"think", time.Duration(c.Think).Seconds(), 0, 3600},
		{"duration", time.Duration(c.Duration).Seconds(), 0.001, 3600},
		{"recovery", time.Duration(c.Recovery).Seconds(), 0.001, 3600},
		{"loss", c.Loss, 0, 1},
		{"duplication", c.Duplication, 0, 1},
		{"reordering", c.Reordering, 0, 1},
		{"corruption", c.Corruption, 0, 1},
		{"snapshotEvery", float64(c.SnapshotEvery), 0, 1e9},
		{"transfers", time.Duration(c.Transfers).Seconds(), 0, 3600},
		{"changes", time.Duration(c.Changes).Seconds(), 0, 3600},
		{"inFlight", float64(c.InFlight), 0, 1e6},
		{"driftBound", max(c.DriftBound, 1), 1, 100},
		{"priorities", float64(c.Priorities), 0, 1000},
		{"bandwidth", float64(c.Bandwidth), 0, 1e12},
	} {
		if !(bound.value >= bound.least && bound.value <= bound.max) {
			return fmt.Errorf("%s: %v is not between %v and %v", bound.field, bound.value, bound.least, bound.max)
		}
	}
	if err := c.Theme.validate(); err != nil {
		return err
	}
	switch c.Reads {
	case ReadLog, ReadQuorum, ReadLease:
	default:
		return fmt.Errorf("reads: %q is none of log, quorum, lease", c.Reads)
	}
	if c.Clients == 0 && c.OpenRate == 0 {
		return errors.New("clients: there are none, and openRate is zero: nobody would call")
	}
	return c.validateMixes()
}

// SwarmScenario is the scenario in which everything that may go wrong does, some
// of it in each run. The fields in set replace what is drawn.
func SwarmScenario(set map[string]string) (Scenario, error) {
	draw := func(seed uint64) (Swarm, error) {
		c := drawSwarm(seed)
		c.Theme = drawTheme(seed)
		if theme, ok := set["theme"]; ok {
			if err := c.Set("theme", theme); err != nil {
				return c, err
			}
		}
		c.concentrate()
		for _, field := range sortedKeys(set) {
			if err := c.Set(field, set[field]); err != nil {
				return c, err
			}
		}
		c.settle(set)
		return c, c.Validate()
	}
	if _, err := draw(0); err != nil {
		return Scenario{}, err
	}
	flags := ""
	for _, field := range sortedKeys(set) {
		flags += fmt.Sprintf(" --set %s=%s", field, set[field])
	}
	return Scenario{
		Flags: flags,
		Name:  "swarm",
		Title: "Everything that may go wrong, some of it in each run",
		Story: `Which faults exist at all, how often they befall, how large the cluster is and how its network behaves are drawn from the seed. In the first phase anything goes, and only safety counts. Then a quorum chosen at random is healed, the rest stays as broken as it is, and the service has to come back.`,
		Promises: map[string][]string{
			"raft": {
				string(raft.MarkSplitVote),
				string(raft.MarkTruncation),
				string(raft.MarkTruncation) + " during partition",
				string(raft.MarkLeaderWithoutQuorum),
				string(raft.MarkLeaderWithoutQuorum) + " during shape",
				string(raft.MarkSnapshotTaken),
				string(raft.MarkSnapshotInstalled),
				string(raft.MarkTransfer),
				string(raft.MarkMembershipChanged),
				string(raft.MarkMembershipChanged) + " during partition",
				string(raft.MarkDamaged),
				string(raft.MarkRepaired),
				string(lostReplaced),
			},
			"paxos": {
				string(paxos.HoleFilled),
				string(paxos.HoleFilled) + " during disturbance",
				string(paxos.CaughtUp),
				string(paxos.CaughtUp) + " during partition",
				string(paxos.SnapshotInstalled),
				string(paxos.HandedOver),
				string(paxos.MembersChanged),
				string(paxos.MembersChanged) + " during partition",
				string(paxos.Repaired),
				string(lostReplaced),
			},
		},
		Vary: func(seed uint64) Scenario {
			c, err := draw(seed)
			if err != nil {
				panic(err) // what is set does not depend on what is drawn
			}
			return c.scenario(seed)
		},
	}, nil
}

// scenario is the scenario of one configuration.
func (c Swarm) scenario(seed uint64) Scenario {
	s := Scenario{
		Name: "swarm", Title: "Everything that may go wrong, some of it in each run",
		Servers: c.Servers,
		World: sim.Config{
			Network: sim.Network{
				Latency: c.Latency, Loss: c.Loss, Duplication: c.Duplication, Reordering: c.Reordering,
				Corruption: c.Corruption, Bandwidth: c.Bandwidth,
			},
			Disk:        sim.DiskTiming{Sync: c.Sync},
			CPU:         sim.CPU{PerMessage: c.CPU},
			ShuffleTies: c.ShuffleTies,
		},
		Workload: KeyValueWorkload(c.Keys, c.CompareAndSet),
		Roam:     c.Roam,
		Spares:   c.Spares,
		Settings: c.Settings, Transfers: time.Duration(c.Transfers),
		Changes:  Changes{Every: time.Duration(c.Changes), Frail: c.frail(seed)},
		Settle:   time.Duration(c.Recovery),
		Duration: time.Duration(c.Duration+c.Recovery) + 2*time.Second,
		Bites:    func(*Result) error { return nil },
		Config:   c,
	}
	if c.Counter {
		s.Workload = CounterWorkload()
	}
	if machine := s.Workload.Machine; c.Pieces {
		s.Workload.Machine = func() rsm.StateMachine { return &inPieces{StateMachine: machine()} }
	}
	if c.Theme.ends() {
		s.Due = c.deafDue()
		s.Duration = s.Due + 2*time.Second
	}
	for range c.Clients {
		s.Clients = append(s.Clients, Load{Sessions: 1, Think: time.Duration(c.Think)})
	}
	if c.OpenRate > 0 {
		s.Clients = append(s.Clients, Load{Rate: c.OpenRate})
	}
	s.Faults = func(*rand.Rand, int) sim.Schedule {
		frail := targets(c.frail(seed))
		var all []Nemesis
		for _, n := range c.nemeses() {
			lingering := 0.1
			if c.Theme.ends() || slices.Contains(healing, n.name) {
				lingering = 0
			}
			all = append(all, Repeat(n.name, *n.often, lingering, n.fault))
		}
		phase := time.Duration(c.Duration)
		schedule := append(Compose(all...)(seed, phase), c.drifts(seed, phase)...)
		if c.Priorities > 0 {
			schedule = append(schedule, priorities(stream(seed, "priorities"), c.Servers, c.Priorities, phase)...)
		}
		if c.Theme.ends() {
			return append(schedule, c.Theme.deafen(phase)...)
		}
		if c.alone() {
			schedule = c.heard(schedule)
		}
		damage := c.befall(frail, seed, phase, schedule)
		return append(append(schedule, damage...), c.heal(seed, phase, damage))
	}
	return s
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
