package sim_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/sim"
)

// round is one call of all peers, and the answer to it.
type round struct{ number int }

// caller calls all of its peers, again and again, and notes how long the answers
// take that it waits for.
type caller struct {
	env    node.Env
	peers  int // S2, S3, ...
	quorum int // how many answers it waits for
	rounds int

	number  int
	answers int
	began   time.Duration
	took    []time.Duration
}

func (c *caller) Start()                  { c.call() }
func (c *caller) Timeout(node.Timer)      {}
func (c *caller) Synced(node.Sync, error) {}

func (c *caller) call() {
	c.answers, c.began = 0, c.env.Now()
	for peer := range c.peers {
		c.env.Send(node.ID(peer+2), round{c.number})
	}
}

// Receive begins the next round when all have answered, so that rounds have
// nothing to do with each other.
func (c *caller) Receive(node.ID, node.Message) {
	c.answers++
	if c.answers == c.quorum {
		c.took = append(c.took, c.env.Now()-c.began)
	}
	if c.answers == c.peers && c.number+1 < c.rounds {
		c.number++
		c.call()
	}
}

// passer hands what it receives to the next machine.
type passer struct {
	env  node.Env
	next func(from node.ID) node.ID
}

func (p *passer) Start()                               {}
func (p *passer) Receive(from node.ID, m node.Message) { p.env.Send(p.next(from), m) }
func (p *passer) Timeout(node.Timer)                   {}
func (p *passer) Synced(node.Sync, error)              {}

func back(from node.ID) node.ID { return from }

// calls returns how long S1 waits for a quorum of its peers' answers, in each of so
// many rounds.
func calls(t *testing.T, config sim.Config, faults sim.Schedule, peers, quorum, rounds int) []time.Duration {
	t.Helper()
	config.Seed = 1
	w := sim.New(config)
	var c *caller
	w.AddServer(func(env node.Env) node.Handler {
		c = &caller{env: env, peers: peers, quorum: quorum, rounds: rounds}
		return c
	})
	for range peers {
		w.AddServer(func(env node.Env) node.Handler { return &passer{env, back} })
	}
	w.Inject(faults)
	require.NoError(t, w.Run(1000*time.Hour))
	require.Len(t, c.took, rounds)
	return c.took
}

func meanOf(times []time.Duration) float64 {
	var sum time.Duration
	for _, took := range times {
		sum += took
	}
	return float64(sum) / float64(len(times)) / float64(unit)
}

func quantile(times []time.Duration, p float64) float64 {
	slices.Sort(times)
	return float64(times[int(p*float64(len(times)))]) / float64(unit)
}

// TestOrderStatistics: a commit of n servers waits for the k-th of n−1 followers,
// k = ⌊n/2⌋. With exponential round trips that takes H(n−1) − H(n−1−k) on average,
// with uniform ones k/n; the sums of two legs were integrated numerically.
func TestOrderStatistics(t *testing.T) {
	exponential, uniform := sim.Exponential(unit), sim.Uniform(0, unit)
	requests := func(of sim.Distribution) sim.Schedule { return sim.Schedule{sim.Filter{From: "S1", Delay: of}} }
	tests := []struct {
		name    string
		network sim.Network
		faults  sim.Schedule
		want    [3]float64 // for n = 3, 5, 7
	}{
		{"exponential round trips", sim.Network{}, requests(exponential), [3]float64{0.5, 0.5833, 0.6167}},
		{"uniform round trips", sim.Network{}, requests(uniform), [3]float64{0.3333, 0.4, 0.4286}},
		{"two exponential legs", sim.Network{Latency: exponential}, nil, [3]float64{1.25, 1.4378, 1.5115}},
		{"two uniform legs", sim.Network{Latency: uniform}, nil, [3]float64{0.7667, 0.8726, 0.9131}},
	}
	for _, test := range tests {
		for i, want := range test.want {
			n := 3 + 2*i
			if testing.Short() && n > 3 {
				break
			}
			t.Run(fmt.Sprint(test.name, " of ", n), func(t *testing.T) {
				took := calls(t, sim.Config{Network: test.network}, test.faults, n-1, n/2, 100_000)
				require.InEpsilon(t, want, meanOf(took), 0.01)
			})
		}
	}
}

