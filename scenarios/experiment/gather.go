package experiment

import (
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/sim"
)

// parseQuorum makes the case of somebody who waits for k answers of n: a proposer, if
// that is a majority.
func parseQuorum(text string) (c Case, err error) {
	text, settings, err := cutSettings(text, []string{"rtt="}, map[string]string{"rtt": "exp"})
	if err != nil {
		return c, err
	}
	first, second, _ := strings.Cut(text, "/")
	n, err := parseCount("N", second, 1, 99)
	if err != nil {
		return c, err
	}
	k, err := parseCount("K", first, 1, n)
	if err != nil {
		return c, err
	}
	t, err := parseTrip(settings["rtt"], false)
	if err != nil {
		return c, err
	}
	c.rows = func(s Sample) []Row { return latencyRows(s, &orderStatistic{k, n, t.roundTrip}, 0.01, 0.02) }
	if k == n/2+1 && n <= 25 { // larger ones would take long
		c.measure = func(seed uint64, values []float64) error { return phase1(n, t, seed, values) }
		return c, nil
	}
	c.batch = 500
	c.measure = func(seed uint64, values []float64) error { return gather(k, n, t, seed, values) }
	return c, nil
}

// phase1 measures how long phase 1 of a single proposer takes.
func phase1(n int, t trip, seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed})
	acceptors := firstServers(n)
	proposer := node.ID(n + 1)
	config := synod.Config{Acceptors: acceptors, Proposers: []node.ID{proposer}, Patience: never}
	for range acceptors {
		w.AddServer(func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	w.AddServer(func(env node.Env) node.Handler { return synod.NewProposer(env, config, "A") })
	w.Inject(sim.Schedule{sim.Filter{Types: "Prepare", Delay: t.distribution}})
	ended := time.Duration(-1)
	w.Observe(observer(func(e *sim.Event) {
		if _, ok := e.Message.(synod.Accept); ok && ended < 0 {
			ended = e.At
		}
	}), sim.Sent)
	for ended < 0 && w.Step() {
	}
	values[0] = milliseconds(ended)
	return nil
}

// gather measures how long it takes to ask n machines and to have k answers.
func gather(k, n int, t trip, seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed})
	for range n {
		w.AddServer(func(env node.Env) node.Handler { return &answerer{env: env} })
	}
	g := &gatherer{machines: firstServers(n), enough: k, values: values}
	w.AddClient(func(env node.Env) node.Handler { g.env = env; return g })
	w.Inject(sim.Schedule{sim.Filter{Types: "question", Delay: t.distribution}})
	for g.round <= len(values) && w.Step() {
	}
	return nil
}

type answerer struct {
	silent
	env node.Env
}

// Receive implements node.Handler.
func (a *answerer) Receive(from node.ID, m node.Message) {
	if round, ok := m.(question); ok {
		a.env.Send(from, answer(round))
	}
}

// gatherer asks all machines, one round after the other, each when all is quiet again.
type gatherer struct {
	silent
	env      node.Env
	machines []node.ID
	enough   int
	values   []float64

	round   int
	asked   time.Duration
	answers int
}

// Start implements node.Handler.
func (g *gatherer) Start() { g.Timeout(0) }

// Timeout implements node.Handler: the next round begins.
func (g *gatherer) Timeout(node.Timer) {
	g.round++
	g.asked, g.answers = g.env.Now(), 0
	for _, id := range g.machines {
		g.env.Send(id, question(g.round))
	}
}

// Receive implements node.Handler.
func (g *gatherer) Receive(_ node.ID, m node.Message) {
	if round, ok := m.(answer); !ok || int(round) != g.round {
		return
	}
	if g.answers++; g.answers == g.enough && g.round <= len(g.values) {
		g.values[g.round-1] = milliseconds(g.env.Now() - g.asked)
		g.env.SetTimer(0, quiet)
	}
}

// observer is a function that observes a trace.
type observer func(e *sim.Event)

// Observe implements sim.Observer.
func (o observer) Observe(e *sim.Event) { o(e) }
