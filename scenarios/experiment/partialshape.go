package experiment

import (
	"fmt"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// partialShape is a partly broken network.
type partialShape struct {
	name    string
	servers int
	leader  node.ID
	idle    bool // nobody asks for anything while it lasts
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
	{"quorum-loss", 5, 3, false, shaped(sim.QuorumLoss), map[string]claim{
		"raft": serves, "raft-no-op": serves, "raft-prevote": servesNot, "raft-prevote-checkquorum": serves, "leader-alive": servesNot,
	}},
	{"constrained-election", 5, 3, false, func(span sim.Span, timeout time.Duration) sim.Schedule {
		// So short a lag that nobody misses the leader before it ends.
		return sim.Schedule{sim.ConstrainedElection{Span: span, Lag: sim.Duration(timeout / 2)}}
	}, map[string]claim{
		"raft": servesNot, "raft-no-op": servesNot, "raft-prevote": servesNot, "raft-prevote-checkquorum": servesNot, "multi-paxos": serves,
	}},
	{"chained", 3, 2, false, shaped(sim.Chained), map[string]claim{
		"raft": losesLeader, "raft-no-op": losesLeader, "raft-prevote-checkquorum": keepsLeader,
	}},
	{"chained-idle", 3, 2, true, shaped(sim.Chained), map[string]claim{
		"raft": {settles: no, keepsLeader: no}, "raft-prevote-checkquorum": keepsLeader,
	}},
	{"two-pendants", 5, 3, false, without("S1-S4", "S1-S5", "S2-S5", "S3-S4", "S4-S5"), map[string]claim{
		"raft": settlesNot, "raft-no-op": settlesNot, "raft-prevote": settles,
	}},
	{"lone-leader", 5, 4, false, without("S1-S4", "S3-S4", "S5-S1", "S5-S2", "S5-S3", "S5-S4"), map[string]claim{
		"raft-prevote": servesNot, "raft-prevote-checkquorum": serves,
	}},
	{"rejoin", 5, 3, false, without("S1-S2+S3+S4+S5"), map[string]claim{
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

// parseShape finds a shape by its name, or reads one that nobody has published.
func parseShape(text string) (partialShape, error) {
	var names []string
	for _, s := range partialShapes {
		if s.name == text {
			return s, nil
		}
		names = append(names, s.name)
	}
	if !strings.Contains(text, "=") {
		return partialShape{}, fmt.Errorf("shape %q is none of %s, and not of the form n=N,leader=L,cut=A-B+C-D", text, strings.Join(names, ", "))
	}
	fields, err := parseFields(text, "n", "leader", "cut")
	if err != nil {
		return partialShape{}, err
	}
	n, err := parseCount("n", fields["n"], 2, 25)
	if err != nil {
		return partialShape{}, err
	}
	leader, err := parseCount("leader", fields["leader"], 1, n)
	if err != nil {
		return partialShape{}, err
	}
	var links []string
	for link := range strings.SplitSeq(fields["cut"], "+") {
		first, second, _ := strings.Cut(link, "-")
		a, errA := parseCount("cut", first, 1, n)
		b, errB := parseCount("cut", second, 1, n)
		if errA != nil || errB != nil || a == b {
			return partialShape{}, fmt.Errorf("cut has %q: it has to be links of two servers from 1 to %d such as 4-1, joined by +", link, n)
		}
		links = append(links, fmt.Sprintf("S%d-S%d", a, b))
	}
	return partialShape{name: text, servers: n, leader: node.ID(leader), faults: without(links...)}, nil
}
