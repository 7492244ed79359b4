package experiment

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/sim"
)

const wanStory = `Five servers around a continent: messages take 30 to 40 ms one way, uniformly, and
election timeouts are drawn from 300 to 600 ms. All servers start at the same moment with fresh timers, f
of them isolated. Neither disks nor processing take time. Measured is, in milliseconds,
when the leader that then stays, for 16 heartbeats, took office.

With the same logs any server can win. With differing logs, all of different
length, only the three longest of five can, or two of four, or one of three: fewer
winners, so longer elections. The thesis draws both, and its text gives means over both, and the worst: both/1 and
both/2 take one half of the trials from each. They differ from the text by some per cent, and the longest of ten thousand
by more: it says "about", and not of how many trials.

One detail shifts the tail: a candidate that steps down because of a higher term keeps
its running timer. If it drew a new one, the next round would come later.

Worth a thought: with f = 2 every vote counts. Why does that make the 95th percentile
three times as long, when the median hardly moves?`

var raftWAN = Experiment{
	Name:   "raft-wan-election",
	Title:  "how long elections take over a wide-area network (ms)",
	Source: "Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §9.4",
	Story:  wanStory,
	Trials: 10_000,
	Cases:  []string{"same/0", "same/1", "same/2", "differing/0", "differing/1", "differing/2", "both/1", "both/2"},
	Family: "same/F, differing/F or both/F with F isolated servers[,n=N][,latency=LOW-HIGH][,timeout=LOW-HIGH] in milliseconds",
	parse:  parseWAN,
	draw:   drawWAN,
}

// wan is what the thesis says, in milliseconds.
var wan = map[string]struct{ p50, mean, p95, p99, worst float64 }{
	"same/0": {p50: 410, mean: 430, p95: 526, p99: 833},
	"same/1": {p50: 423, mean: 469, p95: 814, p99: 1005},
	"same/2": {p50: 469, mean: 632, p95: 1336, p99: 1929},
	"both/1": {mean: 475, worst: 1500},
	"both/2": {mean: 650, worst: 3000},
}

func parseWAN(name string) (c Case, err error) {
	defaults := map[string]string{"n": "5", "latency": "30-40", "timeout": "300-600"}
	which, settings, err := cutSettings(name, []string{"n=", "latency=", "timeout="}, defaults)
	if err != nil {
		return c, err
	}
	logs, count, found := strings.Cut(which, "/")
	if !found {
		return c, errors.New("it is not of the form logs/isolated")
	}
	n, err := parseCount("n", settings["n"], 2, 25)
	if err != nil {
		return c, err
	}
	isolated, err := strconv.Atoi(count)
	if err != nil || isolated < 0 || isolated > n-(n/2+1) {
		return c, fmt.Errorf("with %q of %d servers isolated there is no leader: it has to be a number from 0 to %d", count, n, n-(n/2+1))
	}
	least, most, err := parseTimes("timeout", settings["timeout"], time.Millisecond, time.Minute)
	if err != nil {
		return c, err
	}
	if least == most {
		return c, fmt.Errorf("timeout is %q: with equal timeouts and fresh timers there is no leader", settings["timeout"])
	}
	fastest, slowest, err := parseTimes("latency", settings["latency"], 0, least/2-1)
	if err != nil {
		return c, err
	}
	if maps.Equal(settings, defaults) {
		name = which // as the source has it
	}
	e := wanElection{config: plainRaft(firstServers(n), least, most), latency: uniform(fastest, slowest), isolated: isolated}
	c.rows = func(s Sample) []Row { return wanRows(s, name) }
	c.measure, err = e.withLogs(logs)
	return c, err
}

// withLogs measures elections among servers whose logs are the same, or differ, or do the
// one and the other by turns.
func (e wanElection) withLogs(logs string) (func(seed uint64, values []float64) error, error) {
	differing := e
	differing.differing = true
	switch logs {
	case "same":
		return e.measure, nil
	case "differing":
		return differing.measure, nil
	case "both":
		return func(seed uint64, values []float64) error {
			if seed%2 == 0 {
				return e.measure(seed, values)
			}
			return differing.measure(seed, values)
		}, nil
	}
	return nil, fmt.Errorf("logs are the same, or differing, or both, not %q", logs)
}

// wanElection is the first election of a cluster.
type wanElection struct {
	config    raft.Config
	latency   sim.Distribution
	isolated  int // servers
	differing bool
}

// heartbeatsToStay is after how many heartbeats a leader is taken to stay.
const heartbeatsToStay = 16

// measure puts the time at which the leader took office that stayed, in
// milliseconds, into values.
func (e wanElection) measure(seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: e.latency}})
	var office office
	for i := range e.config.Servers {
		if i >= len(e.config.Servers)-e.isolated { // nobody hears it
			w.AddServer(func(node.Env) node.Handler { return silent{} })
			continue
		}
		w.AddServer(func(env node.Env) node.Handler {
			if e.differing {
				past := len(e.config.Servers) - 1 - i
				if err := raft.WriteLog(env, 1, unequalLogs[:past]...); err != nil {
					panic(err)
				}
			}
			return raft.New(env, e.config, nothing{})
		})
	}
	w.Watch(func(id node.ID, h node.Handler) error { office.look(w.Now(), id, h); return nil })
	stays := heartbeatsToStay * e.config.HeartbeatInterval
	for !office.held(w.Now(), stays) && w.Step() {
	}
	values[0] = milliseconds(office.since)
	return nil
}

// wanRows compares with the published numbers.
func wanRows(s Sample, name string) []Row {
	sorted := s.Sorted(0)
	source := wan[name]
	row := func(metric string, value, published, fraction float64) Row {
		switch {
		case published == 0:
			return measured(metric, value)
		case source.p50 == 0: // the text says "about"
			return beside(metric, value, published)
		}
		return near(metric, value, published, fraction)
	}
	rows := []Row{
		row("p50", quantile(sorted, 0.50), source.p50, 0.02),
		row("mean", mean(sorted), source.mean, 0.03),
		row("p95", quantile(sorted, 0.95), source.p95, 0.05),
		row("p99", quantile(sorted, 0.99), source.p99, 0.10),
	}
	if source.worst > 0 { // of how many, the text does not say
		rows = append(rows, beside("worst", quantile(sorted, 1), source.worst))
	}
	return rows
}
