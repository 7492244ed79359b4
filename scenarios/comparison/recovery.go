package comparison

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/node"
	"quorumlab/plots"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// How a server that was away catches up.
var recovery = Aspect{
	Name:  "recovery",
	Title: "How a server that was away catches up",
	Setup: "Five servers in the data centre, whose links take 10 MB/s; clients write values of 100 bytes, a thousand per second. A follower is down for one or two seconds and restarts. " +
		"It has caught up when it has carried out all but ten of the commands that anybody has. " +
		"In the last case the others have taken snapshots meanwhile, every 500 commands, and no longer hold what it lacks.",
	Cases: []string{"1 s away", "2 s away", "2 s away, snapshots"},
	Metrics: []Metric{
		{Name: "catching up", Unit: "ms"}, {Name: "until it has anything new", Unit: "ms"}, {Name: "commands missed"}, {Name: "messages to it"}, {Name: "bytes to it"}, {Name: "p99 of clients meanwhile", Unit: "ms"},
	},
	Trials:  8,
	measure: measureRecovery,
	explain: explainRecovery,
	draw:    drawRecovery,
}

// nearly is how many commands may be missing to one that has caught up.
const nearly = 10

func measureRecovery(p scenarios.Protocol, which string, seed uint64) (numbers, error) {
	r, o, err := comeBack(p, which, seed)
	if err != nil {
		return nil, err
	}
	measured := numbers{"commands missed": float64(r.missed)}
	if r.caughtUp == 0 {
		return measured, nil
	}
	measured["catching up"] = milliseconds(r.caughtUp - r.up)
	measured["until it has anything new"] = milliseconds(r.fresh - r.up)
	measured["messages to it"], measured["bytes to it"] = float64(r.messages), float64(r.bytes)
	var latencies []float64
	for _, op := range o.Operations {
		if op.Outcome == linearizability.OutcomeOK && op.Ended > r.up && op.Called <= r.caughtUp {
			latencies = append(latencies, milliseconds(op.Latency()))
		}
	}
	slices.Sort(latencies)
	if len(latencies) > 0 {
		measured["p99 of clients meanwhile"] = quantile(latencies, 0.99)
	}
	return measured, nil
}

// comeBack makes the run of one trial.
func comeBack(p scenarios.Protocol, which string, seed uint64) (*comeback, *observed, error) {
	r := &comeback{servers: 5, down: time.Second, up: 2 * time.Second}
	b := bench{servers: 5, world: dataCentre(), warm: time.Second, prepare: r.prepare, machine: r.machine}
	b.world.Network.Bandwidth = 10_000_000
	for range 4 {
		b.clients = append(b.clients, scenarios.Load{Rate: 250})
	}
	if which != "1 s away" {
		r.up = 3 * time.Second
	}
	if which == "2 s away, snapshots" {
		b.settings.SnapshotEvery = 500
	}
	b.span = r.up + 1500*time.Millisecond - b.warm
	o, err := b.run(p, seed)
	if err == nil && r.who == 0 {
		err = errors.New("nobody led when a follower was to crash")
	}
	return r, o, err
}

// comeback is the return of a server that was away.
type comeback struct {
	servers  int
	down, up time.Duration

	world    *sim.World
	who      node.ID
	machines []*tally      // in the order in which they were made
	first    int           // of machines: the one with which the server came back
	most     int           // commands that anybody has carried out
	had      int           // commands that were decided when it went down
	missed   int           // and those that were decided while it was down
	fresh    time.Duration // when it carried out the first of these
	caughtUp time.Duration
	messages int
	bytes    int
	curve    []plots.Point // commands behind over milliseconds since the restart
}

// prepare takes a follower down and up again.
func (r *comeback) prepare(w *sim.World) {
	r.world = w
	w.At(r.down, func() {
		leader := w.Leader()
		if leader == 0 {
			return
		}
		r.who = 1 + leader%node.ID(r.servers)
		r.had = r.most
		w.Crash(r.who)
	})
	w.At(r.up, func() {
		if r.who != 0 {
			r.first = len(r.machines)
			r.missed = r.most - r.had
			w.Restart(r.who)
		}
	})
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if r.first > 0 && r.caughtUp == 0 && e.Peer == r.who && int(e.Machine) <= r.servers {
			r.messages++
			r.bytes += sizeOf(e.Message)
		}
	}), sim.Sent)
}

