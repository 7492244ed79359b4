package scenarios

import (
	"errors"
	"math/rand/v2"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// Synod is package paxos/synod: each run chooses one value. Its machines have one role
// each, a third of them proposers, and one a learner. It serves nothing but what
// scenario duels asks of it.
var Synod = Protocol{
	Name:     "synod",
	Family:   "Synod",
	Scenario: "duels",
	Title:    "Paxos for a single value (Lamport 1998)",
	Server: func(servers []node.ID, _ func() rsm.StateMachine, _ Settings) node.Factory {
		roles := cast(servers)
		return func(env node.Env) node.Handler { return newDelegate(env, roles) }
	},
	Invariants: func() Invariants { return &synodInvariants{} },
	least:      3,
}

// cast gives each server its role.
func cast(servers []node.ID) synod.Config {
	const ms = time.Millisecond
	third, last := len(servers)/3, len(servers)-min(1, len(servers)/3)
	return synod.Config{
		Proposers: servers[:third], Acceptors: servers[third:last], Learners: servers[last:],
		Patience: 100 * ms, Backoff: 50 * ms,
	}
}

// duels is a swarm for the single decree. Everything that matters happens in the first
// moments of a run, so faults are as frequent as messages.
func duels() Scenario {
	return Scenario{
		Name: "duels", Title: "Proposers of one decree, and everything that may go wrong",
		Story: `Two or three proposers have a value each from their clients, and want it chosen, while messages are lost and machines crash. Whoever asks has to be told the same value, and when all faults are over, whoever asks has to be told.`,
		Bites: func(*Result) error { return nil },
		Vary:  drawDuel,
	}
}

// drawDuel draws the duel of a seed.
func drawDuel(seed uint64) Scenario {
	const ms = time.Millisecond
	draw := func(field string) *rand.Rand { return stream(seed, "duels "+field) }
	phase := pick(draw("phase"), 200*ms, 500*ms, time.Second)
	s := Scenario{
		Servers:  pick(draw("servers"), 6, 6, 7, 8, 9),
		Workload: decreeWorkload(),
		Roam:     true,
		World: sim.Config{
			Network: sim.Network{
				Latency:     pick(draw("latency"), sim.Constant(2*ms), sim.Uniform(ms, 10*ms), sim.LogNormal(3*ms, 1), sim.Pareto(ms, 1.5)),
				Loss:        pick(draw("loss"), 0, 0.02),
				Duplication: pick(draw("duplication"), 0, 0.1, 0.3),
				Reordering:  pick(draw("reordering"), 0, 0.1, 0.3),
			},
			Disk:        sim.DiskTiming{Sync: pick(draw("sync"), sim.Distribution{}, sim.Exponential(2*ms), sim.Uniform(ms, 10*ms))},
			ShuffleTies: pick(draw("shuffleTies"), false, true),
		},
		Settle: 2 * time.Second,
		Bites:  func(*Result) error { return nil },
	}
	s.Duration = phase + s.Settle + patience + 500*ms // whoever has waited in vain asks once more
	for range pick(draw("clients"), 1, 2, 4) {
		s.Clients = append(s.Clients, Load{Sessions: 1, Think: pick(draw("think"), 5*ms, 30*ms)})
	}
	s.Faults = func(*rand.Rand, int) sim.Schedule {
		var all []Nemesis
		for _, n := range duelNemeses() {
			all = append(all, Repeat(n.name, drawOften(draw(n.name), n.typical), 0, n.fault))
		}
		return Compose(all...)(seed, phase)
	}
	return s
}

// duelNemeses lists the faults of a duel.
func duelNemeses() []nemesis {
	const ms = time.Millisecond
	some := func(r *rand.Rand) sim.Target { return pick(r, sim.AnyOne, sim.AnyOne, sim.Minority) }
	return []nemesis{
		{"crash", nil, Often{60 * ms, 30 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: some(r)}
		}},
		{"crashAll", nil, Often{150 * ms, 20 * ms}, func(_ *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: sim.All}
		}},
		{"pause", nil, Often{80 * ms, 60 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: some(r)}
		}},
		{"partition", nil, Often{80 * ms, 60 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: some(r), Direction: pick(r, sim.BothWays, sim.Inward, sim.Outward)}
		}},
		{"disturbance", nil, Often{80 * ms, 80 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Disturbance{Span: span, Loss: pick(r, 0.1, 0.3, 0.6), Duplication: pick(r, 0, 0.3), Reordering: pick(r, 0, 0.3)}
		}},
		{"echo", nil, Often{100 * ms, 200 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Echo{Span: span, Probability: pick(r, 0.1, 0.5), Delay: sim.Uniform(5*ms, 100*ms)}
		}},
		{"byType", nil, Often{50 * ms, 100 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Filter{
				Span: span, Types: pick(r, "Prepare", "Promise", "Accept", "Accepted", "Nack+Ask"), To: pick(r, "", some(r)),
				Drop: pick(r, 0, 0.5, 1), Delay: sim.Uniform(0, 40*ms),
			}
		}},
		{"slowDisk", nil, Often{100 * ms, 100 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.SlowDisk{Span: span, Target: some(r), PerSync: sim.Exponential(pick(r, 10*ms, 40*ms))}
		}},
		{"failedSync", nil, Often{150 * ms, 30 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.FailedSync{Span: span, Target: some(r)}
		}},
	}
}

// decreeWorkload proposes values, each by the proposer that it belongs to, and asks
// learners for the one that was chosen. A learner asks for it on a client's behalf, so
// that either is an operation that may have a value chosen, and is told which one is.
func decreeWorkload() Workload {
	return Workload{
		Name:    "decree",
		Machine: func() rsm.StateMachine { return &decree{} },
		Model: linearizability.Own("decree", "", func(chosen, proposed string) (next, answer string) {
			if chosen == "" {
				chosen = proposed
			}
			return chosen, chosen
		}, nil),
		Client: func() Operations {
			return func(r *rand.Rand, _ int) Invocation {
				value := string(rune('a' + r.IntN(26)))
				return Invocation{
					Input: linearizability.Command{Text: value}, Command: []byte(value), ReadOnly: r.IntN(2) == 0,
					Output: func(result []byte) (any, error) { return string(result), nil },
				}
			}
		},
	}
}

// decree is what the model says, for a service that replicates machines.
type decree struct{ chosen []byte }

func (d *decree) Apply(command []byte) []byte {
	if len(d.chosen) == 0 {
		d.chosen = append([]byte(nil), command...)
	}
	return d.chosen
}

func (d *decree) Read([]byte) []byte { return d.chosen }
func (d *decree) Snapshot() []byte   { return d.chosen }

func (d *decree) Restore(snapshot []byte) error {
	if len(snapshot) > 1 {
		return errors.New("decree: longer than one letter")
	}
	d.chosen = append([]byte(nil), snapshot...)
	return nil
}
