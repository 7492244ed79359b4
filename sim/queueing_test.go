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

// The tests of this file hold the world to closed forms of queueing theory and of
// order statistics. Seeds are fixed; the unit of time is a millisecond.

const unit = time.Millisecond

// loads says at which loads queues are looked at, and how many jobs the means then
// need. Short runs, which are those under the race detector, leave out the higher.
func loads(low, high int) map[float64]int {
	all := map[float64]int{0.5: low}
	if !testing.Short() {
		all[0.8] = high
	}
	return all
}

// job is the n-th of a customer's jobs; done says that a server is through with
// it.
type (
	job  struct{ number int }
	done struct{ number int }
)

func (job) Size() int { return 1000 }

// customer sends a server so many jobs, with exponential times between them.
type customer struct {
	env     node.Env
	between time.Duration
	jobs    int
	number  int
}

func (c *customer) Start()                        { c.next() }
func (c *customer) Receive(node.ID, node.Message) {}
func (c *customer) Synced(node.Sync, error)       {}

func (c *customer) Timeout(node.Timer) {
	c.env.Send(1, job{c.number})
	c.number++
	c.next()
}

func (c *customer) next() {
	if c.number < c.jobs {
		c.env.SetTimer(0, time.Duration(c.env.Rand().ExpFloat64()*float64(c.between)))
	}
}

// worker says when it is through with a job: its answer leaves then.
type worker struct{ env node.Env }

func (w *worker) Start()                               {}
func (w *worker) Receive(from node.ID, m node.Message) { w.env.Send(from, done{m.(job).number}) }
func (w *worker) Timeout(node.Timer)                   {}
func (w *worker) Synced(node.Sync, error)              {}

// stay is when a job came, when it was handed to the server, and when the server
// was through with it.
type stay struct{ came, began, left time.Duration }

// queueing is what a run of jobs showed.
type queueing struct {
	stays   []stay
	waiting float64 // mean number of jobs sent and not yet handed to the server
}

// serve lets a customer send jobs to a server at the given rate per millisecond.
// The server's answers are lost, so that the customer has no work with them.
func serve(t *testing.T, config sim.Config, rate float64, jobs int) queueing {
	t.Helper()
	config.Seed = 1
	w := sim.New(config)
	w.AddServer(func(env node.Env) node.Handler { return &worker{env} })
	w.AddClient(func(env node.Env) node.Handler {
		return &customer{env: env, between: time.Duration(float64(unit) / rate), jobs: jobs}
	})
	w.Inject(sim.Schedule{sim.Partition{Side: "S1", Other: sim.Clients, Direction: sim.Outward}})
	q := queueing{stays: make([]stay, jobs)}
	waiting := 0
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		switch m := e.Message.(type) {
		case job:
			if e.Kind == sim.Sent {
				q.stays[m.number].came = e.At
				waiting++
			} else if e.Kind == sim.Delivered {
				q.stays[m.number].began = e.At
				waiting--
			}
		case done:
			if e.Kind == sim.Sent {
				q.stays[m.number].left = e.At
			}
		}
	}))
	// The number of those who wait is looked at from outside, at regular times, and
	// not computed from how long they wait.
	samples, sum := 0, 0
	var look func()
	look = func() {
		samples++
		sum += waiting
		if q.stays[jobs-1].came == 0 {
			w.At(w.Now()+10*unit, look)
		}
	}
	w.At(0, look)
	require.NoError(t, w.Run(100*time.Hour))
	require.Equal(t, jobs, w.Stats().MessagesDelivered)
	q.waiting = float64(sum) / float64(samples)
	return q
}

// mean of a time of each job, in milliseconds.
func (q queueing) mean(of func(s stay) time.Duration) float64 {
	var sum time.Duration
	for _, s := range q.stays {
		sum += of(s)
	}
	return float64(sum) / float64(len(q.stays)) / float64(unit)
}

func (s stay) wait() time.Duration    { return s.began - s.came }
func (s stay) sojourn() time.Duration { return s.left - s.came }

// requireInTurn checks each job by itself: it begins when it has come and the one
// before it is done (Lindley's recursion), to the nanosecond.
func (q queueing) requireInTurn(t *testing.T) {
	t.Helper()
	free := time.Duration(0)
	for _, s := range q.stays {
		if begins := max(s.came, free); s.began != begins {
			require.Equal(t, begins, s.began)
		}
		free = s.left
	}
}

// TestQueueWithExponentialWork is M/M/1: with work of one unit, a job stays
// 1/(µ−λ) and waits ρ/(µ−λ). Successive waits hang together the more, the higher
// the load, so that a mean within one per cent takes two million jobs at 0.8.
func TestQueueWithExponentialWork(t *testing.T) {
	for rate, jobs := range loads(300_000, 2_000_000) {
		t.Run(fmt.Sprint("load ", rate), func(t *testing.T) {
			q := serve(t, sim.Config{CPU: sim.CPU{PerMessage: sim.Exponential(unit)}}, rate, jobs)
			require.InEpsilon(t, 1/(1-rate), q.mean(stay.sojourn), 0.01)
			require.InEpsilon(t, rate/(1-rate), q.mean(stay.wait), 0.01)
			q.requireInTurn(t)
			require.InEpsilon(t, rate*q.mean(stay.wait), q.waiting, 0.01, "Little's law")
		})
	}
}

// TestQueueWithConstantWork is M/D/1: a job waits ρ/(2µ(1−ρ)).
func TestQueueWithConstantWork(t *testing.T) {
	for rate, jobs := range loads(300_000, 1_000_000) {
		t.Run(fmt.Sprint("load ", rate), func(t *testing.T) {
			q := serve(t, sim.Config{CPU: sim.CPU{PerMessage: sim.Constant(unit)}}, rate, jobs)
			require.InEpsilon(t, rate/(2*(1-rate)), q.mean(stay.wait), 0.01)
			require.InEpsilon(t, rate*q.mean(stay.wait), q.waiting, 0.01, "Little's law")
			q.requireInTurn(t)
			for _, s := range q.stays {
				if s.left-s.began != unit {
					require.Equal(t, unit, s.left-s.began)
				}
			}
		})
	}
}

// TestQueueOnALink is M/D/1 too: messages that take one unit to leave.
func TestQueueOnALink(t *testing.T) {
	const latency = 3
	for rate, jobs := range loads(300_000, 1_000_000) {
		t.Run(fmt.Sprint("load ", rate), func(t *testing.T) {
			q := serve(t, sim.Config{Network: sim.Network{Latency: sim.Constant(latency * unit), Bandwidth: 1e6}}, rate, jobs)
			require.InEpsilon(t, rate/(2*(1-rate)), q.mean(stay.wait)-latency-1, 0.01)
			require.InEpsilon(t, rate*q.mean(stay.wait), q.waiting, 0.01, "Little's law")
			free := time.Duration(0)
			for _, s := range q.stays {
				free = max(s.came, free) + unit
				if s.began != free+latency*unit {
					require.Equal(t, free+latency*unit, s.began)
				}
			}
		})
	}
}

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