// machine makes a state machine that counts.
func (r *comeback) machine() rsm.StateMachine {
	m := &tally{StateMachine: rsm.NewKeyValue(), run: r, place: len(r.machines)}
	r.machines = append(r.machines, m)
	return m
}

// tally is a state machine that counts the commands it has carried out; the count is
// part of its snapshots.
type tally struct {
	rsm.StateMachine
	run     *comeback
	place   int
	applied int
}

// Apply implements rsm.StateMachine.
func (m *tally) Apply(command []byte) []byte {
	m.applied++
	m.look()
	return m.StateMachine.Apply(command)
}

// Snapshot implements rsm.StateMachine.
func (m *tally) Snapshot() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(m.applied)), m.StateMachine.Snapshot()...)
}

// Restore implements rsm.StateMachine.
func (m *tally) Restore(snapshot []byte) error {
	if len(snapshot) < 8 {
		return errors.New("a tally needs eight bytes")
	}
	if err := m.StateMachine.Restore(snapshot[8:]); err != nil {
		return err
	}
	m.applied = int(binary.BigEndian.Uint64(snapshot))
	m.look()
	return nil
}

// look notices how far the one that came back has come.
func (m *tally) look() {
	r := m.run
	r.most = max(r.most, m.applied)
	if r.first == 0 || m.place != r.first {
		return
	}
	now := r.world.Now()
	r.curve = append(r.curve, plots.Point{X: milliseconds(now - r.up), Y: float64(r.most - m.applied)})
	if r.fresh == 0 && m.applied > r.had {
		r.fresh = now
	}
	if r.caughtUp == 0 && m.applied >= r.most-nearly {
		r.caughtUp = now
	}
}

func explainRecovery(t *Table) (all []string) {
	for _, which := range t.Aspect.Cases {
		all = append(all,
			t.why("After "+which+", ", which, effect{"catching up", "the time to catch up"},
				cause{metric: "until it has anything new", what: "wait until it has the first of what it missed", weight: 1},
				cause{metric: "messages to it", what: "messages that it is sent"},
				cause{metric: "bytes to it", what: "bytes that it is sent"},
				cause{metric: "commands missed", what: "commands that it missed"}))
	}
	last := t.Aspect.Cases[len(t.Aspect.Cases)-1]
	return append(all, t.why("After "+last+", ", last, effect{"p99 of clients meanwhile", "the 99th percentile of what clients wait meanwhile"}))
}

func drawRecovery(t *Table) []Picture {
	var charts []plots.Chart
	for _, which := range t.Aspect.Cases {
		chart := plots.Chart{Heading: which, X: plots.Axis{Label: "time since the restart (ms)"}, Y: plots.Axis{Label: "commands behind"}}
		for i, p := range t.protocols {
			r, _, err := comeBack(p, which, t.seed(which, 0))
			if err != nil {
				continue
			}
			chart.Curves = append(chart.Curves, plots.Curve{Name: t.Protocols[i], Points: thin(r.curve), Style: plots.Step, Series: i})
		}
		charts = append(charts, chart)
	}
	return []Picture{{"compare-recovery", plots.Charts("How a server that was away catches up: the first trial", charts...)}}
}

// longestDrawn is how many milliseconds after the restart are drawn.
const longestDrawn = 150

// thin leaves out points that lie within a tenth of a millisecond of the one before,
// but for the last of each, and what is late.
func thin(curve []plots.Point) (kept []plots.Point) {
	for _, p := range curve {
		if p.X > longestDrawn {
			break
		}
		if n := len(kept); n > 1 && p.X-kept[n-2].X < 0.1 {
			kept[n-1] = p
			continue
		}
		kept = append(kept, p)
	}
	return kept
}
