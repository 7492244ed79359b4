package scenarios

import (
	"fmt"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// overview is what a run that is repeated shows of its inside, from beginning to end.
type overview struct {
	times   []time.Duration // of all events
	tracks  [][]turn        // by server, in the order of time
	samples []sample        // at even distances
	sent    map[string]int  // messages, by type
	lost    map[string]int

	world   *sim.World
	servers int
	every   time.Duration // between samples
}

// turn is the moment from which a server has another part, or another term.
type turn struct {
	At   time.Duration
	View view
}

// sample is what all servers are at a moment.
type sample struct {
	At     time.Duration
	Views  []view
	Clocks []time.Duration // by how much the clocks are ahead
}

const overviewSamples = 240

// overview repeats the run and looks at it as a whole.
func (r *Result) overview() *overview {
	length := max(r.Length, 1)
	o := &overview{
		servers: r.Scenario.Servers + r.Scenario.Spares, every: max(length/overviewSamples, 1),
		sent: make(map[string]int), lost: make(map[string]int),
	}
	o.tracks = make([][]turn, o.servers)
	r.watched(o)
	o.sampleAll(r.Length)
	return o
}

func (o *overview) begin(w *sim.World, _ *machineTap) { o.world = w }

// Observe implements sim.Observer.
func (o *overview) Observe(e *sim.Event) {
	o.times = append(o.times, e.At)
	switch e.Kind {
	case sim.Sent:
		o.sent[messageName(e.Message)]++
	case sim.Dropped:
		o.lost[messageName(e.Message)]++
	case sim.Crashed, sim.Exited:
		o.turn(e.Machine, e.At, viewOf(nil))
	}
}

func (o *overview) look(id node.ID, h node.Handler) {
	now := o.world.Now()
	for due := time.Duration(len(o.samples)) * o.every; now >= due; due += o.every {
		o.sampleAll(due)
	}
	if int(id) <= o.servers {
		o.turn(id, now, viewOf(h))
	}
}

// turn notes that a server is something else now, if so it is.
func (o *overview) turn(id node.ID, at time.Duration, v view) {
	if int(id) > o.servers {
		return
	}
	track := &o.tracks[id-1]
	if n := len(*track); n > 0 {
		if last := (*track)[n-1].View; last.Part == v.Part && last.Role == v.Role && last.Reign == v.Reign {
			return
		}
	}
	*track = append(*track, turn{at, v})
}

func (o *overview) sampleAll(at time.Duration) {
	s := sample{At: at}
	for i := range o.servers {
		id := node.ID(i + 1)
		s.Views = append(s.Views, viewOf(o.world.Handler(id)))
		s.Clocks = append(s.Clocks, o.world.ClockError(id))
	}
	o.samples = append(o.samples, s)
}

// messageName is the type of a message, without its package.
func messageName(m node.Message) string {
	name := fmt.Sprintf("%T", m)
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}
