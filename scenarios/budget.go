package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// What a swarm may do to disks is bounded by what the protocols promise.
//
// A server whose log was damaged knows it, as long as something durable lies behind
// the damage, and then neither votes nor promises until its peers have brought back
// what it may have acknowledged (raft/repair.go, paxos/repair.go). One that has lost
// its vote or its promise ends itself. Damage of this kind breaks nothing, however
// many servers it befalls; but if more are damaged than can be missing, nobody may be
// left to lead. A swarm damages only frail servers, of whom there are never more than
// can be missing, and the quorum that it heals is of others.
//
// Damage to what was written last, a disk that lied before a crash, and a disk that
// comes back empty under the old name make a server forget what it promised without
// knowing it. Neither Raft nor Paxos bears that in a single server, for two quorums
// may have only that one in common. So a swarm damages only what is settled (see
// sim.LostWrite). And a machine whose disk lies, or is wiped, is lost for good, as
// operators would see to: it never boots again under its name. Another one takes its
// place by a change of the membership (administrator.go) and, being new, counts for
// nothing before it has learned what the others know.

// frail are the servers that damage may befall, in random order. They are fewer than
// it takes to keep a quorum, of either phase, from being made up of the others.
func (c Swarm) frail(seed uint64) []node.ID {
	return c.shuffled(seed)[:max(0, c.Servers-c.quorum())]
}

// shuffled returns the first members in an order drawn from the seed.
func (c Swarm) shuffled(seed uint64) []node.ID {
	all := identifiers(c.Servers)
	stream(seed, "frail").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// quorum is how many of the first members it takes to elect a leader and to commit.
func (c Swarm) quorum() int {
	one, two := quorums(c.Servers, c.FlexibleQuorums)
	return max(one, two)
}

// damage are the faults that hurt what is on the disks of frail servers.
func (c *Swarm) damage(frail []sim.Target) []nemesis {
	const s = time.Second
	return []nemesis{
		{"bitRot", &c.BitRot, Often{s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			rot := sim.BitRot{Instant: sim.Instant{At: span.Start}, Target: pick(r, frail...), Settled: true}
			// Small files have checksums: wherever they are damaged, it is found.
			if file := pick(r, "", "", "", "", "raft-vote-1", "raft-snapshot", "paxos-promise-1", "paxos-snapshot"); file != "" {
				rot.File, rot.Settled = file, false
			}
			return rot
		}},
		{"lostWrite", &c.LostWrite, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.LostWrite{Span: span, Target: pick(r, frail...), Probability: pick(r, 0.01, 0.1, 1), Settled: true}
		}},
		{"misdirectedWrite", &c.MisdirectedWrite, Often{3 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.MisdirectedWrite{Span: span, Target: pick(r, frail...), Probability: pick(r, 0.01, 0.1, 1), Settled: true}
		}},
	}
}

// losses are the faults after which a machine never boots again.
func (c *Swarm) losses(frail []sim.Target) []nemesis {
	const s = time.Second
	return []nemesis{
		{"lyingDisk", &c.LyingDisk, Often{6 * s, 2 * s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.LyingDisk{Span: span, Target: pick(r, frail...)}
		}},
		{"wipe", &c.Wipe, Often{6 * s, s}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Wipe{Span: sim.Span{Start: span.Start}, Target: pick(r, frail...)}
		}},
	}
}

// befall makes the schedule of damage and losses, given what else befalls. A
// machine whose disk lies is lost when that would show, with the first crash of
// anybody after it began, or else when the fault ends.
func (c *Swarm) befall(frail []sim.Target, seed uint64, until time.Duration, others sim.Schedule) (schedule sim.Schedule) {
	if len(frail) == 0 {
		return nil
	}
	for _, n := range c.damage(frail) {
		schedule = append(schedule, Repeat(n.name, *n.often, 0, n.fault)(seed, until)...)
	}
	var lies []sim.LyingDisk
	lost := make(map[sim.Target]sim.Duration)
	lose := func(target sim.Target, at sim.Duration) {
		if earlier, ok := lost[target]; !ok || at < earlier {
			lost[target] = at
		}
	}
	for _, n := range c.losses(frail) {
		for _, f := range Repeat(n.name, *n.often, 0, n.fault)(seed, until) {
			switch f := f.(type) {
			case sim.LyingDisk:
				lies = append(lies, f)
				lose(f.Target, min(f.End, firstCrash(others, f.Start, f.End)))
			case sim.Wipe:
				lose(f.Target, f.Start)
			}
		}
	}
	for _, f := range lies {
		if at := lost[f.Target]; f.Start < at {
			f.End = at
			schedule = append(schedule, f)
		}
	}
	for _, target := range frail {
		if at, ok := lost[target]; ok {
			schedule = append(schedule, sim.Wipe{Span: sim.Span{Start: at}, Target: target})
		}
	}
	return schedule
}

