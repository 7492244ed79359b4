package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/sim"
)

// Theme is what a run of the swarm is about. Fields that are drawn each by itself seldom
// come together in the way that some mistakes need: a lease is outlived only where
// clocks differ as much as they may, the leader is cut off, and a client asks it just
// then. So some runs bring together what belongs together, and leave the rest to
// chance.
type Theme string

// The themes; the empty one is none.
const (
	NoTheme Theme = ""
	// Leases: clocks differ by what leases reckon with, leaders are cut off again and
	// again, and many read the same from any server.
	Leases Theme = "leases"
	// Syncs: syncs fail, and now and then all machines lose their power.
	Syncs Theme = "syncs"
	// Elections: few servers, of which each comes to lead and falls before it has done
	// much.
	Elections Theme = "elections"
	// Reigns: soon after a server comes to lead it is heard no more, and hears. Until it is
	// heard again others come to lead, and the same befalls them. So what one has left in
	// logs is overtaken by what the next leaves there, and comes to the fore again (Raft,
	// Figure 8), while clients ask everybody.
	Reigns Theme = "reigns"
	// Busy: clients do not wait, answers are long in coming, and messages cost something. The
	// service can do all that is asked of it, but not much more: who sends again what has
	// arrived makes work that grows faster than it is done, and does not come back by itself
	// ("metastable failures": Bronson et al., HotOS 2021).
	Busy Theme = "busy"
	// Members: the membership changes all the time, while leaders fall.
	Members Theme = "members"
	// Damage: what is on disks is damaged, and servers restart and find out.
	Damage Theme = "damage"
	// Holes: of what is under way at a time some is lost, and so is what would tell of it
	// later, while few servers take turns to lead and are cut off soon. So slots stay
	// empty here that are taken there, and those who have filled them in different ways
	// come to lead again. A counter misses a command for ever.
	Holes Theme = "holes"
	// Stops: the same, while changes of the membership stop configurations and come so fast
	// that old leaders have proposed in slots behind a stop, or stops in slots before others'.
	Stops Theme = "stops"
	// Deaf: when all else is over, the leader no longer hears, for good, and is heard. With
	// CheckQuorum it has to notice that, and give up.
	Deaf Theme = "deaf"
	// Deposed: when all else is over, the leader is cut off until the others have another;
	// from then on it is heard and does not hear, without CheckQuorum, and leads for ever.
	// Then the other one crashes. That must not keep the rest from going on.
	Deposed Theme = "deposed"
)

var themes = []Theme{NoTheme, Leases, Syncs, Elections, Reigns, Busy, Members, Damage, Holes, Stops, Deaf, Deposed}

func (t Theme) validate() error {
	if !slices.Contains(themes, t) {
		return fmt.Errorf("theme: %q is none of %q", t, themes)
	}
	return nil
}

// drawTheme draws the theme of a seed: many have none.
func drawTheme(seed uint64) Theme {
	r := stream(seed, "swarm theme")
	theme := pick(r, NoTheme, NoTheme, NoTheme, NoTheme, NoTheme, NoTheme, Reigns, Busy, Holes,
		Leases, Leases, Syncs, Elections, Members, Damage, Deaf, Deposed)
	if theme == NoTheme && stream(seed, "swarm stops").IntN(8) == 0 {
		return Stops
	}
	return theme
}

// concentrate sets what belongs to the theme.
func (c *Swarm) concentrate() {
	const s, ms = time.Second, time.Millisecond
	switch c.Theme {
	case Leases:
		c.Reads, c.DriftBound, c.Drift = ReadLease, 4, true
		c.ClockSkew, c.ClockDrift, c.ClockJump, c.ClockStrobe = Often{}, Often{}, Often{}, Often{}
		c.NoPreVote, c.NoCheckQuorum = false, false
		c.Roam, c.Keys, c.Counter = true, 1, false
		c.Servers, c.Think = 3, sim.Duration(ms)
		c.Partition = Often{600 * ms, 600 * ms}
	case Syncs:
		c.FailedSync, c.CrashAll, c.Crash = Often{300 * ms, 200 * ms}, Often{800 * ms, 200 * ms}, Often{}
		c.Servers = 3
	case Elections:
		c.Servers, c.Changes, c.Spares, c.StopToChange = 3, 0, 0, false
		c.Downfall, c.Crash, c.CrashAll, c.Restart = Often{600 * ms, 3 * s}, Often{}, Often{}, Often{}
		c.Pause, c.SlowDisk = Often{}, Often{}
	case Reigns:
		c.Servers, c.Changes, c.Spares, c.StopToChange = 3, 0, 0, false
		c.calm() // it takes several steps one after the other
		c.Transfers, c.Priorities = 0, 0
		c.Latency, c.Sync = sim.Uniform(5*ms, 15*ms), sim.Uniform(ms, 10*ms)
		c.Clients, c.Think, c.OpenRate, c.Roam, c.Keys, c.Counter = 8, sim.Duration(10*ms), 0, true, 16, false
		c.InFlight, c.CompareAndSet, c.Duration = 2, false, sim.Duration(10*s)
	case Busy:
		c.Servers, c.Changes, c.Spares, c.StopToChange = min(c.Servers, 5), 0, 0, false
		c.Duration, c.Clients, c.Think, c.OpenRate = sim.Duration(2*s), 3, sim.Duration(10*ms), 200
		c.Plain, c.InFlight, c.CompareAndSet = false, 0, false
		c.Latency, c.CPU, c.Bandwidth = sim.Uniform(20*ms, 40*ms), sim.Exponential(500*time.Microsecond), 0
	case Members:
		c.Changes, c.Spares, c.Transfers = sim.Duration(150*ms), max(c.Spares, 2), sim.Duration(s)
		c.FlexibleQuorums, c.NoPreVote, c.NoLearning = false, false, true
		c.Downfall, c.Partition = Often{s, 2 * s}, Often{s, 300 * ms}
	case Damage:
		c.Servers, c.Changes, c.Spares = 3, 0, 0
		c.BitRot, c.LostWrite = Often{200 * ms, s}, Often{s, 300 * ms}
		c.Crash = Often{700 * ms, 100 * ms}
	case Holes:
		c.leaveHoles()
		c.Changes, c.Spares, c.StopToChange = 0, 0, false
		// Who starts anew, or is handed a snapshot, is rid of what it did wrong.
		c.SnapshotEvery = 0
		c.Crash, c.CrashAll, c.Restart, c.DiskErrors, c.FailedSync, c.FullDisk = Often{}, Often{}, Often{}, Often{}, Often{}, Often{}
	case Stops:
		c.leaveHoles()
		c.Changes, c.Spares, c.StopToChange, c.NoLearning = sim.Duration(150*ms), 3, true, true
		c.FlexibleQuorums, c.NoPreVote = false, false
	case Deaf, Deposed:
		c.NoCheckQuorum, c.NoPreVote = c.Theme == Deposed, false
		if c.Reads == ReadLease {
			c.Reads = ReadQuorum
		}
		c.Changes, c.Spares, c.StopToChange, c.FlexibleQuorums = 0, 0, false, false
		c.soundDisks()
	}
}

