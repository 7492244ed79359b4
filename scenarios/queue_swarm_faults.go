package scenarios

import (
	"math/rand/v2"
	"strconv"
	"time"

	"quorumlab/sim"
)

// clientNemeses lists the faults that befall clients, but for cuts from servers.
func (c *QueueSwarm) clientNemeses() []nemesis {
	const s, ms = time.Second, time.Millisecond
	client := func(r *rand.Rand) sim.Target {
		return sim.Target("C" + strconv.Itoa(1+r.IntN(len(c.messaging().Roles))))
	}
	return []nemesis{
		{"clientCrash", &c.ClientCrash, Often{s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Crash{Span: span, Target: client(r)}
		}},
		{"clientPause", &c.ClientPause, Often{s, 500 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Pause{Span: span, Target: client(r)}
		}},
		{"clientCut", &c.ClientCut, Often{s, 300 * ms}, func(r *rand.Rand, span sim.Span) sim.Fault {
			return sim.Partition{Span: span, Side: client(r), Other: sim.All, Direction: pick(r, sim.BothWays, sim.Outward, sim.Inward)}
		}},
	}
}
