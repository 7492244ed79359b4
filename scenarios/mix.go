package scenarios

import (
	"fmt"
	"reflect"
)

// mix is two fields of a swarm that do not go together: no protocol could be blamed for
// what came of it.
type mix struct {
	yields, to string // if neither was set, or both were drawn, the first yields
	both       func(c *Swarm) bool
	why        string
}

var mixes = []mix{
	leaseAnd("clockSkew", func(c *Swarm) Often { return c.ClockSkew }),
	leaseAnd("clockDrift", func(c *Swarm) Often { return c.ClockDrift }),
	leaseAnd("clockJump", func(c *Swarm) Often { return c.ClockJump }),
	leaseAnd("clockStrobe", func(c *Swarm) Often { return c.ClockStrobe }),
	{"noPreVote", "reads", func(c *Swarm) bool { return c.NoPreVote && c.Reads == ReadLease },
		"leases rely on servers that stand by their leader"},
	{"noCheckQuorum", "reads", func(c *Swarm) bool { return c.NoCheckQuorum && c.Reads == ReadLease },
		"leases rely on servers that stand by their leader"},
	{"theme", "changes", func(c *Swarm) bool { return c.Theme.ends() && c.Changes > 0 },
		"it takes a cluster whose members stay"},
	{"theme", "noCheckQuorum", func(c *Swarm) bool { return c.Theme == Deaf && c.NoCheckQuorum },
		"who is deaf would be followed for ever"},
	{"theme", "noPreVote", func(c *Swarm) bool { return c.Theme.ends() && c.NoPreVote },
		"who is deaf would depose leaders for ever"},
	{"flexibleQuorums", "changes", func(c *Swarm) bool { return c.FlexibleQuorums && c.Changes > 0 },
		"sizes that fit a cluster of one size do not fit another's"},
	// A server that was removed without its knowledge goes on to stand for election.
	// Followers that hear from a leader do not heed it (CheckQuorum), but while there
	// is none it spoils one election after the other, as four of them were seen to do
	// for ten seconds to a cluster of two. It takes PreVote to keep it quiet: those
	// who are behind get nowhere with that (dissertation §4.2.3, §9.6).
	{"noPreVote", "changes", func(c *Swarm) bool { return c.NoPreVote && c.Changes > 0 },
		"a server that was removed without its knowledge would depose leaders for ever"},
}

func leaseAnd(field string, often func(c *Swarm) Often) mix {
	return mix{"reads", field, func(c *Swarm) bool { return c.Reads == ReadLease && often(c) != Often{} },
		"leases are as safe as clocks are"}
}

// validateMixes reports the first two fields that do not go together.
func (c *Swarm) validateMixes() error {
	for _, m := range mixes {
		if m.both(c) {
			return fmt.Errorf("%s: %v does not go together with %s, %v: %s",
				m.yields, c.value(m.yields), m.to, c.value(m.to), m.why)
		}
	}
	return nil
}

// yield resolves mixes: what was drawn yields to what was set. Two that were both set
// stay, and are refused.
func (c *Swarm) yield(set map[string]string) {
	for _, m := range mixes {
		if !m.both(c) {
			continue
		}
		for _, field := range []string{m.yields, m.to} {
			if _, fixed := set[field]; !fixed {
				c.switchOff(field)
				break
			}
		}
	}
}

// settle is yield, and has what was drawn yield to what only little can be asked of: no
// server that is asked for more than it can do answers within a bound.
func (c *Swarm) settle(set map[string]string) {
	c.yield(set)
	drawn := func(field string) bool {
		_, fixed := set[field]
		return !fixed
	}
	if c.Clients == 0 && c.OpenRate == 0 && drawn("openRate") {
		c.OpenRate = 20 // somebody has to call
	}
	switch {
	case !c.Plain || c.OpenRate == 0:
	case drawn("openRate") && c.Clients > 0:
		// Paxos has one command under way at a time: each takes two writes and a round
		// trip, 50 ms with the slower disks. An open loop asks for more than that.
		c.OpenRate = 0
	case drawn("plain"):
		c.Plain = false
	}
	// In each round trip, which with the slower disks makes 25 times as many in a second.
	// What an open loop has asked for while nobody could answer would take longer to work
	// off than there is time to recover; and so would a new member of Raft take to get the
	// whole log that counts before it has it.
	if most := 2.5 * float64(c.InFlight); c.InFlight > 0 && c.OpenRate > most {
		switch {
		case drawn("openRate"):
			c.OpenRate = most
		case drawn("inFlight"):
			c.InFlight = 64
		}
	}
	if c.InFlight > 0 && c.InFlight <= 8 && drawn("noLearning") {
		c.NoLearning = false
	}
	// Whatever is sent to a machine that is paused, or slow, waits for it. Where messages
	// cost something and nobody stops asking, half a minute of that takes longer to work
	// off than there is time to recover.
	if c.Theme == Busy && c.Duration > c.Recovery {
		if drawn("pause") {
			c.Pause = Often{}
		}
		if drawn("slowCpu") {
			c.SlowCPU = Often{}
		}
	}
	if c.Changes > 0 && c.InFlight == 0 && drawn("inFlight") {
		c.InFlight = 256 // every change fills Paxos's window: four times that only costs time
	}
	if c.Changes == 0 && drawn("spares") {
		c.Spares = 0 // they would be nothing to anybody
	}
	if c.Changes == 0 && drawn("stopToChange") {
		c.StopToChange = false
	}
}

// value returns what a field is, as it is written in files.
func (c *Swarm) value(field string) (value any) {
	eachField(c, func(name string, v reflect.Value) {
		if name == field {
			value = v.Interface()
		}
	})
	return value
}

// switchOff sets a field to what goes with everything.
func (c *Swarm) switchOff(field string) {
	eachField(c, func(name string, v reflect.Value) {
		switch {
		case name != field:
		case name == "reads":
			c.Reads = ReadQuorum
		default:
			v.SetZero()
		}
	})
}
