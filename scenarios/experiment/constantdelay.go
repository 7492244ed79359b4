package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
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
	peers := float64(n - 1)
	switch {
	case kind == "steady":
		e.only(&c, e.steady, "client round trip (d)", 4)
	case kind == "phase-1" && which == "paxos":
		e.only(&c, e.phase1, "client round trip (d)", 6)
	case kind == "messages" || kind == "eager":
		e.cluster.eagerCommit = kind == "eager"
		c.width = 3
		c.measure = e.messages
		c.rows = func(s Sample) []Row {
			requests, answers, notices := s.Mean(0), s.Mean(1), s.Mean(2)
			expected := 0.0
			if kind == "eager" {
				expected = peers
			}
			return []Row{
				exactly("requests per command", requests, peers),
				exactly("answers per command", answers, peers),
				exactly("further messages per command", notices, expected),
			}
		}
	case kind == "disk":
		c.width = 2
		c.measure = e.disk
		c.rows = func(s Sample) []Row {
			const d, w = float64(delay), float64(syncTime)
			return []Row{
				exactly("client round trip, parallel (d)", s.Mean(0), (4*d+w)/d),
				exactly("client round trip, serial (d)", s.Mean(1), (4*d+2*w)/d),
				exactly("gain (W)", (s.Mean(1)-s.Mean(0))*d/w, 1),
			}
		}
	default:
		return c, fmt.Errorf("%q of %s is not known", kind, which)
	}
	return c, nil
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

// serial is a server whose requests to store commands leave only when its own disk
// has stored all that was written before.
type serial struct {
	node.Handler
	env serialEnv
}

type serialEnv struct {
	node.Env
	request string
	held    *[]held
}

// held is a message that waits for a sync.
type held struct {
	to      node.ID
	message node.Message
}

func newSerial(env node.Env, e counted) node.Handler {
	s := &serial{env: serialEnv{Env: env, request: e.protocol.request, held: new([]held)}}
	s.Handler = e.protocol.server(s.env, e.cluster)
	return s
}

// Send implements node.Env.
func (e serialEnv) Send(to node.ID, m node.Message) {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", m), ".")
	if a, ok := m.(raft.AppendEntries); name != e.request || ok && len(a.Entries) == 0 {
		e.Env.Send(to, m)
		return
	}
	*e.held = append(*e.held, held{to, m})
}

// Synced implements node.Handler: what waited leaves.
func (s *serial) Synced(n node.Sync, err error) {
	for _, h := range *s.env.held {
		s.env.Env.Send(h.to, h.message)
	}
	*s.env.held = nil
	s.Handler.Synced(n, err)
}

// regions are places and how far they are from each other.
var regions = []string{"VA", "CA", "OR", "IR", "JP"}

var roundTrips = []sim.RoundTrip{
	{A: "VA", B: "CA", Time: 86 * time.Millisecond}, {A: "VA", B: "OR", Time: 65 * time.Millisecond},
	{A: "VA", B: "IR", Time: 80 * time.Millisecond}, {A: "VA", B: "JP", Time: 156 * time.Millisecond},
	{A: "CA", B: "OR", Time: 28 * time.Millisecond}, {A: "CA", B: "IR", Time: 154 * time.Millisecond},
	{A: "CA", B: "JP", Time: 131 * time.Millisecond}, {A: "OR", B: "IR", Time: 137 * time.Millisecond},
	{A: "OR", B: "JP", Time: 115 * time.Millisecond}, {A: "IR", B: "JP", Time: 218 * time.Millisecond},
}

// distances are regions and how far they are from each other.
type distances struct {
	regions []string
	trips   []sim.RoundTrip
}

// parseDistances reads a matrix.
func parseDistances(text string) (d distances, err error) {
	for field := range strings.SplitSeq(text, "+") {
		pair, value, valued := strings.Cut(field, "=")
		a, b, two := strings.Cut(pair, "-")
		ms, err := strconv.ParseFloat(value, 64)
		if !valued || !two || a == "" || b == "" || a == b || err != nil || !(ms > 0 && ms <= 10_000) {
			return d, fmt.Errorf("%q is not of the form A-B=86, a round trip of up to 10000 ms between two regions", field)
		}
		for _, t := range d.trips {
			if t.A == a && t.B == b || t.A == b && t.B == a {
				return d, fmt.Errorf("the distance of %s and %s is there twice", a, b)
			}
		}
		d.trips = append(d.trips, sim.RoundTrip{A: a, B: b, Time: time.Duration(ms * float64(time.Millisecond))})
		for _, region := range []string{a, b} {
			if !slices.Contains(d.regions, region) {
				d.regions = append(d.regions, region)
			}
		}
	}
	if n := len(d.regions); n > 25 || len(d.trips) != n*(n-1)/2 {
		return d, fmt.Errorf("%d regions have %d distances, not %d; and there may be 25", n, n*(n-1)/2, len(d.trips))
	}
	return d, nil
}

// nearest returns how long a round trip to the k-th nearest of the other regions
// takes, in milliseconds.
func (d distances) nearest(region string, k int) float64 {
	trips := []float64{0}
	for _, t := range d.trips {
		if t.A == region || t.B == region {
			trips = append(trips, milliseconds(t.Time))
		}
	}
	slices.Sort(trips)
	return trips[k]
}

// parseWANCommit makes the case of a leader in one of several regions.
func parseWANCommit(c Case, kind string, p protocol, where string) (Case, error) {
	d := distances{regions, roundTrips}
	region, matrix, given := strings.Cut(where, "/")
	if given {
		var err error
		if d, err = parseDistances(matrix); err != nil {
			return c, err
		}
	}
	leader, n := slices.Index(d.regions, region), len(d.regions)
	quorum := n/2 + 1
	if size, flexible := strings.CutPrefix(kind, "wan-quorum-"); flexible {
		k, err := strconv.Atoi(size)
		if err != nil || k < 1 || k > n || p.name != paxosProtocol.name {
			return c, fmt.Errorf("a quorum of phase 2 is of Paxos, and from 1 to %d", n)
		}
		quorum = k
	} else if kind != "wan" {
		return c, fmt.Errorf("%q is not known", kind)
	}
	if leader < 0 {
		return c, fmt.Errorf("%q is none of the regions %s", region, strings.Join(d.regions, ", "))
	}
	cluster := clusterConfig{servers: firstServers(n), phase2: quorum}
	c.measure = func(seed uint64, values []float64) error {
		config := sim.Config{Seed: seed, Network: sim.Network{Regions: sim.Regions{
			Servers: d.regions, Clients: []string{region}, RoundTrips: d.trips,
		}}}
		// The first command, phase 1 of Paxos with it, has to be over before the next.
		a := asker{server: node.ID(leader + 1), lead: p.lead, settle: time.Minute, pause: time.Minute, count: 20}
		latency, err := a.ask(p.build(config, cluster))
		if err != nil {
			return err
		}
		values[0] = allEqual(latency[1:], time.Millisecond)
		return nil
	}
	c.rows = func(s Sample) []Row {
		return []Row{exactly("commit (ms)", s.Mean(0), d.nearest(region, quorum-1))}
	}
	return c, nil
}
