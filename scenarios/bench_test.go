package scenarios_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// BenchmarkCommands measures what a committed command of 16 bytes costs a
// protocol and the simulator together: constant latency, a disk that takes no
// time, no invariants, no history. What counts is the CPU time of the process.
// Messages per command are reported beside it, since batching is what a number of
// outstanding commands buys.
//
//	go test ./scenarios -run '^$' -bench Commands -benchmem
func BenchmarkCommands(b *testing.B) {
	for _, p := range scenarios.Protocols() {
		for _, replicas := range []int{3, 5} {
			for _, outstanding := range []int{1, 16, 256} {
				b.Run(fmt.Sprintf("%s/replicas=%d/outstanding=%d", p.Name, replicas, outstanding), func(b *testing.B) {
					benchmarkCommands(b, p, replicas, outstanding)
				})
			}
		}
	}
}

func benchmarkCommands(b *testing.B, p scenarios.Protocol, replicas, outstanding int) {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
	servers := make([]node.ID, replicas)
	for i := range servers {
		servers[i] = node.ID(i + 1)
	}
	factory := p.Server(servers, func() rsm.StateMachine { return rsm.NewKeyValue() }, scenarios.Settings{})
	for range servers {
		w.AddServer(factory)
	}
	for w.Leader() == 0 {
		w.Step()
	}
	load := &loader{leader: w.Leader(), outstanding: outstanding, command: rsm.Put("key-01", "value-01")}
	w.AddClient(func(env node.Env) node.Handler { load.env = env; return load })
	advance := func(commands int) {
		for goal := load.answered + commands; load.answered < goal; {
			if !w.Step() {
				b.Fatal("the world has ended")
			}
		}
	}
	advance(1000)
	sent := w.Stats().MessagesSent
	b.ReportAllocs()
	b.ResetTimer()
	began := cpuTime(b)
	advance(b.N)
	took := cpuTime(b) - began
	b.StopTimer()
	b.ReportMetric(float64(b.N)/took.Seconds(), "commands/cpu-s")
	b.ReportMetric(float64(w.Stats().MessagesSent-sent)/float64(b.N), "messages/op")
}

// cpuTime returns how much CPU the process has used, the collection of garbage
// included. It is less disturbed by what else the machine does than the time of day.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// loader is a client that keeps a number of commands outstanding at the leader.
type loader struct {
	env         node.Env
	leader      node.ID
	outstanding int
	command     []byte
	answered    int
}

func (l *loader) Start() {
	for i := range l.outstanding {
		l.env.Send(l.leader, rsm.Request{Client: rsm.ClientID(i + 1), Sequence: 1, Command: l.command})
	}
}

func (l *loader) Receive(from node.ID, m node.Message) {
	reply := m.(rsm.Reply)
	if reply.Status == rsm.OK {
		l.answered++
		l.env.Send(from, rsm.Request{Client: reply.Client, Sequence: reply.Sequence + 1, Command: l.command})
	}
}

func (l *loader) Timeout(node.Timer)      {}
func (l *loader) Synced(node.Sync, error) {}

// BenchmarkIdle measures a cluster of five in which nobody asks for anything: one
// virtual second an iteration.
func BenchmarkIdle(b *testing.B) {
	for _, p := range scenarios.Protocols() {
		b.Run(p.Name, func(b *testing.B) {
			w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
			servers := []node.ID{1, 2, 3, 4, 5}
			factory := p.Server(servers, func() rsm.StateMachine { return rsm.NewKeyValue() }, scenarios.Settings{})
			for range servers {
				w.AddServer(factory)
			}
			for w.Leader() == 0 {
				w.Step()
			}
			b.ReportAllocs()
			b.ResetTimer()
			if err := w.Run(w.Now() + time.Duration(b.N)*time.Second); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
		})
	}
}
