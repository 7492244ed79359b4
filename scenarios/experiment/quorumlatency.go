package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/sim"
)

const quorumLatencyStory = `A leader with n-1 followers commits when k = ⌊n/2⌋ of them have answered, so that takes
the k-th shortest of n-1 round trips. If round trips (rtt) are exponential with
mean 1, the mean is H(n-1) - H(n-1-k), where H(m) = 1 + 1/2 + ... + 1/m; if they are uniform from 0 to 1, it is k/n.
If each leg of the trip is drawn by itself (legs), there is no formula as simple, and
the expected value is integrated numerically. Each trial is one commit by a real
leader, Raft's or Multi-Paxos's, from the request's arrival; a
unit of time is a millisecond, and the next request comes when all is quiet again.

quorum=K/N is somebody who asks N machines and waits for K answers, with exponential round trips unless others are named; if K is a majority, it is phase 1 of a
proposer of Paxos with N acceptors. q=Q is Paxos with a quorum of Q in phase 2, the leader among them, which waits for Q-1. chain=K is a message that is handed on
over K exponential legs, as in chain replication. Compare their 99th percentiles: a quorum does not wait for the slowest.

Worth a thought: which commits faster, three servers or five, and does it depend on the distribution?`

var quorumLatency = Experiment{
	Name:   "quorum-latency",
	Title:  "how long a commit waits for its quorum, by size and distribution of round trips",
	Source: "order statistics in closed form; for p99 also Brooker's blog (chains take around 8)",
	Story:  quorumLatencyStory,
	Trials: 100_000,
	Cases:  quorumLatencyCases(),
	Family: "[raft/|paxos/]n=N,rtt=D or n=N,legs=D, and with paxos q=Q for a quorum of phase 2, with D one of exp[:MEAN], uniform[:LOW-HIGH], const:MS, pareto:ALPHA, lognormal:SIGMA; chain=K; quorum=K/N[,rtt=D]",
	parse:  parseQuorumLatency,
	draw:   drawQuorumLatency,
}

func quorumLatencyCases() (names []string) {
	for _, trip := range []string{"rtt=exp", "rtt=uniform", "legs=exp", "legs=uniform"} {
		for _, n := range []string{"n=3", "n=5", "n=7"} {
			names = append(names, n+","+trip)
		}
	}
	return append(names, "paxos/n=5,rtt=exp", "paxos/n=5,legs=uniform", "chain=3", "quorum=3/5", "quorum=4/7")
}

// trip is how long a message, or a message and its answer, is under way.
type trip struct {
	distribution sim.Distribution // of one leg, or of the round trip, in milliseconds
	legs         bool
	roundTrip    func(t float64) float64 // its distribution; nil if there is no formula
}

// parseTrip reads one of the distributions of Family.
func parseTrip(text string, legs bool) (t trip, err error) {
	const unit = time.Millisecond
	t.legs = legs
	name, parameter, given := strings.Cut(text, ":")
	number := func(otherwise float64) (value float64) {
		if !given {
			return otherwise
		}
		if value, err = strconv.ParseFloat(parameter, 64); err == nil && (!(value >= 0.001) || value > 1000) {
			err = fmt.Errorf("%v is not from 0.001 to 1000", value)
		}
		return value
	}
	var single func(t float64) float64 // of one leg
	switch {
	case name == "exp":
		mean := number(1)
		t.distribution = sim.Exponential(time.Duration(mean * float64(unit)))
		single, t.roundTrip = scaled(exponentialCDF, 0, mean), scaled(erlangCDF(2), 0, mean)
	case name == "uniform":
		low, high := time.Duration(0), unit
		if given {
			low, high, err = parseTimes("uniform", parameter, 0, time.Second)
		}
		from, width := milliseconds(low), milliseconds(high-low)
		t.distribution = uniform(low, high)
		single, t.roundTrip = scaled(uniformCDF, from, width), scaled(triangleCDF, 2*from, width)
	case name == "const" && given:
		value := number(0)
		t.distribution = sim.Constant(time.Duration(value * float64(unit)))
		single, t.roundTrip = scaled(nil, value, 0), scaled(nil, 2*value, 0)
	case name == "pareto" && given:
		alpha := number(0)
		t.distribution, single = sim.Pareto(unit, alpha), paretoCDF(alpha)
	case name == "lognormal" && given:
		sigma := number(0)
		t.distribution, single = sim.LogNormal(unit, sigma), logNormalCDF(sigma)
	default:
		return t, fmt.Errorf("%q is none of the distributions exp, exp:MEAN, uniform, uniform:LOW-HIGH, const:MS, pareto:ALPHA and lognormal:SIGMA", text)
	}
	if err != nil {
		return t, fmt.Errorf("distribution %q: %w", text, err)
	}
	if !legs {
		t.roundTrip = single
	}
	return t, nil
}

