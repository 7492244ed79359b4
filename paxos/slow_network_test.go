package paxos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/paxos"
	"quorumlab/sim"
)

// reigns counts leaders.
type reigns struct {
	count int
	last  time.Duration // began
}

func (r *reigns) Observe(e *sim.Event) {
	if _, ok := e.Note.(paxos.BecameLeader); ok {
		r.count++
		r.last = e.At
	}
}

// Over a network whose round trip is up to four times the longest timeout a leader lasts
// after some seconds, and so does the next when it is gone. Servers that never become
// more patient change leaders for ever.
func TestANetworkSlowerThanTheTimeouts(t *testing.T) {
	for _, n := range []int{3, 5} {
		for _, latency := range []sim.Distribution{
			sim.Constant(200 * ms), sim.Constant(300 * ms), sim.Constant(600 * ms), sim.Uniform(75*ms, 225*ms),
		} {
			t.Run(fmt.Sprintf("%d servers, %v", n, latency), func(t *testing.T) {
				for seed := range seedsOf(8, 2) {
					world := sim.Config{Seed: seed, Network: sim.Network{Latency: latency}}
					c, r := newCluster(world, n), &reigns{}
					c.Observe(r)
					c.addClient(0, 1000, 1)
					require.NoError(t, c.Run(40*seconds))
					require.Less(t, r.last, 30*seconds)
					leader, served := c.Leader(), len(c.clients[0].latencies)
					require.Positive(t, served)
					c.Crash(leader)
					require.NoError(t, c.Run(80*seconds))
					require.Less(t, r.last, 70*seconds)
					require.Greater(t, len(c.clients[0].latencies), served)
					require.Less(t, r.count, 25)

					c, r = newClusterWith(world, n, func(s *paxos.Config) { s.MaxPatience = 1 }), &reigns{}
					c.Observe(r)
					require.NoError(t, c.Run(40*seconds))
					require.Greater(t, r.count, 10)
				}
			})
		}
	}
}
