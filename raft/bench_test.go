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
	w, _ := five(b, false)
	var leader node.ID
	w.Observe(sim.ObserverFunc(func(e *sim.Event) {
		if _, ok := e.Note.(raft.BecameLeader); ok {
			leader = e.Machine
		}
	}), sim.Noted)
	var took time.Duration
	for range b.N {
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
