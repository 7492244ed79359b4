package experiment

import (
	"errors"
	"fmt"
	"math"
	"slices"
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

- raft: Figure 2 of the paper and nothing else, so without the entry with which a leader begins its term (that is §8).
- raft-no-op: with that entry, as most implementations have it.
- raft-prevote: also, a server asks first whether it could win, and who hears from a leader says no.
- raft-prevote-checkquorum: also, a leader that does not hear from a majority steps down.
- leader-alive: Multi-Paxos with a detector that only says whether a leader is heard. Acceptors stand by one that is.
- multi-paxos: also, a leader that does not hear from a quorum steps down.

The shapes last for 60 s, with election timeouts of 50, 500 or 5000 ms to twice that:

- quorum-loss: of five servers all see only A, and the old leader C is one of them. C is heard by A but has no majority.
- constrained-election: A misses what is committed last; then C is gone and the others see only A. Under Raft's rule A may not lead.
- chained: of three servers, the leader and one other do not see each other.
- chained-idle: the same, and nobody asks for anything while it lasts.
- two-pendants: 1, 2 and 3 see each other, 4 sees only 2, 5 sees only 3, which leads.
- lone-leader: 1, 2 and 3 see each other, 4, which leads, sees only 2, and 5 is dead.
- rejoin: one server was cut off from all, and comes back.

The down-time is the longest time without a newly committed command while it lasts, in
election timeouts; "serves" means that commands are committed after the first timeout, "settles" that
no leader is elected any more in the second half, "committed" is which part of the commands asked for was. All are means over trials.

Plain Raft in a chain "keeps changing leaders", it is said: the two ends depose each other for ever, with the votes of the
server in the middle, which hears from one of them all the time and so never stands itself. That is what happens (chained-idle/raft: some 70
changes a minute at 500 ms) as long as the logs are equal. But let one entry be committed while one end leads. The other
end lacks it, so that the middle refuses it the vote, and is raised to its term all the same; now the middle and the last leader
are both without one, and when the middle happens to time out first it leads, sees both, and stays. One command is enough for
that, and so is the entry of §8: chained/raft and chained-idle/raft-no-op settle after a few changes. So it was in the cluster
that was measured, of raft-rs, which has that entry, under load: in the released data plain Raft decides 105, 96 and 84 % of what
Raft with PreVote and CheckQuorum does in a minute, at 50, 500 and 5000 ms, which is two election timeouts or so for the whole minute.
The row "committed" is held to that, within the confidence intervals given there. Of their two and four minutes (chained/raft/5s/4m) all come out
but one: at 5000 ms they lost nothing in four minutes (100 ± 3 %), where here 96 % is decided.

Worth a thought: Cloudflare's outage of November 2020 was of this kind. Which of the rules would have shortened it?`

var partialConnectivity = Experiment{
	Name:   "partial-connectivity",
	Title:  "who can still serve in a partly broken network, by election rule (down-time in election timeouts)",
	Source: "Ng, Haridi & Carbone, Omni-Paxos, EuroSys 2023; Howard & Abraham, Raft does not Guarantee Liveness in the face of Network Faults, 2020; Ongaro, Stanford 2014, §9.6",
	Story:  partialStory,
	Trials: 10,
	Cases:  partialCases(),
	Family: "SHAPE/RULE/TIMEOUT[/LENGTH] with any election timeout such as 200ms, up to 10s; SHAPE can also be n=N,leader=L,cut=A-B+C-D, where the servers are numbers from 1, such as n=4,leader=1,cut=1-2+3-4",
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
	{"raft", raftRule(raft.Config{SkipNoOp: true})},
	{"raft-no-op", raftRule(raft.Config{})},
	{"raft-prevote", raftRule(raft.Config{PreVote: true})},
	{"raft-prevote-checkquorum", raftRule(raft.Config{PreVote: true, CheckQuorum: true})},
	{"leader-alive", paxosRule(false)},
	{"multi-paxos", paxosRule(true)},
}

// raftRule is Raft with some of the settings of a configuration.
func raftRule(rule raft.Config) func(node.Env, []node.ID, time.Duration, rsm.StateMachine) node.Handler {
	return func(env node.Env, servers []node.ID, timeout time.Duration, machine rsm.StateMachine) node.Handler {
		c := plainRaft(servers, timeout, 2*timeout)
		c.HeartbeatInterval = timeout / 4
		c.PreVote, c.CheckQuorum, c.SkipNoOp = rule.PreVote, rule.CheckQuorum, rule.SkipNoOp
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

func parsePartial(name string) (c Case, err error) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 || len(parts) > 4 {
		return c, errors.New("it is not of the form SHAPE/RULE/TIMEOUT or SHAPE/RULE/TIMEOUT/LENGTH")
	}
	p := partial{length: time.Minute}
	if p.shape, err = parseShape(parts[0]); err != nil {
		return c, err
	}
	rule := slices.IndexFunc(electionRules, func(r electionRule) bool { return r.name == parts[1] })
	if rule < 0 {
		var names []string
		for _, r := range electionRules {
			names = append(names, r.name)
		}
		return c, fmt.Errorf("rule %q is none of %s", parts[1], strings.Join(names, ", "))
	}
	p.rule = electionRules[rule]
	if p.timeout, err = parseDuration("timeout", parts[2], 10*time.Millisecond, 10*time.Second); err != nil {
		return c, err
	}
	if len(parts) == 4 {
		if p.length, err = parseDuration("length", parts[3], 10*p.timeout, time.Hour); err != nil {
			return c, err
		}
	}
	return Case{width: partialColumns, measure: p.measure, rows: p.rows}, nil
}

// partial is a partly broken network under an election rule.
type partial struct {
	shape   partialShape
	rule    electionRule
	timeout time.Duration
	length  time.Duration // for which the network is partly broken
}

// decided is what the authors of Omni-Paxos have measured in a chain: how many
// millions of commands raft-rs decided with a rule, and the half of the 95 % confidence
// interval.
type decided struct{ plain, plainInterval, checked, checkedInterval float64 }

// decidedInChain is their released data, by length and election timeout
// (plot_chained_all.py of the artifact).
var decidedInChain = map[time.Duration]map[time.Duration]decided{
	time.Minute: {
		50 * time.Millisecond:  {5.520543, 0.449534, 5.273627, 0.495906},
		500 * time.Millisecond: {5.495848, 0.144487, 5.699617, 0.163556},
		5 * time.Second:        {5.141543, 0.726553, 6.103325, 0.257741},
	},
	2 * time.Minute: {
		50 * time.Millisecond:  {10.751857, 0.482312, 10.958283, 0.126739},
		500 * time.Millisecond: {10.958405, 0.481656, 11.417252, 0.155961},
		5 * time.Second:        {9.861789, 1.270334, 11.274339, 0.119705},
	},
	4 * time.Minute: {
		50 * time.Millisecond:  {20.147452, 1.842112, 21.098625, 0.496714},
		500 * time.Millisecond: {21.787629, 0.651538, 21.451300, 0.618766},
		5 * time.Second:        {21.066741, 0.488261, 21.015935, 0.367369},
	},
}

// ratio returns which part of what was decided with PreVote and CheckQuorum plain Raft
// decided, and how sure that is.
func (d decided) ratio() (value, interval float64) {
	value = d.plain / d.checked
	return value, value * math.Hypot(d.plainInterval/d.plain, d.checkedInterval/d.checked)
}

// The numbers of a trial.
const (
	downColumn = iota
	servesColumn
	settlesColumn
	changesColumn
	afterColumn
	committedColumn
	partialColumns
)

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
	if p.shape.idle {
		return []Row{
			statement("settles", settlesColumn, said.settles),
			count("leader changes", changesColumn, said.keepsLeader),
			count("term changes after the end", afterColumn, said.keepsTerm),
		}
	}
	rows := []Row{
		measured("down-time (election timeouts)", s.Mean(downColumn)),
		statement("serves", servesColumn, said.serves),
		statement("settles", settlesColumn, said.settles),
		count("leader changes", changesColumn, said.keepsLeader),
		count("term changes after the end", afterColumn, said.keepsTerm),
		measured("committed", s.Mean(committedColumn)),
	}
	plain := p.rule.name == "raft" || p.rule.name == "raft-no-op"
	if p.shape.name == "chained" && plain {
		rows[2] = beside("settles", s.Mean(settlesColumn), 0) // see the story
		if d, known := decidedInChain[p.length][p.timeout]; known {
			value, interval := d.ratio()
			rows[5] = within("committed", s.Mean(committedColumn), value, interval)
		}
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
	demand := &demand{servers: servers, first: p.shape.leader, every: p.timeout / 10}
	w.AddClient(func(env node.Env) node.Handler { demand.env = env; return demand })
	w.Watch(func(_ node.ID, h node.Handler) error { terms.look(h); return nil })
	begin := 10 * p.timeout
	end := begin + p.length
	if p.shape.idle { // what was under way has arrived when it begins
		demand.pause = sim.Between(begin-2*p.timeout, end)
	}
	w.Inject(p.shape.faults(sim.Between(begin, end), p.timeout))
	if err := w.Run(begin); err != nil {
		return err
	}
	if w.Leader() != p.shape.leader {
		return fmt.Errorf("server %d leads, not %d", w.Leader(), p.shape.leader)
	}
	service.start(begin)
	before, asked, committed := terms, demand.asked, service.commands
	if err := w.Run(begin + p.timeout); err != nil { // what was under way has arrived
		return err
	}
	served := service.commands
	if err := w.Run(begin + p.length/2); err != nil {
		return err
	}
	half := terms
	if err := w.Run(end); err != nil {
		return err
	}
	values[downColumn] = float64(service.longest(end)) / float64(p.timeout)
	values[servesColumn] = number(service.commands > served)
	values[settlesColumn] = number(terms.elected == half.elected)
	values[changesColumn] = float64(terms.elected - before.elected)
	if demand.asked > asked {
		values[committedColumn] = float64(service.commands-committed) / float64(demand.asked-asked)
	}
	broken := terms
	if err := w.Run(end + 20*p.timeout); err != nil {
		return err
	}
	values[afterColumn] = float64(terms.changes - broken.changes)
	return nil
}