// firstCrash returns when, from a time on, the first crash of a schedule begins or may
// begin, or otherwise if there is none.
func firstCrash(schedule sim.Schedule, from, otherwise sim.Duration) sim.Duration {
	first := otherwise
	for _, f := range schedule {
		switch f := f.(type) {
		case sim.Crash:
			if f.Start >= from {
				first = min(first, f.Start)
			}
		case sim.Downfall: // whenever somebody comes to lead
			if f.By == sim.ByCrash && (f.End == 0 || f.End > from) {
				first = min(first, max(from, f.Start))
			}
		case sim.Restart: // whenever somebody sends something
			if f.End == 0 || f.End > from {
				first = min(first, max(from, f.Start))
			}
		}
	}
	return first
}

// heal is the beginning of the second phase. A quorum of servers that were never
// damaged is healed, drawn at random, and all clients: that must be enough.
//
// Two sorts of swarms ask for more, all machines but those that are lost. Where the
// membership changes, no schedule can know who will be a quorum. And without the
// settings that keep a good leader and give up a bad one, neither protocol promises
// progress while anybody's links are broken in one direction: a server that can
// speak and not hear deposes every leader (dissertation §9.6), and one that can be
// heard and not hear is followed for ever (§6.2).
func (c *Swarm) heal(seed uint64, at time.Duration, damage sim.Schedule) sim.Heal {
	target := sim.Majority
	switch lost := lostMachines(damage); {
	case c.Changes > 0 || c.NoPreVote || c.NoCheckQuorum:
		target = sim.All
		if len(lost) > 0 {
			target = ""
			for _, id := range identifiers(c.Servers + c.Spares) {
				if _, gone := lost[id]; !gone {
					target = join(target, sim.Machine(id))
				}
			}
		}
	case len(damage) > 0 || c.FlexibleQuorums || c.Spares > 0:
		target = ""
		order := c.shuffled(seed)
		for _, id := range order[len(order)-c.quorum():] {
			target = join(target, sim.Machine(id))
		}
	}
	return sim.Heal{Instant: sim.At(at), Target: join(target, sim.Clients)}
}

func join(a, b sim.Target) sim.Target {
	if a == "" {
		return b
	}
	return a + "+" + b
}

// lostMachines returns the servers that a schedule says are never to boot again,
// and since when.
func lostMachines(schedule sim.Schedule) map[node.ID]time.Duration {
	lost := make(map[node.ID]time.Duration)
	for _, f := range schedule {
		wipe, ok := f.(sim.Wipe)
		if !ok || wipe.End != 0 {
			continue
		}
		for name := range strings.SplitSeq(string(wipe.Target), "+") {
			var id node.ID
			if n, err := fmt.Sscanf(name, "S%d", &id); n == 1 && err == nil {
				lost[id] = time.Duration(wipe.Start)
			}
		}
	}
	return lost
}

// within is the scenario without what a protocol does not promise to bear.
func (s Scenario) within(p Protocol) Scenario {
	if !p.Reconfigures {
		s.Changes, s.Spares = Changes{}, 0
	}
	if faults := s.Faults; !p.Repairs {
		s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
			return slices.DeleteFunc(slices.Clone(faults(r, servers)), isDamage)
		}
	}
	return s
}

// isDamage reports whether a fault damages what a disk holds, and the machine lives.
func isDamage(f sim.Fault) bool {
	switch f.(type) {
	case sim.BitRot, sim.LostWrite, sim.MisdirectedWrite:
		return true
	}
	return false
}

func targets(ids []node.ID) (all []sim.Target) {
	for _, id := range ids {
		all = append(all, sim.Machine(id))
	}
	return all
}

// identifiers are the names of servers 1 to n.
func identifiers(n int) []node.ID {
	all := make([]node.ID, n)
	for i := range all {
		all[i] = node.ID(i + 1)
	}
	return all
}
