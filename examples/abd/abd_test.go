package abd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/abd"
	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

var servers = []node.ID{1, 2, 3}

func right(env node.Env) node.Handler { return abd.New(env, servers) }
func hasty(env node.Env) node.Handler { return abd.NewHasty(env, servers) }

// workload reads and writes the register, equally likely. The model knows nothing of
// the commands: it is told of the same operation in the judge's own words.
var workload = scenarios.Workload{
	Name:  "abd",
	Model: linearizability.Register(),
	Client: func() scenarios.Operations {
		return func(r *rand.Rand, number int) scenarios.Invocation {
			if r.IntN(2) == 0 {
				value := fmt.Sprintf("v%d", number) // no value is written twice
				return scenarios.Invocation{
					Input: linearizability.Write{Value: value}, Command: abd.Write(value),
					Output: func([]byte) (any, error) { return nil, nil },
				}
			}
			return scenarios.Invocation{
				Input: linearizability.Read{}, Command: abd.Read(), ReadOnly: true,
				Output: func(answer []byte) (any, error) {
					if value, found := abd.DecodeRead(answer); found {
						return value, nil
					}
					return nil, nil
				},
			}
		}
	},
}

// TestAnswersAreRight, whatever happens. Service need not come back: a server that has
// crashed stays away, and a client whose writer that was waits for ever.
func TestAnswersAreRight(t *testing.T) {
	scenarios.Test(t, scenarios.Scenario{
		Servers: 3, Server: right, Workload: workload, SafetyOnly: true, Seeds: 30,
	})
}

// TestComesBack: as long as nobody crashes, service is back when the faults are over.
func TestComesBack(t *testing.T) {
	often := scenarios.Often{Every: time.Second, For: 500 * time.Millisecond}
	scenarios.Test(t, scenarios.Scenario{
		Name: "cuts-and-pauses", Servers: 3, Server: right, Workload: workload, Seeds: 30,
		Faults: scenarios.Compose(
			scenarios.Repeat("cut", often, 0, func(_ *rand.Rand, span sim.Span) sim.Fault {
				return sim.Partition{Span: span, Side: sim.AnyOne}
			}),
			scenarios.Repeat("pause", often, 0, func(_ *rand.Rand, span sim.Span) sim.Fault {
				return sim.Pause{Span: span, Target: sim.AnyOne}
			}),
		).Faults(4 * time.Second),
		Duration: 5 * time.Second,
	})
}

// slow is a network on which some messages are late, with no faults at all. Clients turn
// to any server.
func slow(server node.Factory) scenarios.Scenario {
	client := scenarios.Load{Sessions: 1, Think: 5 * time.Millisecond}
	return scenarios.Scenario{
		Name: "slow-network", Servers: 3, Server: server, Workload: workload,
		World: sim.Config{Network: sim.Network{
			Latency: sim.Mixture(sim.Constant(time.Millisecond), 0.1, sim.Exponential(100*time.Millisecond)),
		}},
		Clients:  slices.Repeat([]scenarios.Load{client}, 8),
		Roam:     true,
		Faults:   func(*rand.Rand, int) sim.Schedule { return nil },
		Duration: 6 * time.Second,
	}
}

func TestSlowNetwork(t *testing.T) { scenarios.Test(t, slow(right)) }

// TestReadsMustWriteBack: without that, and on this network, it takes few seeds to see a
// reader find the value before the one that another has read.
func TestReadsMustWriteBack(t *testing.T) {
	p := scenarios.Protocol{
		Name:   "hasty",
		Server: func([]node.ID, func() rsm.StateMachine, scenarios.Settings) node.Factory { return hasty },
	}
	outside := func(c scenarios.Class) bool { return c.Judge == scenarios.Outside }
	hunted := scenarios.Hunt(t.Context(), slow(hasty), []scenarios.Protocol{p}, 1, scenarios.Budget{Runs: 100}, outside)
	require.NotNil(t, hunted.Caught)
	assert.Equal(t, "Linearizability", hunted.Caught.Failure.Invariant)
}
