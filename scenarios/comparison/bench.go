package comparison

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// bench is a cluster under a load, which is measured for a while after it has run in.
type bench struct {
	servers  int
	world    sim.Config
	settings scenarios.Settings
	clients  []scenarios.Load
	reads    bool // what clients ask for; else they write
	faults   func(r *rand.Rand, servers int) sim.Schedule
	warm     time.Duration // how long to run in
	span     time.Duration // how long to measure
	// prepare, if it is not nil, is shown the world before the run.
	prepare func(w *sim.World)
	// machine, if it is not nil, makes the state machines.
	machine func() rsm.StateMachine
}

// The world of most aspects: a data centre in which a message takes about a
// millisecond, a disk sync about as long, and handling a message twenty microseconds.
func dataCentre() sim.Config {
	return sim.Config{
		Network: sim.Network{Latency: sim.LogNormal(time.Millisecond, 0.3)},
		Disk:    sim.DiskTiming{Sync: sim.LogNormal(time.Millisecond, 0.3)},
		CPU:     sim.CPU{PerMessage: sim.Constant(handling)},
	}
}

const handling = 20 * time.Microsecond

// still is a world in which everything takes equally long, so that steps can be
// counted.
func still(sync time.Duration) sim.Config {
	return sim.Config{
		Network: sim.Network{Latency: sim.Constant(delay)},
		Disk:    sim.DiskTiming{Sync: sim.Constant(sync)},
	}
}

// delay is how long a message takes, and syncTime a sync, in a still world.
const (
	delay    = 10 * time.Millisecond
	syncTime = time.Millisecond
)

// valueBytes is how long values are that clients write.
const valueBytes = 100

// closed is so many closed-loop sessions, on up to eight machines so that no client is
// itself what takes the time.
func closed(sessions int, think time.Duration) (loads []scenarios.Load) {
	machines := min(sessions, 8)
	for i := range machines {
		n := sessions / machines
		if i < sessions%machines {
			n++
		}
		loads = append(loads, scenarios.Load{Sessions: n, Think: think})
	}
	return loads
}

// run runs the bench.
func (b bench) run(p scenarios.Protocol, seed uint64) (*observed, error) {
	workload := scenarios.KeyValueWorkload(16, false)
	workload.Client = func() scenarios.Operations { return b.operation }
	if b.machine != nil {
		workload.Machine = b.machine
	}
	s := scenarios.Scenario{
		Servers: b.servers, World: b.world, Settings: b.settings, Workload: workload, Clients: b.clients,
		Duration: b.warm + b.span,
		Faults:   b.faults,
	}
	if s.Faults == nil {
		s.Faults = func(*rand.Rand, int) sim.Schedule { return nil }
	}
	o := &observed{counter: newCounter(b.servers, b.warm, b.warm+b.span), span: b.span}
	r, err := scenarios.Measure(s, p, seed, func(w *sim.World) {
		o.counter.observe(w)
		if b.prepare != nil {
			b.prepare(w)
		}
	})
	if err != nil {
		return nil, err
	}
	o.Result = r
	for _, op := range r.Operations {
		if op.Outcome == linearizability.OutcomeOK && op.Ended > b.warm && op.Ended <= b.warm+b.span {
			o.latencies = append(o.latencies, milliseconds(op.Latency()))
		}
	}
	slices.Sort(o.latencies)
	return o, nil
}

// operation is what clients ask for.
func (b bench) operation(r *rand.Rand, number int) scenarios.Invocation {
	key := fmt.Sprintf("k%d", r.IntN(16))
	nothing := func([]byte) (any, error) { return nil, nil }
	if b.reads {
		return scenarios.Invocation{Key: key, Command: rsm.Get(key), ReadOnly: true, Output: nothing}
	}
	value := fmt.Sprintf("v%d", number)
	value += strings.Repeat(".", max(0, valueBytes-len(value)))
	return scenarios.Invocation{Key: key, Command: rsm.Put(key, value), Output: nothing}
}

// observed is a bench that has run.
type observed struct {
	*scenarios.Result
	*counter
	span      time.Duration
	latencies []float64 // of what was answered while measured, sorted, in milliseconds
}

var errSilence = errors.New("nothing was answered")

// commands is how many were answered.
func (o *observed) commands() float64 { return float64(len(o.latencies)) }

// quantile returns a quantile of the latencies.
func (o *observed) quantile(q float64) float64 { return quantile(o.latencies, q) }

// quantile returns the least of sorted numbers that is not exceeded by the fraction q
// of them; not a number if there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := int(q*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// path counts what a client waits for, one command after the other, in a still world:
// network delays, and disk writes.
func path(p scenarios.Protocol, seed uint64, b bench) (delays, writes float64, err error) {
	b.clients, b.warm, b.span = closed(1, 0), time.Second, time.Second
	var waits [2]float64
	for i, sync := range []time.Duration{0, syncTime} {
		b.world = still(sync)
		o, err := b.run(p, seed)
		if err != nil {
			return 0, 0, err
		}
		if len(o.latencies) == 0 {
			return 0, 0, errSilence
		}
		waits[i] = o.quantile(0.5)
	}
	return waits[0] / milliseconds(delay), (waits[1] - waits[0]) / milliseconds(syncTime), nil
}
