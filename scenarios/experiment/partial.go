package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

const partialStory = `A network that is only partly broken is harder on a cluster than one that falls in two. In each of these
shapes some server could still serve, because it reaches a majority; whether it gets to lead depends on the rule
by which leaders are elected, and published results disagree about names, so the rules are
spelled out:

- raft: Figure 2 of the paper and nothing else.
- raft-prevote: a server asks first whether it could win, and who hears from a leader says no.
- raft-prevote-checkquorum: also, a leader that does not hear from a majority steps down.
- leader-alive: Multi-Paxos with a detector that only says whether a leader is heard. Acceptors stand by one that is.
- multi-paxos: also, a leader that does not hear from a quorum steps down.

The shapes last for 60 s, with election timeouts of 50, 500 or 5000 ms to twice that:

- quorum-loss: of five servers all see only A, and the old leader C is one of them. C is heard by A but has no majority.
- constrained-election: A misses what is committed last; then C is gone and the others see only A. Under Raft's rule A may not lead.
- chained: of three servers, the leader and one other do not see each other.
- two-pendants: 1, 2 and 3 see each other, 4 sees only 2, 5 sees only 3, which leads.
- lone-leader: 1, 2 and 3 see each other, 4, which leads, sees only 2, and 5 is dead.
- rejoin: one server was cut off from all, and comes back.

The down-time is the longest time without a newly committed command while it lasts, in
election timeouts; "serves" means that commands are committed after the first timeout, "settles" that
no leader is elected any more in the second half. All are means over trials.

One statement does not come out as it is published: plain Raft "keeps changing leaders" in a chain. Here it does so
until by chance the server in the middle times out first; it sees both, and stays. That
takes 1.4 changes on average under load and 2.7 without. The two ends cannot go on for ever deposing each
other, because each new leader appends an entry of its own term (Raft §8) which the other end lacks, so that the middle
refuses it the next vote; it is raised to the new term all the same, and all three are candidates for it. The row "settles" stands beside the published
0 without a verdict; what is held to is that leaders change, and that with PreVote and CheckQuorum none does.

Worth a thought: Cloudflare's outage of November 2020 was of this kind. Which of the rules would have shortened it?`

var partialConnectivity = Experiment{
	Name:   "partial-connectivity",
	Title:  "who can still serve in a partly broken network, by election rule (down-time in election timeouts)",
	Source: "Ng, Haridi & Carbone, Omni-Paxos, EuroSys 2023; Howard & Abraham, Raft does not Guarantee Liveness in the face of Network Faults, 2020; Ongaro, Stanford 2014, §9.6",
	Story:  partialStory,
	Trials: 10,
	Cases:  partialCases(),
	Family: "SHAPE/RULE/TIMEOUT with any election timeout such as 200ms, up to 10s",
	parse:  parsePartial,
	draw:   drawPartial,
}

func partialCases() (names []string) {
	for _, timeout := range []string{"50ms", "500ms", "5s"} {
		for _, shape := range partialShapes {
			for _, rule := range electionRules {
				names = append(names, shape.name+"/"+rule.name+"/"+timeout)
			}
		}
	}
	return names
}

// electionRule is a way to elect leaders. Its servers apply what they commit to a
// machine.
type electionRule struct {
	name   string
	server func(env node.Env, servers []node.ID, timeout time.Duration, machine rsm.StateMachine) node.Handler
}

var electionRules = []electionRule{
	{"raft", raftRule(false, false)},
	{"raft-prevote", raftRule(true, false)},
	{"raft-prevote-checkquorum", raftRule(true, true)},
	{"leader-alive", paxosRule(false)},
	{"multi-paxos", paxosRule(true)},
}

func raftRule(preVote, checkQuorum bool) func(node.Env, []node.ID, time.Duration, rsm.StateMachine) node.Handler {
	return func(env node.Env, servers []node.ID, timeout time.Duration, machine rsm.StateMachine) node.Handler {
		c := plainRaft(servers, timeout, 2*timeout)
		c.HeartbeatInterval = timeout / 4
		c.PreVote, c.CheckQuorum = preVote, checkQuorum
		return raft.New(env, c, machine)
	}
}

func paxosRule(checkQuorum bool) func(node.Env, []node.ID, time.Duration, rsm.StateMachine) node.Handler {
	return func(env node.Env, servers []node.ID, timeout time.Duration, machine rsm.StateMachine) node.Handler {
		c := paxos.DefaultConfig(servers)
		c.LeaderTimeoutMin, c.LeaderTimeoutMax, c.HeartbeatInterval = timeout, 2*timeout, timeout/4
		c.KeepLeader, c.CheckQuorum = true, checkQuorum
		return paxos.New(env, c, machine)
	}
}

