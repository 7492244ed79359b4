package experiment

import (
	"errors"
	"fmt"
	"math"
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

quorum=K/N is somebody who asks N machines and waits for K answers: phase 1 of a
proposer of Paxos with N acceptors and exponential round trips. chain=K is a message that is handed on
over K exponential legs, as in chain replication. Compare their 99th percentiles: a quorum does not wait for the slowest.

Worth a thought: which commits faster, three servers or five, and does it depend on the distribution?`

var quorumLatency = Experiment{
	Name:   "quorum-latency",
	Title:  "how long a commit waits for its quorum, by size and distribution of round trips",
	Source: "order statistics in closed form; for p99 also Brooker's blog (chains take around 8)",
	Story:  quorumLatencyStory,
	Trials: 100_000,
	Cases:  quorumLatencyCases(),
	Family: "[raft/|paxos/]n=N,rtt=D or n=N,legs=D with D one of exp, uniform, pareto:ALPHA, lognormal:SIGMA; chain=K; quorum=K/N with K a majority of N",
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
	name, parameter, _ := strings.Cut(text, ":")
	value := 0.0
	if parameter != "" {
		if value, err = strconv.ParseFloat(parameter, 64); err != nil || !(value > 0) || value > 100 {
			return t, fmt.Errorf("%q is not a number from 0 to 100", parameter)
		}
	}
	var single func(t float64) float64 // of one leg
	switch {
	case text == "exp":
		t.distribution, single, t.roundTrip = sim.Exponential(unit), exponentialCDF, erlangCDF(2)
	case text == "uniform":
		t.distribution, single, t.roundTrip = sim.Uniform(0, unit), uniformCDF, triangleCDF
	case name == "pareto" && value > 0:
		t.distribution, single = sim.Pareto(unit, value), paretoCDF(value)
	case name == "lognormal" && value > 0:
		t.distribution, single = sim.LogNormal(unit, value), logNormalCDF(value)
	default:
		return t, fmt.Errorf("%q is none of the distributions exp, uniform, pareto:ALPHA and lognormal:SIGMA", text)
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
	legs := strings.Contains(name, "legs=")
	which := "rtt"
	if legs {
		which = "legs"
	}
	fields, err := parseFields(name, "n", which)
	if err != nil {
		return c, err
	}
	n, err := strconv.Atoi(fields["n"])
	if err != nil || n < 2 || n > 25 {
		return c, fmt.Errorf("n is %q: it has to be a number from 2 to 25", fields["n"])
	}
	t, err := parseTrip(fields[which], legs)
	if err != nil {
		return c, err
	}
	e := commits{p, n, t}
	return Case{batch: 500, measure: e.measure, rows: func(s Sample) []Row {
		if t.roundTrip == nil {
			return latencyRows(s, nil, 0, 0)
		}
		return latencyRows(s, &orderStatistic{n / 2, n - 1, t.roundTrip}, 0.01, 0.02)
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
	if m := expected.mean(); ofMean > 0 && !math.IsInf(m, 0) {
		rows[0] = near("mean", mean, m, ofMean)
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
	trip     trip
}

// quiet is a pause after which everything that was under way has arrived, but for the
// far end of a heavy tail. Virtual time costs nothing.
const quiet = time.Minute

// measure has a client ask for as many commands as there are values.
func (e commits) measure(seed uint64, values []float64) error {
	w := e.protocol.build(sim.Config{Seed: seed}, clusterConfig{servers: firstServers(e.n)})
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

// parseQuorum makes the case of a proposer that waits for a majority.
func parseQuorum(text string) (c Case, err error) {
	first, second, _ := strings.Cut(text, "/")
	k, errK := strconv.Atoi(first)
	n, errN := strconv.Atoi(second)
	switch {
	case errK != nil || errN != nil:
		return c, errors.New("it is not of the form quorum=K/N")
	case n < 1 || n > 99 || k != n/2+1:
		return c, fmt.Errorf("%d is not the smallest majority of %d acceptors, of which there are up to 99", k, n)
	}
	return Case{measure: func(seed uint64, values []float64) error { return phase1(n, seed, values) }, rows: func(s Sample) []Row {
		return latencyRows(s, &orderStatistic{k, n, exponentialCDF}, 0.01, 0.02)
	}}, nil
}

// phase1 measures how long phase 1 of a single proposer takes.
func phase1(n int, seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed})
	acceptors := firstServers(n)
	proposer := node.ID(n + 1)
	config := synod.Config{Acceptors: acceptors, Proposers: []node.ID{proposer}, Patience: never}
	for range acceptors {
		w.AddServer(func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	w.AddServer(func(env node.Env) node.Handler { return synod.NewProposer(env, config, "A") })
	w.Inject(sim.Schedule{sim.Filter{Types: "Prepare", Delay: sim.Exponential(time.Millisecond)}})
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