// leaveHoles sets what the themes have in common in which slots stay empty.
func (c *Swarm) leaveHoles() {
	const s, ms = time.Second, time.Millisecond
	c.Servers, c.Clients, c.Think, c.Counter = 3, 8, sim.Duration(10*ms), true
	c.Plain, c.EagerCommit = false, false
	c.Downfall, c.Transfers = Often{600 * ms, 3 * s}, sim.Duration(300*ms)
	c.soundDisks()
}

// soundDisks has no disk damage or lose anything.
func (c *Swarm) soundDisks() {
	for _, n := range slices.Concat(c.damage(nil), c.losses(nil)) {
		*n.often = Often{}
	}
}

// calm has nothing befall.
func (c *Swarm) calm() {
	for _, n := range slices.Concat(c.nemeses(), c.damage(nil), c.losses(nil)) {
		*n.often = Often{}
	}
}

// holes is what leaves some: for a while most of what would be accepted, or handed over
// later, is lost.
func (t Theme) holes(seed uint64, phase time.Duration) sim.Schedule {
	const ms = time.Millisecond
	if !t.lossy() {
		return nil
	}
	lose := func(name, types string, often Often) Nemesis {
		return Repeat(name, often, 0, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Filter{Span: span, Types: types, Drop: pick(r, 0.3, 0.6, 0.9)}
		})
	}
	return Compose(
		lose("holes", "AppendEntries+Accept", Often{150 * ms, 150 * ms}),
		lose("holes stay", "CatchUp+InstallSnapshot+SnapshotChunk", Often{300 * ms, 500 * ms}),
	)(seed, phase)
}

// lossy reports whether much of what makes logs whole is lost.
func (t Theme) lossy() bool { return t == Holes || t == Stops }

// ends reports whether all that befalls ends before the leader becomes deaf, and nobody
// is healed.
func (t Theme) ends() bool { return t == Deaf || t == Deposed }

// The times of these themes, from the end of the first phase on: until there is a
// leader, until there is another, and for how long that is away.
const (
	deafAfter = 3 * time.Second
	deafCut   = 3 * time.Second
	deafCrash = time.Second
)

// deafen is what befalls the leader then.
func (t Theme) deafen(phase time.Duration) sim.Schedule {
	start := phase + deafAfter
	end := start + deafCut
	if t == Deaf {
		return sim.Schedule{sim.Partition{Span: sim.Between(start, start+time.Hour), Side: sim.Leader, Direction: sim.Inward}}
	}
	return sim.Schedule{
		sim.Partition{Span: sim.Between(start, end), Side: sim.Leader},
		sim.Partition{Span: sim.Between(start, 0), Side: sim.Leader, Direction: sim.Inward},
		sim.Crash{Span: sim.Between(end+deafCrash/2, end+deafCrash/2+deafCrash), Target: sim.Leader},
	}
}

// deafDue is from when on service is due after that.
func (c Swarm) deafDue() time.Duration {
	return time.Duration(c.Duration) + deafAfter + deafCut + 2*deafCrash + time.Duration(c.Recovery)
}

// deafReplaced reports whether whoever is made deaf for good in a schedule in which nobody
// is healed was replaced before it is heard again. If not, the others follow it, and
// rightly so. In the theme Deaf, where it has to notice by itself, it is deaf for an hour.
func deafReplaced(_ Scenario, schedule sim.Schedule) bool {
	if _, heals := healedTarget(schedule); heals {
		return true
	}
	for _, f := range schedule {
		deaf, ok := f.(sim.Partition)
		if !ok || deaf.End != 0 || deaf.Direction != sim.Inward {
			continue
		}
		if !slices.ContainsFunc(schedule, func(f sim.Fault) bool {
			cut, ok := f.(sim.Partition)
			return ok && cut.Direction == sim.BothWays && cut.Side == deaf.Side && cut.Start == deaf.Start && cut.End >= cut.Start+sim.Duration(deafCut)
		}) {
			return false
		}
	}
	return true
}