func parseQuorumLatency(name string) (c Case, err error) {
	switch kind, rest, _ := strings.Cut(name, "="); kind {
	case "chain":
		return parseChain(rest)
	case "quorum":
		return parseQuorum(rest)
	}
	p := raftProtocol
	if before, rest, found := strings.Cut(name, "/"); found {
		known := false
		if p, known = protocolNamed(before); !known {
			return c, fmt.Errorf("%q is no protocol", before)
		}
		name = rest
	}
	fields, err := parseSettings(name, []string{"n=", "rtt=", "legs=", "q="}, nil)
	if err != nil {
		return c, err
	}
	n, err := parseCount("n", fields["n"], 2, 99)
	if err != nil {
		return c, err
	}
	e := commits{protocol: p, n: n, quorum: n/2 + 1}
	if text := fields["q"]; text != "" {
		if e.quorum, err = parseCount("q", text, 1, n); err != nil {
			return c, err
		}
		if p.name != paxosProtocol.name {
			return c, errors.New("q is of Paxos: Raft's quorums are majorities")
		}
	}
	if (fields["rtt"] == "") == (fields["legs"] == "") {
		return c, errors.New("it has to have a distribution, either of round trips (rtt) or of legs")
	}
	legs := fields["legs"] != ""
	if e.trip, err = parseTrip(fields["rtt"]+fields["legs"], legs); err != nil {
		return c, err
	}
	return Case{batch: 500, measure: e.measure, rows: func(s Sample) []Row {
		if e.trip.roundTrip == nil || e.quorum == 1 {
			return latencyRows(s, nil, 0, 0)
		}
		return latencyRows(s, &orderStatistic{e.quorum - 1, n - 1, e.trip.roundTrip}, 0.01, 0.02)
	}}, nil
}

// latencyRows compares mean and p99 with those of an order statistic, if there is
// one. A fraction of zero holds to nothing.
func latencyRows(s Sample, expected *orderStatistic, ofMean, ofP99 float64) []Row {
	sorted := s.Sorted(0)
	mean, p99 := mean(sorted), quantile(sorted, 0.99)
	rows := []Row{measured("mean", mean), measured("p99", p99)}
	if expected == nil {
		return rows
	}
	// What scatters more than an exponential distribution cannot be held to a hundredth by
	// a hundred thousand trials.
	if deviation(sorted) > 1.1*mean {
		return []Row{beside("mean", mean, expected.mean()), beside("p99", p99, expected.quantile(0.99))}
	}
	if ofMean > 0 {
		rows[0] = near("mean", mean, expected.mean(), ofMean)
	}
	if ofP99 > 0 {
		rows[1] = near("p99", p99, expected.quantile(0.99), ofP99)
	}
	return rows
}

// commits measures how long commits take in a cluster of n.
type commits struct {
	protocol protocol
	n        int
	quorum   int // which the leader is one of
	trip     trip
}

// quiet is a pause after which everything that was under way has arrived, but for the
// far end of a heavy tail. Virtual time costs nothing.
const quiet = time.Minute

// measure has a client ask for as many commands as there are values.
func (e commits) measure(seed uint64, values []float64) error {
	w := e.protocol.build(sim.Config{Seed: seed}, clusterConfig{servers: firstServers(e.n), phase2: e.quorum})
	delayed := e.protocol.request
	if e.trip.legs {
		delayed += "+" + e.protocol.answer
	}
	w.Inject(sim.Schedule{sim.Filter{Types: delayed, Delay: e.trip.distribution}})
	// The client is next to the leader, so that it waits for the commit alone. Its
	// first command is not counted: phase 1 of Paxos is part of it.
	a := asker{server: 1, lead: e.protocol.lead, settle: quiet, pause: quiet, count: len(values) + 1}
	latency, err := a.ask(w)
	if err != nil {
		return err
	}
	for i := range values {
		values[i] = milliseconds(latency[i+1])
	}
	return nil
}

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

// question is what machines are asked, and answer what they say: the round.
type (
	question int
	answer   int
)

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

// parseChain makes the case of a message that is handed on.
func parseChain(text string) (c Case, err error) {
	k, err := strconv.Atoi(text)
	if err != nil || k < 1 || k > 20 {
		return c, fmt.Errorf("%q is not a number of legs from 1 to 20", text)
	}
	return Case{
		batch:   500,
		measure: func(seed uint64, values []float64) error { return chain(k, seed, values) },
		rows: func(s Sample) []Row {
			return latencyRows(s, &orderStatistic{1, 1, erlangCDF(k)}, 0.01, 0.02)
		},
	}, nil
}

// chain measures how long messages take over so many machines.
func chain(k int, seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Exponential(time.Millisecond)}})
	count := 0
	for range k {
		w.AddServer(func(env node.Env) node.Handler {
			return &handsOn{env: env, last: node.ID(k), arrived: func(sent time.Duration) {
				values[count] = milliseconds(w.Now() - sent)
				count++
			}}
		})
	}
	w.AddClient(func(env node.Env) node.Handler { return &handsOn{env: env, messages: len(values)} })
	for count < len(values) && w.Step() {
	}
	return nil
}

// handsOn is a machine of a chain, or the client that sends messages, with the time
// in them, to the first.
type handsOn struct {
	silent
	env      node.Env
	last     node.ID
	messages int
	arrived  func(sent time.Duration)
}

// Start implements node.Handler.
func (h *handsOn) Start() {
	for range h.messages {
		h.env.Send(1, h.env.Now())
	}
}

// Receive implements node.Handler.
func (h *handsOn) Receive(_ node.ID, m node.Message) {
	if h.env.ID() == h.last {
		h.arrived(m.(time.Duration))
		return
	}
	h.env.Send(h.env.ID()+1, m)
}
