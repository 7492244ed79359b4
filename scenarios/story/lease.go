package story

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

var staleLease = Story{
	Name:    "stale-lease",
	Title:   "A leader whose clock is slow reads out what is no longer true",
	Watch:   `What the client reads that is left with the old leader, beside what the others have written meanwhile.`,
	Happens: `The leader is cut off from the others, and one client with it. The others elect a new leader and write. A leader that answers reads by its lease goes on answering for a while; that is safe, because nobody else is elected in that time. But if its clock runs at a tenth of the speed, "a while" is ten times as long. The client reads an old value after a new one was acknowledged to somebody else: no order of the operations explains that, and the judge who sees only what clients saw says so.`,
	Why:     `A lease is the promise that nobody else leads before a certain time, and it is made between machines with different clocks. Here they may differ by a factor of 1.1 (ClockDriftBound); nothing but reads relies on it. ReadIndex relies on no clock: it asks a majority first, for the price of a round trip.`,
	Read: []string{
		"Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §6.4",
		"raft/reads.go and paxos/reads.go; quorumlab experiment read-safety: how often it happens",
	},
	Question: `A leader could give up its lease when it notices that its clock is wrong. How could it notice?`,
	Acts: []Act{
		{Name: "Raft, lease, clock within the bound", Promise: "no stale read", play: playLease(scenarios.Raft, scenarios.ReadLease, 0, false)},
		{Name: "Raft, lease, clock beyond the bound", Wrong: true, Promise: "a stale read, which the judge finds", play: playLease(scenarios.Raft, scenarios.ReadLease, -0.9, true)},
		{Name: "Raft, ReadIndex, the same clock", Promise: "no stale read", play: playLease(scenarios.Raft, scenarios.ReadQuorum, -0.9, false)},
		{Name: "Paxos, lease, clock within the bound", Promise: "no stale read", play: playLease(scenarios.Paxos, scenarios.ReadLease, 0, false)},
		{Name: "Paxos, lease, clock beyond the bound", Wrong: true, Promise: "a stale read, which the judge finds", play: playLease(scenarios.Paxos, scenarios.ReadLease, -0.9, true)},
	},
	Bugs: []string{"lease-ignores-drift"},
}

// leaseTries is from how many seeds a stale read is looked for.
const leaseTries = 5

// playLease looks for a stale read in several runs.
func playLease(p scenarios.Protocol, reads scenarios.Reads, drift float64, stale bool) func(seed uint64) (Outcome, error) {
	return func(seed uint64) (o Outcome, err error) {
		s := cluster(3, scenarios.Settings{Reads: reads})
		p := p
		if stale {
			p.Invariants = nil // which see a second leader before a client can tell
		}
		s.Clients = []scenarios.Load{{Sessions: 1}, {Sessions: 1}, {Sessions: 1}, {Rate: 200}}
		s.Duration, s.Settle = 3500*time.Millisecond, time.Second
		s.Faults = func(*rand.Rand, int) sim.Schedule {
			span := sim.Between(time.Second, 2*time.Second)
			// One client is on the side of the old leader, and stays with it.
			faults := sim.Schedule{sim.Partition{Span: span, Side: sim.Leader + "+C4", Other: "all+C1+C2+C3"}}
			if drift != 0 {
				faults = append(faults, sim.ClockDrift{Span: span, Target: sim.Leader, Rate: drift})
			}
			return faults
		}
		found := 0
		for i := range uint64(leaseTries) {
			r := scenarios.Run(s, p, seed+i)
			switch {
			case r.Failure.Judge == scenarios.Outside:
				if found++; found == 1 {
					o.Account = strings.TrimSpace(r.Report.String())
					o.Scenes = leaders(r)
				}
			case r.Verdict != linearizability.VerdictOK:
				return o, fmt.Errorf("seed %d: %v: %s", r.Seed, r.Verdict, r.Violation)
			}
		}
		o.Facts = []Fact{fact("runs", leaseTries), fact("runs with a stale read", found)}
		o.Shown = (found > 0) == stale
		return o, nil
	}
}

// leaders tells who came to lead, and what went wrong.
func leaders(r *scenarios.Result) (scenes []Scene) {
	for _, l := range r.Leaders {
		scenes = append(scenes, Scene{l.At, fmt.Sprintf("%s comes to lead", sim.Name(l.Leader))})
	}
	return scenes
}