// TestQuorumTails: the slowest of a hundred waits for a majority of exponential
// answers.
func TestQuorumTails(t *testing.T) {
	for _, test := range []struct {
		of, quorum int
		want       float64
	}{{5, 3, 2.248}, {7, 4, 1.950}} {
		took := calls(t, sim.Config{}, sim.Schedule{sim.Filter{From: "S1", Delay: sim.Exponential(unit)}}, test.of, test.quorum, 100_000)
		require.InEpsilon(t, test.want, quantile(took, 0.99), 0.01, "%d of %d", test.quorum, test.of)
	}
}

// TestChainTail: the same for a message that passes three exponential legs.
func TestChainTail(t *testing.T) {
	const rounds = 100_000
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Exponential(unit)}})
	var c *caller
	w.AddServer(func(env node.Env) node.Handler {
		c = &caller{env: env, peers: 1, quorum: 1, rounds: rounds}
		return c
	})
	for id := range node.ID(2) {
		w.AddServer(func(env node.Env) node.Handler {
			return &passer{env, func(node.ID) node.ID { return (id+2)%3 + 1 }} // S2 to S3 to S1
		})
	}
	require.NoError(t, w.Run(time.Hour))
	require.Len(t, c.took, rounds)
	require.InEpsilon(t, 8.406, quantile(c.took, 0.99), 0.01)
}

// TestWideArea: between five regions of the world, without jitter, the leader waits
// just for the round trip to the server that completes its quorum.
func TestWideArea(t *testing.T) {
	names := []string{"VA", "CA", "OR", "IR", "JP"}
	trips := []sim.RoundTrip{
		{A: "VA", B: "CA", Time: 86 * unit}, {A: "VA", B: "OR", Time: 65 * unit}, {A: "VA", B: "IR", Time: 80 * unit},
		{A: "VA", B: "JP", Time: 156 * unit}, {A: "CA", B: "OR", Time: 28 * unit}, {A: "CA", B: "IR", Time: 154 * unit},
		{A: "CA", B: "JP", Time: 131 * unit}, {A: "OR", B: "IR", Time: 137 * unit}, {A: "OR", B: "JP", Time: 115 * unit},
		{A: "IR", B: "JP", Time: 218 * unit},
	}
	for quorum, want := range map[int][]float64{ // servers, the leader among them
		3: {80, 86, 65, 137, 131},
		2: {65, 28, 28, 80, 115},
	} {
		for leader := range names {
			regions := sim.Regions{Servers: slices.Concat(names[leader:], names[:leader]), RoundTrips: trips}
			took := calls(t, sim.Config{Network: sim.Network{Regions: regions}}, nil, 4, quorum-1, 10)
			require.Equal(t, want[leader], meanOf(took), "%s leads", names[leader])
			require.Equal(t, slices.Min(took), slices.Max(took))
		}
	}
}

// TestClosedForms recomputes the constants above where there is a formula.
func TestClosedForms(t *testing.T) {
	harmonic := func(n int) (sum float64) {
		for i := 1; i <= n; i++ {
			sum += 1 / float64(i)
		}
		return sum
	}
	for i, want := range []float64{0.5, 0.5833, 0.6167} {
		n := 3 + 2*i
		require.InDelta(t, harmonic(n-1)-harmonic(n-1-n/2), want, 5e-5)
	}
	// p99 of a sum of three exponentials: 1 − e^−x (1 + x + x²/2) = 0.99.
	require.InDelta(t, 0.99, 1-math.Exp(-8.406)*(1+8.406+8.406*8.406/2), 5e-6)
}
