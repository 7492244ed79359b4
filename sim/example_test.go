package sim_test

import (
	"fmt"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// server answers pings. It is embedded by the others, for the methods that they do
// not need.
type server struct{ env node.Env }

func newServer(env node.Env) node.Handler { return &server{env} }

func (s *server) Start() {}

func (s *server) Receive(from node.ID, m node.Message) {
	if p, ok := m.(ping); ok {
		s.env.Send(from, pong(p))
	}
}

func (s *server) Timeout(node.Timer)      {}
func (s *server) Synced(node.Sync, error) {}

type (
	ping struct{ Number int }
	pong struct{ Number int }
)

// pinger sends a ping to S1 each second.
type pinger struct {
	server
	sent int
}

func newPinger(env node.Env) node.Handler { return &pinger{server: server{env}} }

func (p *pinger) Start() { p.Timeout(0) }

func (p *pinger) Timeout(node.Timer) {
	p.sent++
	p.env.Send(1, ping{p.sent})
	p.env.SetTimer(0, time.Second)
}

// Two machines ping each other, and an observer prints what it sees.
func Example() {
	w := sim.New(sim.Config{
		Seed:    1,
		Network: sim.Network{Latency: sim.Uniform(time.Millisecond, 3*time.Millisecond)},
	})
	w.AddServer(newServer)
	w.AddClient(newPinger)
	w.Observe(sim.ObserverFunc(func(e *sim.Event) { fmt.Println(strings.TrimSpace(e.String())) }))
	if err := w.Run(1500 * time.Millisecond); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0.000000s S1 started
	// 0.000000s C1 started
	// 0.000000s C1 → S1  sim_test.ping{Number:1}
	// 0.002338s S1 ← C1  sim_test.ping{Number:1}
	// 0.002338s S1 → C1  sim_test.pong{Number:1}
	// 0.005301s C1 ← S1  sim_test.pong{Number:1}
	// 1.000000s C1 timer 0 expired
	// 1.000000s C1 → S1  sim_test.ping{Number:2}
	// 1.002239s S1 ← C1  sim_test.ping{Number:2}
	// 1.002239s S1 → C1  sim_test.pong{Number:2}
	// 1.004270s C1 ← S1  sim_test.pong{Number:2}
}

// A partition cuts the client off from the server for two seconds. The second and
// the third ping are lost, and so would be the answers.
func Example_partition() {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(10 * time.Millisecond)}})
	w.AddServer(newServer)
	w.AddClient(newPinger)
	w.Inject(sim.Schedule{
		sim.Partition{Span: sim.Between(500*time.Millisecond, 2500*time.Millisecond), Side: sim.Clients},
	})
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if e.Kind == sim.Dropped || e.Kind == sim.FaultBegan || e.Kind == sim.FaultEnded {
			fmt.Println(strings.TrimSpace(e.String()))
		}
	}))
	_ = w.Run(5 * time.Second)
	fmt.Printf("%d sent, %d delivered\n", w.Stats().MessagesSent, w.Stats().MessagesDelivered)
	// Output:
	// 0.500000s fault began: clients cut off from the other servers, 500ms to 2.5s
	// 1.000000s C1 ✗ S1  sim_test.ping{Number:2} (cut)
	// 2.000000s C1 ✗ S1  sim_test.ping{Number:3} (cut)
	// 2.500000s fault ended: clients cut off from the other servers, 500ms to 2.5s
	// 9 sent, 6 delivered
}

// diarist appends a line to a file each second, but syncs only after every third.
type diarist struct {
	server
	lines int
}

func newDiarist(env node.Env) node.Handler { return &diarist{server: server{env}} }

func (d *diarist) Start() {
	diary, _ := d.env.Disk().Read("diary")
	fmt.Printf("%v: starts with %q\n", d.env.Now(), diary)
	d.env.SetTimer(0, time.Second)
}

func (d *diarist) Timeout(node.Timer) {
	d.lines++
	_ = d.env.Disk().Append("diary", fmt.Appendf(nil, "day %d. ", d.lines))
	if d.lines%3 == 0 {
		d.env.Disk().Sync()
	}
	d.env.SetTimer(0, time.Second)
}

func (d *diarist) Synced(_ node.Sync, err error) {
	fmt.Printf("%v: synced, error %v\n", d.env.Now(), err)
}

// A crash loses what was not synced: here, of five lines, the last two.
func Example_crash() {
	w := sim.New(sim.Config{Seed: 1, Disk: sim.DiskTiming{Sync: sim.Constant(5 * time.Millisecond)}})
	w.AddServer(newDiarist)
	w.Inject(sim.Schedule{
		sim.Crash{Span: sim.Between(5500*time.Millisecond, 6*time.Second), Target: "S1"},
	})
	_ = w.Run(6500 * time.Millisecond)
	fmt.Println(w.Stats().UnsyncedBytesLost, "bytes lost")
	// Output:
	// 0s: starts with ""
	// 3.005s: synced, error <nil>
	// 6s: starts with "day 1. day 2. day 3. "
	// 14 bytes lost
}

// hasty tells everybody of what it knows, in an order that is not its own.
type hasty struct {
	server
	known map[int]bool
}

func newHasty(env node.Env) node.Handler {
	h := &hasty{server{env}, map[int]bool{}}
	for number := range 1000 {
		h.known[number] = true
	}
	return h
}

func (h *hasty) Start() {
	for number := range h.known {
		h.env.Send(1, pong{number})
	}
}

// Lockstep finds out that a protocol ranges over a map.
func ExampleLockstep() {
	build := func() *sim.World {
		w := sim.New(sim.Config{Seed: 1})
		w.AddServer(newServer)
		w.AddServer(newHasty)
		return w
	}
	err := sim.Lockstep(build(), build(), time.Second)
	fmt.Println(err != nil)
	// Output: true
}
