package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

const constantDelayStory = `Where messages take a constant time d, nothing is lost, and neither processors nor disks cost
anything, everything about a commit can be counted on one's fingers. What is measured here has to
be exact: a simulator that is off by a nanosecond counts a step too many somewhere.

- steady: client, leader, majority, leader, client: 4d, whatever the size.
- phase-1: a command that finds no leader waits for phase 1 of Paxos first: 6d.
- messages: n-1 requests and n-1 answers per command. What is committed travels with
  the next request, or in n-1 further messages (eager).
- disk: a write takes W to become durable. A leader that sends its requests while its own
  disk is still writing answers after 4d + W; one that writes first after 4d + 2W
  (Ongaro's thesis, §10.2.1). The serial leader is the same one, with its
  requests held back until its sync is done.
- wan: five regions with measured distances: the client is beside the leader, and
  waits for the second nearest of the others; with a quorum of two in phase 2
  (Flexible Paxos), for the nearest.

Worth a thought: where would you put the leader, and where the second member of its quorum?`

var constantDelay = Experiment{
	Name:   "constant-delay",
	Title:  "what a command costs when every message takes equally long: delays d, messages, syncs W",
	Source: "counting; Ongaro, Stanford 2014, §10.2.1; Howard, Malkhi & Spiegelman, Flexible Paxos, OPODIS 2016",
	Story:  constantDelayStory,
	Trials: 1,
	Cases: []string{
		"steady/raft/n=3", "steady/raft/n=5", "steady/raft/n=7", "steady/paxos/n=3", "steady/paxos/n=5", "steady/paxos/n=7",
		"phase-1/paxos/n=3", "phase-1/paxos/n=5",
		"messages/raft/n=3", "messages/raft/n=5", "messages/paxos/n=3", "messages/paxos/n=5",
		"eager/raft/n=5", "eager/paxos/n=5",
		"disk/raft/n=5", "disk/paxos/n=5",
		"wan/raft/VA", "wan/raft/CA", "wan/raft/OR", "wan/raft/IR", "wan/raft/JP",
		"wan/paxos/VA", "wan/paxos/CA", "wan/paxos/OR", "wan/paxos/IR", "wan/paxos/JP",
		"wan-quorum-2/paxos/VA", "wan-quorum-2/paxos/CA", "wan-quorum-2/paxos/OR", "wan-quorum-2/paxos/IR", "wan-quorum-2/paxos/JP",
	},
	Family: "steady, messages, eager or disk, then /raft or /paxos, then /n=N; phase-1/paxos/n=N; wan/PROTOCOL/REGION[/MATRIX] or wan-quorum-K/paxos/REGION[/MATRIX], with the round trip in ms between any two regions: A-B=86+A-C=65+B-C=28",
	parse:  parseConstantDelay,
	draw:   drawConstantDelay,
}

// delay is d, and syncTime is W.
const (
	delay    = 7 * time.Millisecond
	syncTime = 3 * time.Millisecond
)

func parseConstantDelay(name string) (c Case, err error) {
	kind, rest, _ := strings.Cut(name, "/")
	which, where, _ := strings.Cut(rest, "/")
	p, known := protocolNamed(which)
	if !known {
		return c, errors.New("it is not of the form kind/protocol/size")
	}
	c.limit = 1
	if strings.HasPrefix(kind, "wan") {
		return parseWANCommit(c, kind, p, where)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(where, "n="))
	if err != nil || !strings.HasPrefix(where, "n=") || n < 2 || n > 99 {
		return c, fmt.Errorf("%q is not a size from n=2 to n=99", where)
	}
	e := counted{protocol: p, cluster: clusterConfig{servers: firstServers(n)}}
	switch {
	case kind == "steady":
		e.only(&c, e.steady, "client round trip (d)", 4)
	case kind == "phase-1" && which == "paxos":
		e.only(&c, e.phase1, "client round trip (d)", 6)
	case kind == "messages" || kind == "eager":
		e.cluster.eagerCommit = kind == "eager"
		c.width = 3
		c.measure = e.messages
		c.rows = e.messageRows
	case kind == "disk":
		c.width = 2
		c.measure = e.disk
		c.rows = diskRows
	default:
		return c, fmt.Errorf("%q of %s is not known", kind, which)
	}
	return c, nil
}

