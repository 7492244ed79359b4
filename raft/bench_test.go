package raft_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// five makes a world of five servers, with the judge inside or without, that has a
// leader.
func five(b *testing.B, judged bool) (*sim.World, *raft.Invariants) {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Uniform(time.Millisecond, 2*time.Millisecond)}})
	config := raft.DefaultConfig(ids(5))
	for range config.Servers {
		w.AddServer(func(env node.Env) node.Handler { return raft.New(env, config, rsm.NewKeyValue()) })
	}
	judge := raft.NewInvariants()
	if judged {
		w.Watch(func(id node.ID, h node.Handler) error {
			if s, ok := h.(*raft.Server); ok {
				return judge.Check(id, s)
			}
			return nil
		})
	}
	require.NoError(b, w.Run(2*time.Second))
	require.NotZero(b, w.Leader())
	return w, judge
}

// BenchmarkServing measures how many simulated seconds a second of CPU is worth:
// five servers, ten clients each of which makes a hundred operations a second,
// fingerprint on, and, in one of the two, the judge. An iteration is a simulated
// second.
//
//	go test ./raft -run '^$' -bench Serving -benchtime 1000x
func BenchmarkServing(b *testing.B) {
	for _, judged := range []bool{true, false} {
		name := "judged"
		if !judged {
			name = "unjudged"
		}
		b.Run(name, func(b *testing.B) {
			w, judge := five(b, judged)
			leader := w.Leader()
			var clients []*pacer
			for i := range 10 {
				w.AddClient(func(env node.Env) node.Handler {
					k := &pacer{env: env, leader: leader, first: i, command: rsm.Put("key-01", "value-01")}
					clients = append(clients, k)
					return k
				})
			}
			require.NoError(b, w.Run(w.Now()+time.Second))
			b.ReportAllocs()
			b.ResetTimer()
			began := cpuTime(b)
			require.NoError(b, w.Run(w.Now()+time.Duration(b.N)*time.Second))
			took := cpuTime(b) - began
			b.StopTimer()
			b.ReportMetric(float64(b.N)/took.Seconds(), "simulated-s/cpu-s")
			for _, k := range clients {
				require.GreaterOrEqual(b, k.answered, 100*b.N)
			}
			require.NoError(b, judge.CheckAll())
		})
	}
}

// pacer is a client of ten sessions, which ask in turn, a hundred times a second
// together.
type pacer struct {
	env      node.Env
	leader   node.ID
	first    int // sets the clients' beats apart
	asked    int
	answered int
	command  []byte
}

func (k *pacer) Start() { k.env.SetTimer(0, time.Duration(k.first)*time.Millisecond) }

func (k *pacer) Timeout(node.Timer) {
	session := rsm.ClientID(10*k.first + k.asked%10 + 1)
	k.env.Send(k.leader, rsm.Request{Client: session, Sequence: uint64(k.asked/10 + 1), Command: k.command})
	k.asked++
	k.env.SetTimer(0, 10*time.Millisecond)
}

func (k *pacer) Receive(_ node.ID, m node.Message) {
	if m.(rsm.Reply).Status == rsm.OK {
		k.answered++
	}
}

func (k *pacer) Synced(node.Sync, error) {}

// BenchmarkElection measures the time from the crash of the leader of five to its
// successor. What comes between, the return of the crashed server, does not count.
func BenchmarkElection(b *testing.B) {
	var w *sim.World
	var leader node.ID
	var took time.Duration
	for i := range b.N {
		if i%100 == 0 { // no past is long
			w, _ = five(b, false)
			w.Observe(sim.ObserverFunc(func(e *sim.Event) {
				if _, ok := e.Note.(raft.BecameLeader); ok {
					leader = e.Machine
				}
			}), sim.Noted)
		}
		crashed := w.Leader()
		leader = 0
		began := cpuTime(b)
		w.Crash(crashed)
		for leader == 0 {
			w.Step()
		}
		took += cpuTime(b) - began
		w.Restart(crashed)
		require.NoError(b, w.Run(w.Now()+time.Second))
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "cpu-ns/election")
}

// cpuTime returns how much CPU the process has used, the collection of garbage
// included. It is less disturbed by what else the machine does than the time of day.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// At three servers a command of 16 bytes costs at most five allocations, from the
// client's request to the answer: the request, one message to the followers, their
// two answers, and the reply. What a hundred commands share counts for little.
func TestAllocationsPerCommand(t *testing.T) {
	for _, outstanding := range []int{1, 16, 256} {
		w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
		config := raft.DefaultConfig(ids(3))
		for range config.Servers {
			w.AddServer(func(env node.Env) node.Handler { return raft.New(env, config, rsm.NewKeyValue()) })
		}
		for w.Leader() == 0 {
			w.Step()
		}
		k := &caller{leader: w.Leader(), outstanding: outstanding, command: rsm.Put("key-01", "value01")}
		require.Len(t, k.command, 16)
		w.AddClient(func(env node.Env) node.Handler { k.env = env; return k })
		advance := func() {
			for goal := k.answered + 10_000; k.answered < goal; {
				w.Step()
			}
		}
		advance()
		perCommand := testing.AllocsPerRun(1, advance) / 10_000
		t.Logf("%d outstanding: %.3f allocations per command", outstanding, perCommand)
		require.LessOrEqual(t, perCommand, 5.05)
	}
}

// caller keeps a number of commands under way at the leader.
type caller struct {
	env                   node.Env
	leader                node.ID
	outstanding, answered int
	command               []byte
}

func (k *caller) Start() {
	for i := range k.outstanding {
		k.env.Send(k.leader, rsm.Request{Client: rsm.ClientID(i + 1), Sequence: 1, Command: k.command})
	}
}

func (k *caller) Receive(_ node.ID, m node.Message) {
	if r := m.(rsm.Reply); r.Status == rsm.OK {
		k.answered++
		k.env.Send(k.leader, rsm.Request{Client: r.Client, Sequence: r.Sequence + 1, Command: k.command})
	}
}

func (k *caller) Timeout(node.Timer)      {}
func (k *caller) Synced(node.Sync, error) {}
