package story

import (
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// cluster is a small cluster in a quiet data centre, with clients that ask all the
// time.
func cluster(servers int, settings scenarios.Settings) scenarios.Scenario {
	return scenarios.Scenario{
		Name:     "story",
		Servers:  servers,
		World:    sim.Config{Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, time.Millisecond)}},
		Workload: scenarios.KeyValueWorkload(1, false),
		Clients:  []scenarios.Load{{Sessions: 1, Think: 5 * time.Millisecond}, {Sessions: 1, Think: 5 * time.Millisecond}},
		Settings: settings,
		Duration: 6 * time.Second,
		Faults:   func(*rand.Rand, int) sim.Schedule { return nil },
	}
}

// elections are what came of the leadership while something was wrong and after.
type elections struct {
	changes int // of leader, from a moment on
	terms   uint64
	gap     time.Duration // the longest without an answer
	result  *scenarios.Result
}

// disturbed runs a cluster with a fault that begins and ends when told, and counts what
// becomes of the leadership from a moment on. The fault is made when it begins, for it
// may depend on who leads.
func disturbed(p scenarios.Protocol, s scenarios.Scenario, seed uint64, from, until, count time.Duration, fault func(leader node.ID) sim.Fault) (elections, []Scene, error) {
	var (
		scenes []Scene
		world  *sim.World
		before uint64
	)
	say := func(format string, arguments ...any) {
		scenes = append(scenes, Scene{world.Now(), fmt.Sprintf(format, arguments...)})
	}
	r, err := scenarios.Measure(s, p, seed, func(w *sim.World) {
		world = w
		w.At(from, func() {
			leader := w.Leader()
			f := fault(leader)
			say("%s leads; %s begins", sim.Name(leader), f.Label())
			end := w.Begin(f)
			w.At(until, func() { end(); say("%s ends", f.Label()) })
		})
		w.At(count, func() { before = highestTerm(w, s.Servers) })
		w.Observe(sim.ObserverFunc(func(e *sim.Event) {
			if _, mark := e.Note.(node.Mark); !mark && e.At > from-100*time.Millisecond && len(scenes) < 40 {
				say("%s %v", sim.Name(e.Machine), e.Note)
			}
		}), sim.Noted)
	})
	if err != nil {
		return elections{}, scenes, err
	}
	e := elections{result: r, terms: highestTerm(world, s.Servers) - before}
	for _, l := range r.Leaders {
		if l.At > count {
			e.changes++
		}
	}
	e.gap = r.LongestGap()
	return e, scenes, nil
}

// highestTerm is the highest term, or round of a ballot, that a server is in.
func highestTerm(w *sim.World, servers int) (highest uint64) {
	for id := node.ID(1); int(id) <= servers; id++ {
		if l, ok := w.Handler(id).(node.Leader); ok {
			term, _ := l.Leads()
			if _, ballots := l.(*paxos.Server); ballots {
				term = paxos.Ballot(term).Round()
			}
			highest = max(highest, term)
		}
	}
	return highest
}

// follower is a server that does not lead.
func follower(leader node.ID, servers int) node.ID { return 1 + leader%node.ID(servers) }
