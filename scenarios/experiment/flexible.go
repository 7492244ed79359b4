package experiment

import (
	"fmt"
	randv2 "math/rand/v2"
	"strconv"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

const flexibleStory = `Paxos needs that every quorum of phase 1 meets every quorum of phase 2, and nothing else. Of four servers,
three to promise and two to accept will do: while a leader lasts, it commits even when two of the four are
down, where majorities (three and three) do not. The price is paid when a leader is needed: then one may be missing.
Two and two do not meet: two leaders could have different values chosen, so the configuration is refused. What
happens to one who insists is shown by the planted bug quorums-do-not-meet.

Each trial of "lost or contradictory" is a run in which leaders crash, judged by the invariants and by what clients saw.

Worth a thought: phase 1 happens seldom and phase 2 with every command. Which sizes would you take for nine servers?`

var flexiblePaxos = Experiment{
	Name:   "flexible-paxos",
	Title:  "quorums that are no majorities: which are safe, and what they bear",
	Source: "Howard, Malkhi & Spiegelman, Flexible Paxos: Quorum Intersection Revisited, OPODIS 2016",
	Story:  flexibleStory,
	Trials: 10,
	Cases:  []string{"n=4,q1=3,q2=2", "n=4,q1=2,q2=2", "n=4,q1=3,q2=3"},
	Family: "n=N,q1=A,q2=B with N from 2 to 9",
	parse:  parseFlexible,
}

func parseFlexible(name string) (c Case, err error) {
	fields, err := parseFields(name, "n", "q1", "q2")
	if err != nil {
		return c, err
	}
	var sizes [3]int
	for i, field := range []string{"n", "q1", "q2"} {
		if sizes[i], err = strconv.Atoi(fields[field]); err != nil || sizes[i] < 1 || sizes[i] > 9 {
			return c, fmt.Errorf("%s is %q: it has to be from 1 to 9", field, fields[field])
		}
	}
	n, q1, q2 := sizes[0], sizes[1], sizes[2]
	if n < 2 || q1 > n || q2 > n {
		return c, fmt.Errorf("a quorum is larger than the cluster, or that is too small")
	}
	meet := q1+q2 > n
	f := flexible{n, q1, q2}
	c.width, c.limit = 3, 1000
	c.measure = func(seed uint64, values []float64) error {
		if f.config(firstServers(n)).Validate() != nil {
			return nil
		}
		values[0] = 1
		values[1] = number(f.commitsWithDown(seed, n/2))
		r := scenarios.Run(f.scenario(), f.protocol(), seed)
		if r.Verdict == linearizability.VerdictUnknown || strings.HasPrefix(r.Violation, "Liveness") {
			return fmt.Errorf("%v: %s", r.Verdict, r.Violation)
		}
		values[2] = number(r.Verdict == linearizability.VerdictViolation)
		return nil
	}
	c.rows = func(s Sample) []Row {
		rows := []Row{exactly("configuration is accepted", s.Mean(0), number(meet))}
		if !meet {
			return rows
		}
		return append(rows,
			exactly(fmt.Sprintf("commits with %d of %d down", n/2, n), s.Mean(1), number(n-n/2 >= q2)),
			exactly("runs with lost or contradictory values", sum(s.Column(2)), 0))
	}
	return c, nil
}

// flexible is a cluster with quorums of two sizes.
type flexible struct{ n, q1, q2 int }

func (f flexible) config(servers []node.ID) paxos.Config {
	c := paxos.DefaultConfig(servers)
	c.Phase1Quorum, c.Phase2Quorum = f.q1, f.q2
	return c
}

// commitsWithDown reports whether a leader that lasts still commits when so many of
// the others are down.
func (f flexible) commitsWithDown(seed uint64, down int) bool {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	servers := firstServers(f.n)
	for range servers {
		w.AddServer(func(env node.Env) node.Handler {
			c := f.config(servers)
			c.CheckQuorum = false // it stays, whoever is down
			return paxos.New(env, c, nothing{})
		})
	}
	a := &asker{server: 1, pause: 10 * time.Millisecond, count: 100}
	w.AddClient(func(env node.Env) node.Handler { a.env = env; return a })
	for i := range down {
		w.At(200*time.Millisecond, func() { w.Crash(servers[f.n-1-i]) })
	}
	if err := w.Run(5 * time.Second); err != nil {
		return false
	}
	return len(a.latency) == a.count
}

// protocol is Multi-Paxos with these quorums.
func (f flexible) protocol() scenarios.Protocol {
	p := scenarios.Paxos
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
		c := f.config(servers)
		return func(env node.Env) node.Handler { return paxos.New(env, c, machine()) }
	}
	return p
}

// scenario is a run in which the leader crashes again and again, for a short time.
func (f flexible) scenario() scenarios.Scenario {
	return scenarios.Scenario{
		Servers: f.n,
		World: sim.Config{
			Network: sim.Network{Latency: sim.LogNormal(time.Millisecond, 0.3), Loss: 0.01},
			Disk:    sim.DiskTiming{Sync: sim.Exponential(time.Millisecond)},
		},
		Workload: scenarios.KeyValueWorkload(4, false),
		Clients:  []scenarios.Load{{Sessions: 2}, {Sessions: 2}},
		Duration: 5 * time.Second,
		Settle:   2 * time.Second,
		Faults: func(r *randv2.Rand, _ int) (faults sim.Schedule) {
			for at := 400 * time.Millisecond; at < 2500*time.Millisecond; at += 500 * time.Millisecond {
				from := at + time.Duration(r.Int64N(int64(200*time.Millisecond)))
				faults = append(faults, sim.Crash{Span: sim.Between(from, from+150*time.Millisecond), Target: sim.Leader})
			}
			return faults
		},
	}
}