// messageRows counts messages: each peer is asked and answers once, and is told at once
// what was chosen only if commitments are eager.
func (e counted) messageRows(s Sample) []Row {
	peers, told := float64(len(e.cluster.servers)-1), 0.0
	if e.cluster.eagerCommit {
		told = peers
	}
	return []Row{
		exactly("requests per command", s.Mean(0), peers),
		exactly("answers per command", s.Mean(1), peers),
		exactly("further messages per command", s.Mean(2), told),
	}
}

// diskRows compares a leader that writes while it sends with one that writes first.
func diskRows(s Sample) []Row {
	const d, w = float64(delay), float64(syncTime)
	return []Row{
		exactly("client round trip, parallel (d)", s.Mean(0), (4*d+w)/d),
		exactly("client round trip, serial (d)", s.Mean(1), (4*d+2*w)/d),
		exactly("gain (W)", (s.Mean(1)-s.Mean(0))*d/w, 1),
	}
}

// counted is a cluster in which everything can be counted.
type counted struct {
	protocol protocol
	cluster  clusterConfig
}

// only makes the case of a single exact number.
func (e counted) only(c *Case, measure func(seed uint64, values []float64) error, metric string, published float64) {
	c.measure = measure
	c.rows = func(s Sample) []Row { return []Row{exactly(metric, s.Mean(0), published)} }
}

// steady asks for commands and measures the later ones, which all have to take
// equally long.
func (e counted) steady(seed uint64, values []float64) error {
	w := e.protocol.build(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(delay)}}, e.cluster)
	a := asker{server: 1, lead: e.protocol.lead, settle: time.Second, count: 100}
	latency, err := a.ask(w)
	if err != nil {
		return err
	}
	values[0] = allEqual(latency[1:], delay)
	return nil
}

// phase1 asks a cluster that has never had a leader.
func (e counted) phase1(seed uint64, values []float64) error {
	w := e.protocol.build(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(delay)}}, e.cluster)
	a := asker{server: 1, count: 1}
	latency, err := a.ask(w)
	if err != nil {
		return err
	}
	values[0] = allEqual(latency, delay)
	return nil
}

// messages counts the messages among servers from after the first command on.
func (e counted) messages(seed uint64, values []float64) error {
	const commands = 100
	w := e.protocol.build(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(delay)}}, e.cluster)
	a := asker{server: 1, lead: e.protocol.lead, settle: time.Second, pause: time.Second, count: 1 + commands}
	var sent [3]int
	w.Observe(observer(func(ev *sim.Event) {
		_, name, _ := strings.Cut(fmt.Sprintf("%T", ev.Message), ".")
		if a.sequence < 2 || ev.Machine > 100 || ev.Peer > 100 {
			return // of the election or the first command, or a client's
		}
		switch name {
		case e.protocol.request:
			sent[0]++
		case e.protocol.answer:
			sent[1]++
		default:
			sent[2]++
		}
	}), sim.Sent)
	if _, err := a.ask(w); err != nil {
		return err
	}
	if err := w.Run(w.Now() + time.Second); err != nil {
		return err
	}
	for i := range values {
		values[i] = float64(sent[i]) / commands
	}
	return nil
}

// disk asks a leader that writes in parallel with its followers, and one that
// writes before it asks them.
func (e counted) disk(seed uint64, values []float64) error {
	for i, serial := range []bool{false, true} {
		w := sim.New(sim.Config{
			Seed:    seed,
			Network: sim.Network{Latency: sim.Constant(delay)},
			Disk:    sim.DiskTiming{Sync: sim.Constant(syncTime)},
		})
		for range e.cluster.servers {
			w.AddServer(func(env node.Env) node.Handler {
				if serial {
					return newSerial(env, e)
				}
				return e.protocol.server(env, e.cluster)
			})
		}
		a := asker{server: 1, lead: e.protocol.lead, settle: time.Second, pause: time.Second, count: 20}
		latency, err := a.ask(w)
		if err != nil {
			return err
		}
		values[i] = allEqual(latency[1:], delay)
	}
	return nil
}
