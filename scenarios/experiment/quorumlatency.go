package experiment

import (
	"errors"
	"fmt"
	"strings"
	"time"

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

// question is what machines are asked, and answer what they say: the round.
type (
	question int
	answer   int
)
