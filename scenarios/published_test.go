package scenarios_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/linearizability"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// TestSteadyRoundTripIsFourDelays: with constant one-way delay d, no loss and no
// cost of CPU or disk, an operation under a steady leader takes client, leader,
// majority, leader, client: 4d, to the nanosecond, whatever the cluster's size.
func TestSteadyRoundTripIsFourDelays(t *testing.T) {
	const d = 7 * time.Millisecond
	for _, p := range scenarios.Protocols() {
		for _, n := range []int{3, 5, 7} {
			t.Run(fmt.Sprintf("%s/n=%d", p.Name, n), func(t *testing.T) {
				s := scenarios.Scenario{
					Name:     "constant-delay",
					Servers:  n,
					World:    sim.Config{Network: sim.Network{Latency: sim.Constant(d)}},
					Workload: scenarios.KeyValueWorkload(4, true),
					Clients:  []scenarios.Load{{Sessions: 1}},
					Faults:   func(*rand.Rand, int) sim.Schedule { return nil },
					Duration: 5 * time.Second,
				}
				r := scenarios.Run(s, p, 1)
				require.Equal(t, linearizability.VerdictOK, r.Verdict, r.Violation)
				counted := 0
				for _, o := range r.Operations {
					if o.Called < time.Second { // the leader is elected and found
						continue
					}
					counted++
					if !assert.Equal(t, 4*d, o.Latency(), "called at %v", o.Called) {
						break
					}
				}
				assert.Greater(t, counted, 100)
			})
		}
	}
}
