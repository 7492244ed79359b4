package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

const queueingStory = `Requests come to a queue at random (a Poisson process), on average ρ of them in the time that serving one
takes, and are served one after the other. The simulator has three such queues: the
inbox of a machine whose processor takes time, a link of limited bandwidth, and a disk that
syncs. None of them contains the formulas below; what comes out has to agree with them all the same. The unit of time is the mean service time.

- M/M/1, exponential service times: the sojourn, waiting and being served, takes 1/(1-ρ).
- M/D/1, constant service times: the wait takes ρ/(2(1-ρ)), half as long as for M/M/1.
- Little's law: the mean number L of requests in the queue, over time, is the rate λ
  at which they come times the mean W of their sojourns, whatever the distributions.

At ρ = 0.8 the waits are 4.0 and 2.0; at ρ = 0.9 they are 9.0 and 4.5. Successive
waits are alike, so that a mean over a million requests is still off by one per cent. The busier the queue, the more
alike they are: beyond 0.8 a trial is the mean of several requests, of as many as keep the error there.

Worth a thought: a leader that is busy for 80 % of the time is given a processor twice as fast. How much
shorter are the waits?`

var queueing = Experiment{
	Name:   "queueing",
	Title:  "how long requests wait at a machine, a link and a disk, by load (service times)",
	Source: "Pollaczek & Khinchine's formula for M/M/1 and M/D/1; Little, Operations Research 1961",
	Story:  queueingStory,
	Trials: 1_000_000,
	Cases: []string{"M/M/1,rho=0.5", "M/M/1,rho=0.8", "M/D/1,rho=0.5", "M/D/1,rho=0.8",
		"link/M/M/1,rho=0.8", "link/M/D/1,rho=0.8", "disk/M/M/1,rho=0.8", "disk/M/D/1,rho=0.8"},
	Family: "[machine/|link/|disk/]M/M/1,rho=R or M/D/1,rho=R with the load R from 0.01 to 0.98",
	parse:  parseQueueing,
	draw:   drawQueueing,
}

func parseQueueing(name string) (c Case, err error) {
	q := queue{place: "machine"}
	for _, place := range []string{"machine", "link", "disk"} {
		if rest, found := strings.CutPrefix(name, place+"/"); found {
			q.place, name = place, rest
		}
	}
	kind, load, _ := strings.Cut(name, ",rho=")
	if kind != "M/M/1" && kind != "M/D/1" {
		return c, fmt.Errorf("%q is neither M/M/1 nor M/D/1", kind)
	}
	q.constant = kind == "M/D/1"
	if q.load, err = strconv.ParseFloat(load, 64); err != nil || !(q.load >= 0.01 && q.load <= 0.98) {
		return c, fmt.Errorf("rho is %q: it has to be from 0.01 to 0.98; at 1 and beyond the queue grows without end", load)
	}
	return Case{batch: 20_000, width: 3, measure: q.measure, rows: q.rows}, nil
}

// queue is a queue of the simulator, and the load on it.
type queue struct {
	place    string
	constant bool // service times; else they are exponential
	load     float64
}

// serviceTime is the mean.
const serviceTime = time.Millisecond

// rows compares with the formulas.
func (q queue) rows(s Sample) []Row {
	wait := q.load / (1 - q.load)
	if q.constant {
		wait /= 2
	}
	sojourn := s.Mean(0)
	between := s.Mean(2)
	l, lambda := s.Mean(1)/between, 1/between
	return []Row{
		near("wait", sojourn-1, wait, 0.03),
		near("sojourn", sojourn, wait+1, 0.03),
		near("L, beside λW", l, lambda*sojourn, 0.005),
	}
}

// warmUp is how many requests come before those that count: the queue begins empty, and
// forgets that within a few relaxation times.
func (q queue) warmUp() int { return max(1000, int(10/math.Pow(1-math.Sqrt(q.load), 2))) }

// scatter is the variance of the mean of many successive waits in an M/M/1 queue, times
// their number, in squares of the expected wait.
func scatter(load float64) float64 {
	return (2 + load*(5+load*(load-4))) / (load * math.Pow(1-load, 2))
}

// each is of how many requests a trial is the mean.
func (q queue) each() int { return max(1, int(math.Ceil(scatter(q.load)/scatter(0.8)-1e-9))) }

