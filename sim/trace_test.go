package sim

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// ballot describes itself.
type ballot int

func (b ballot) String() string { return "a ballot" }

// TestTrace runs a story in which each kind of event happens, and reads it.
func TestTrace(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(2 * ms)}, Disk: DiskTiming{Sync: Constant(ms)}})
	for range 2 {
		w.AddServer(probing(func(p *probe) {
			p.start = func() { p.env.SetTimer(7, 25*ms) }
		}))
	}
	client := w.AddClient(idle)
	w.Inject(Schedule{
		Partition{Span: Between(9*ms, 11*ms), Side: "S1"},
		Disturbance{Span: Between(13*ms, 15*ms), Loss: 1},
		Crash{Span: Between(40*ms, 0), Target: "S2"},
	})
	callAt(w, 5*ms, 1, func(env node.Env) { env.Send(2, text("hello")) })
	callAt(w, 10*ms, 1, func(env node.Env) { env.Send(2, ballot(1)) })
	callAt(w, 14*ms, client, func(env node.Env) { env.Send(2, struct{ Term int }{3}) })
	callAt(w, 20*ms, 1, func(env node.Env) { env.Disk().Sync() })
	callAt(w, 24*ms, 1, func(env node.Env) { env.Note("became leader"); env.Exit(errors.New("bad disk")) })
	callAt(w, 30*ms, 2, func(env node.Env) { env.Send(1, text("anybody?")) })
	var lines []string
	w.Observe(ObserverFunc(func(e *Event) {
		require.EqualValues(t, len(lines)+1, e.Number)
		lines = append(lines, strings.TrimSpace(e.String()))
	}))
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []string{
		"0.000000s S1 started",
		"0.000000s S2 started",
		"0.000000s C1 started",
		"0.005000s S1 → S2  sim.texthello",
		"0.007000s S2 ← S1  sim.texthello",
		"0.009000s fault began: S1 cut off from the other servers, 9ms to 11ms",
		"0.010000s S1 → S2  a ballot",
		"0.010000s S1 ✗ S2  a ballot (cut)",
		"0.011000s fault ended: S1 cut off from the other servers, 9ms to 11ms",
		"0.013000s fault began: loss 1, duplication 0, reordering 0 on all links, 13ms to 15ms",
		"0.014000s C1 → S2  struct { Term int }{Term:3}",
		"0.014000s C1 ✗ S2  struct { Term int }{Term:3} (loss)",
		"0.015000s fault ended: loss 1, duplication 0, reordering 0 on all links, 13ms to 15ms",
		"0.021000s S1 synced",
		"0.024000s S1 became leader",
		"0.024000s S1 exited: bad disk",
		"0.025000s S2 timer 7 expired",
		"0.030000s S2 → S1  sim.textanybody?",
		"0.032000s S2 ✗ S1  sim.textanybody? (machine down)",
		"0.040000s fault began: crash of S2, from 40ms on",
		"0.040000s S2 crashed",
	}, lines)
	require.EqualValues(t, len(lines), w.Events())
}

// TestTraceOfACrash: first the machine crashes, then what was in its inbox is
// lost.
func TestTraceOfACrash(t *testing.T) {
	w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}})
	w.AddServer(idle)
	trace := observed(w)
	callAt(w, 0, 1, func(env node.Env) { env.Send(1, "handled"); env.Send(1, "waits") })
	w.At(ms, func() { w.Crash(1) })
	require.NoError(t, w.Run(time.Second))
	var kinds []string
	for _, e := range trace.events {
		kinds = append(kinds, e.Kind.String())
	}
	require.Equal(t, []string{"started", "sent", "sent", "delivered", "crashed", "dropped"}, kinds)
}

func TestTracePairsMessages(t *testing.T) {
	trace := flow(t, Network{Latency: Uniform(ms, 50*ms), Loss: 0.2, Duplication: 0.3}, 200)
	sent := map[uint64]node.Message{}
	for _, e := range trace.of(Sent) {
		require.NotContains(t, sent, e.MessageID)
		sent[e.MessageID] = e.Message
	}
	for _, e := range trace.of(Delivered, Dropped) {
		require.Equal(t, sent[e.MessageID], e.Message)
	}
}

func TestObserversSeeTheSame(t *testing.T) {
	w := newGossip(1, false)
	first, second := observed(w), observed(w)
	require.NoError(t, w.Run(50*ms))
	require.NotEmpty(t, first.events)
	require.Equal(t, first.events, second.events)
}

func TestKindAndReasonNames(t *testing.T) {
	names := map[string]bool{}
	for k := Sent; k <= FaultEnded; k++ {
		names[k.String()] = true
	}
	for r := Loss; r <= MachineDown; r++ {
		names[r.String()] = true
	}
	require.Len(t, names, int(FaultEnded)+int(MachineDown), "each has its own")
	require.Equal(t, "Kind(99)", Kind(99).String())
	require.Equal(t, "Reason(99)", Reason(99).String())
}