// partialShape is a partly broken network.
type partialShape struct {
	name    string
	servers int
	leader  node.ID
	faults  func(span sim.Span, timeout time.Duration) sim.Schedule
	// published is what the sources say of the rules.
	published map[string]claim
}

// claim is what is said to become of service, or of leaders; nil is nothing.
type claim struct{ serves, settles, keepsLeader, keepsTerm *bool }

var (
	yes, no     = new(true), new(false)
	serves      = claim{serves: yes}
	servesNot   = claim{serves: no}
	settles     = claim{settles: yes}
	settlesNot  = claim{settles: no}
	keepsLeader = claim{keepsLeader: yes}
	losesLeader = claim{keepsLeader: no}
	keepsTerm   = claim{keepsTerm: yes}
)

var partialShapes = []partialShape{
	{"quorum-loss", 5, 3, shaped(sim.QuorumLoss), map[string]claim{
		"raft": serves, "raft-prevote": servesNot, "raft-prevote-checkquorum": serves, "leader-alive": servesNot,
	}},
	{"constrained-election", 5, 3, func(span sim.Span, timeout time.Duration) sim.Schedule {
		// So short a lag that nobody misses the leader before it ends.
		return sim.Schedule{sim.ConstrainedElection{Span: span, Lag: sim.Duration(timeout / 2)}}
	}, map[string]claim{
		"raft": servesNot, "raft-prevote": servesNot, "raft-prevote-checkquorum": servesNot, "multi-paxos": serves,
	}},
	{"chained", 3, 2, shaped(sim.Chained), map[string]claim{
		"raft": losesLeader, "raft-prevote-checkquorum": keepsLeader,
	}},
	{"two-pendants", 5, 3, without("S1-S4", "S1-S5", "S2-S5", "S3-S4", "S4-S5"), map[string]claim{
		"raft": settlesNot, "raft-prevote": settles,
	}},
	{"lone-leader", 5, 4, without("S1-S4", "S3-S4", "S5-S1", "S5-S2", "S5-S3", "S5-S4"), map[string]claim{
		"raft-prevote": servesNot, "raft-prevote-checkquorum": serves,
	}},
	{"rejoin", 5, 3, without("S1-S2+S3+S4+S5"), map[string]claim{
		"raft-prevote": keepsTerm, "raft-prevote-checkquorum": keepsTerm,
	}},
}

// shaped makes the faults of a shape that the simulator knows.
func shaped(name sim.ShapeName) func(sim.Span, time.Duration) sim.Schedule {
	return func(span sim.Span, _ time.Duration) sim.Schedule {
		return sim.Schedule{sim.Shape{Span: span, Name: name}}
	}
}

// without makes the faults that cut links.
func without(links ...string) func(sim.Span, time.Duration) sim.Schedule {
	return func(span sim.Span, _ time.Duration) (faults sim.Schedule) {
		for _, link := range links {
			side, other, _ := strings.Cut(link, "-")
			faults = append(faults, sim.Partition{Span: span, Side: sim.Target(side), Other: sim.Target(other)})
		}
		return faults
	}
}

func parsePartial(name string) (c Case, err error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return c, errors.New("it is not of the form shape/rule/timeout")
	}
	shape := slices.IndexFunc(partialShapes, func(s partialShape) bool { return s.name == parts[0] })
	rule := slices.IndexFunc(electionRules, func(r electionRule) bool { return r.name == parts[1] })
	text := parts[2]
	if _, err := strconv.Atoi(text); err == nil {
		text += "ms"
	}
	timeout, err := time.ParseDuration(text)
	switch {
	case shape < 0:
		return c, fmt.Errorf("shape %q is unknown", parts[0])
	case rule < 0:
		return c, fmt.Errorf("rule %q is unknown", parts[1])
	case err != nil || timeout < 20*time.Millisecond || timeout > 10*time.Second:
		return c, fmt.Errorf("timeout is %q: it has to be from 20ms to 10s", parts[2])
	}
	p := partial{partialShapes[shape], electionRules[rule], timeout}
	return Case{width: 5, measure: p.measure, rows: p.rows}, nil
}

// partial is a partly broken network under an election rule.
type partial struct {
	shape   partialShape
	rule    electionRule
	timeout time.Duration
}

// partialLength is for how long the network is partly broken.
const partialLength = time.Minute

