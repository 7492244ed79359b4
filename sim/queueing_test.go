package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/sim"
)

// The tests of this file hold the world to closed forms of queueing theory, those
// of orderstatistics_test.go to order statistics. Seeds are fixed; the unit of time
// is a millisecond.

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
