package scenarios

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// WithMessages is the protocol with what its servers' messages are called, found out by
// looking on while a leader is cut off and servers crash. What it finds depends on
// nothing but the protocol and the scenario's servers and workload.
func (p Protocol) WithMessages(s Scenario) Protocol {
	p, _ = p.withMessages(s) // what keeps them from being found out will show
	return p
}

// withMessages is WithMessages, and returns an error where a handler does not return.
func (p Protocol) withMessages(s Scenario) (Protocol, error) {
	if p.Messages != nil {
		return p, nil
	}
	probe := Scenario{
		Name: "message-types", Servers: s.Servers, Workload: s.Workload, World: localNetwork(), Faults: acquaintance,
		Bites: func(*Result) error { return nil }, SafetyOnly: true,
	}
	probe.Duration = probeLength
	probe = probe.filled()
	found := make(map[string]bool)
	for seed := range uint64(probeSeeds) {
		look := sim.ObserverFunc(func(e *sim.Event) {
			if e.Kind == sim.Sent && int(e.Machine) <= probe.Servers && int(e.Peer) <= probe.Servers {
				found[typeName(e.Message)] = true
			}
		})
		err := probe.guarded(testLimits(), func(s Scenario) {
			// A run that fails has shown some of them too.
			_, _ = Measure(s, p, seed, func(w *sim.World) { w.Observe(look) })
		})
		if err != nil {
			return p, err
		}
	}
	delete(found, "")
	p.Messages = sortedKeys(found)
	return p, nil
}

const (
	probeSeeds  = 2
	probeLength = 4 * time.Second
)

// acquaintance has servers send whatever they have words for.
func acquaintance(r *rand.Rand, servers int) sim.Schedule {
	const ms = time.Millisecond
	schedule := sim.Schedule{
		sim.Partition{Span: sim.Between(1000*ms, 1800*ms), Side: sim.Leader},
		sim.Partition{Span: sim.Between(2200*ms, 2600*ms), Side: sim.AnyOne},
	}
	for i := range servers {
		at := 2800*ms + 500*ms*time.Duration(i)
		schedule = append(schedule, sim.Crash{Span: sim.Between(at, at+100*ms), Target: sim.Machine(node.ID(i + 1))})
	}
	return schedule
}

// typeName is the name of a message's type as [sim.Filter] knows it, or empty if that
// would not take it.
func typeName(m node.Message) string {
	name, _, _ := strings.Cut(messageName(m), "[")
	if strings.ContainsAny(name, ".* +{}") {
		return ""
	}
	return name
}

// spoken is a schedule with the messages of the protocol in the place of those of Raft
// and Paxos, which others do not send. Which come together is drawn from the seed.
func (p Protocol) spoken(schedule sim.Schedule, seed uint64) sim.Schedule {
	if len(p.Messages) == 0 {
		return schedule
	}
	own := slices.Clone(p.Messages)
	stream(seed, "message types").Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	schedule = slices.Clone(schedule)
	translated := func(types string) string {
		if at := slices.Index(filtered[:betweenServers], types); at >= 0 {
			return strings.Join(dealt(own, at), "+")
		}
		return types
	}
	for i, f := range schedule {
		switch f := f.(type) {
		case sim.Filter:
			f.Types = translated(f.Types)
			schedule[i] = f
		case sim.Restart:
			f.Types = translated(f.Types)
			schedule[i] = f
		}
	}
	return schedule
}

// dealt returns the hand that so manieth of players has when all cards are dealt. With
// fewer cards than players some have the same.
func dealt(cards []string, player int) (hand []string) {
	if len(cards) < betweenServers {
		return cards[player%len(cards) : player%len(cards)+1]
	}
	for i := player; i < len(cards); i += betweenServers {
		hand = append(hand, cards[i])
	}
	slices.Sort(hand)
	return hand
}