// measure lets requests come, and puts into values, for each, how long it was in the
// queue, the integral over time of the number of requests in the queue since the
// one before it came, and how long ago that was.
func (q queue) measure(seed uint64, values []float64) error {
	w := sim.New(q.world(seed))
	m := &meter{values: values, each: q.each(), warmUp: q.warmUp(), now: w.Now}
	switch q.place {
	case "disk":
		w.AddServer(func(env node.Env) node.Handler { return &syncs{arrivals: q.arrivals(env, m), disk: env.Disk()} })
	case "link":
		w.AddServer(func(node.Env) node.Handler { return &receiver{meter: m} })
		w.AddClient(func(env node.Env) node.Handler { return &sender{q.arrivals(env, m), q.constant} })
	default:
		w.AddServer(func(env node.Env) node.Handler { return &receiver{env: env} })
		w.AddClient(func(env node.Env) node.Handler { return &sender{q.arrivals(env, m), true} })
		w.AddClient(func(node.Env) node.Handler { return silent{} })
		w.Observe(observer(func(e *sim.Event) {
			if e.Machine == 1 {
				m.leaves()
			}
		}), sim.Sent)
	}
	for m.left < m.all() && w.Step() {
	}
	return nil
}

// world is where the queue is.
func (q queue) world(seed uint64) sim.Config {
	config := sim.Config{Seed: seed}
	service := sim.Exponential(serviceTime)
	if q.constant {
		service = sim.Constant(serviceTime)
	}
	switch q.place {
	case "disk":
		config.Disk.Sync = service
	case "link":
		config.Network.Bandwidth = int64(packetBytes * time.Second / serviceTime)
	default:
		config.CPU.PerMessage = service
	}
	return config
}

// meter measures a queue whose requests leave it in the order in which they came.
type meter struct {
	values      []float64
	each        int // requests, of which a trial is the mean
	warmUp      int // requests that do not count
	now         func() time.Duration
	came        []time.Duration // when the requests in the queue came
	arrived     int
	left        int
	since       time.Duration // of the last event
	area        float64       // since the last request came
	lastArrival time.Duration
}

// all is how many requests come.
func (m *meter) all() int { return m.warmUp + len(m.values)/3*m.each }

// add adds to a number of the trial to which a request belongs.
func (m *meter) add(request, column int, time float64) {
	if i := request - m.warmUp; i >= 0 && i < len(m.values)/3*m.each {
		m.values[3*(i/m.each)+column] += time / float64(serviceTime) / float64(m.each)
	}
}

// pass counts the time since the last event.
func (m *meter) pass() {
	now := m.now()
	m.area += float64(len(m.came)) * float64(now-m.since)
	m.since = now
}

// arrives counts a request that comes.
func (m *meter) arrives() {
	m.pass()
	m.add(m.arrived, 1, m.area)
	m.add(m.arrived, 2, float64(m.since-m.lastArrival))
	m.arrived++
	m.area, m.lastArrival = 0, m.since
	m.came = append(m.came, m.since)
}

// leaves counts a request that leaves.
func (m *meter) leaves() {
	m.pass()
	m.add(m.left, 0, float64(m.since-m.came[0]))
	m.left++
	m.came = append(m.came[:0], m.came[1:]...)
}

// arrivals is a machine at which requests come up at random.
type arrivals struct {
	silent
	env   node.Env
	meter *meter
	mean  float64 // time between two, in nanoseconds
}

func (q queue) arrivals(env node.Env, m *meter) arrivals {
	return arrivals{env: env, meter: m, mean: float64(serviceTime) / q.load}
}

// Start implements node.Handler.
func (a *arrivals) Start() { a.next() }

func (a *arrivals) next() {
	if a.meter.arrived < a.meter.all() {
		a.env.SetTimer(0, time.Duration(a.env.Rand().ExpFloat64()*a.mean))
	}
}

// sender sends the requests that come up to S1.
type sender struct {
	arrivals
	constant bool // length
}

// packet is a message of a length.
type packet int

// packetBytes is the mean length: so long that rounding to whole bytes does not
// matter.
const packetBytes = 100_000

// Size implements node.Sizer.
func (p packet) Size() int { return int(p) }

// Timeout implements node.Handler: a request comes up.
func (s *sender) Timeout(node.Timer) {
	size := float64(packetBytes)
	if !s.constant {
		size *= s.env.Rand().ExpFloat64()
	}
	s.meter.arrives()
	s.env.Send(1, packet(size))
	s.next()
}

// receiver is where the requests go. If it has an environment it sends each on,
// when it has paid for it.
type receiver struct {
	silent
	env   node.Env
	meter *meter
}

// Receive implements node.Handler.
func (r *receiver) Receive(_ node.ID, m node.Message) {
	if r.env == nil {
		r.meter.leaves()
		return
	}
	r.env.Send(1002, m)
}

// syncs is a machine that syncs its disk for each request that comes up.
type syncs struct {
	arrivals
	disk node.Disk
}

// Timeout implements node.Handler: a request comes up.
func (s *syncs) Timeout(node.Timer) {
	s.meter.arrives()
	s.disk.Sync()
	s.next()
}

// Synced implements node.Handler.
func (s *syncs) Synced(node.Sync, error) { s.meter.leaves() }