// rows compares with what the sources say.
func (p partial) rows(s Sample) []Row {
	said := p.shape.published[p.rule.name]
	statement := func(metric string, column int, claimed *bool) Row {
		if claimed == nil {
			return measured(metric, s.Mean(column))
		}
		if *claimed {
			// Where election timeouts are long, the minute is over after a dozen, and
			// one trial in ten may not have come so far.
			return within(metric, s.Mean(column), 1, 0.1)
		}
		return exactly(metric, s.Mean(column), 0)
	}
	count := func(metric string, column int, none *bool) Row {
		switch {
		case none == nil:
			return measured(metric, s.Mean(column))
		case *none:
			return exactly(metric, s.Mean(column), 0)
		}
		return atLeast(metric+", at least", s.Mean(column), 1)
	}
	rows := []Row{
		measured("down-time (election timeouts)", s.Mean(0)),
		statement("serves", 1, said.serves),
		statement("settles", 2, said.settles),
		count("leader changes", 3, said.keepsLeader),
		count("term changes after the end", 4, said.keepsTerm),
	}
	if p.shape.name == "chained" && p.rule.name == "raft" {
		rows[2] = beside("settles", s.Mean(2), 0) // see the story
	}
	return rows
}

// measure breaks the network once.
func (p partial) measure(seed uint64, values []float64) error {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Uniform(500*time.Microsecond, 1500*time.Microsecond)}})
	servers := firstServers(p.shape.servers)
	var service service
	var terms termLog
	for range servers {
		w.AddServer(func(env node.Env) node.Handler {
			return p.rule.server(env, servers, p.timeout, &witness{service: &service, now: w.Now})
		})
	}
	w.AddClient(func(env node.Env) node.Handler {
		return &demand{env: env, servers: servers, first: p.shape.leader, every: p.timeout / 10}
	})
	w.Watch(func(_ node.ID, h node.Handler) error { terms.look(h); return nil })
	begin := 10 * p.timeout
	end := begin + partialLength
	w.Inject(p.shape.faults(sim.Between(begin, end), p.timeout))
	if err := w.Run(begin); err != nil {
		return err
	}
	if w.Leader() != p.shape.leader {
		return fmt.Errorf("server %d leads, not %d", w.Leader(), p.shape.leader)
	}
	service.start(begin)
	before := terms
	if err := w.Run(begin + p.timeout); err != nil { // what was under way has arrived
		return err
	}
	served := service.commands
	if err := w.Run(begin + partialLength/2); err != nil {
		return err
	}
	half := terms
	if err := w.Run(end); err != nil {
		return err
	}
	values[0] = float64(service.longest(end)) / float64(p.timeout)
	values[1] = number(service.commands > served)
	values[2] = number(terms.elected == half.elected)
	values[3] = float64(terms.elected - before.elected)
	broken := terms
	if err := w.Run(end + 20*p.timeout); err != nil {
		return err
	}
	values[4] = float64(terms.changes - broken.changes)
	return nil
}

// service is what a cluster has committed.
type service struct {
	commands int           // that were applied by the server that has applied most
	last     time.Duration // when the last one was
	gap      time.Duration // the longest between two, since start
}

// start forgets the past.
func (s *service) start(now time.Duration) { s.last, s.gap = now, 0 }

// longest returns the longest time without a new command, up to now.
func (s *service) longest(now time.Duration) time.Duration { return max(s.gap, now-s.last) }

// witness is the state machine of one server, which notices when it is the first
// to apply a command.
type witness struct {
	nothing
	service *service
	now     func() time.Duration
	applied int
}

// Apply implements rsm.StateMachine.
func (m *witness) Apply([]byte) []byte {
	m.applied++
	if s := m.service; m.applied > s.commands {
		s.commands = m.applied
		s.gap = max(s.gap, m.now()-s.last)
		s.last = m.now()
	}
	return nil
}

// demand is a client that has a server take the lead, and then asks all servers for
// one new command after the other without waiting for answers: whoever leads will
// take it.
type demand struct {
	silent
	env     node.Env
	servers []node.ID
	first   node.ID
	every   time.Duration
	asked   uint64
}

// Start implements node.Handler.
func (d *demand) Start() {
	d.env.Send(d.first, raft.TimeoutNow{}) // Paxos knows no such message, and needs none
	d.ask(d.first)
	d.env.SetTimer(0, d.every)
}

// Timeout implements node.Handler.
func (d *demand) Timeout(node.Timer) {
	d.ask(d.servers...)
	d.env.SetTimer(0, d.every)
}

func (d *demand) ask(servers ...node.ID) {
	d.asked++
	request := node.Message(rsm.Request{Client: rsm.ClientID(d.asked), Sequence: 1, Command: []byte{1}})
	for _, id := range servers {
		d.env.Send(id, request)
	}
}

// termLog counts terms.
type termLog struct {
	highest uint64 // of any server
	changes int    // of highest
	led     uint64 // the highest term that was led
	elected int    // changes of led
}

// look looks at a server.
func (l *termLog) look(h node.Handler) {
	leader, ok := h.(node.Leader)
	if !ok {
		return
	}
	term, leads := leader.Leads()
	if term > l.highest {
		l.highest = term
		l.changes++
	}
	if leads && term > l.led {
		l.led = term
		l.elected++
	}
}
