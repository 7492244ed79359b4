package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// costWorld has a server that answers each message with one of its own, and a
// client that collects the answers. A message takes 1 ms on the network, and 2 ms
// of CPU time and 1 ms more for each byte. The client does nothing with what it
// gets, but pays for it, too.
func costWorld(receive func(env node.Env, from node.ID, m node.Message)) (w *World, server, client node.ID) {
	w = New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}, CPU: CPU{PerMessage: Constant(2 * ms), PerByte: ms}})
	server = w.AddServer(probing(func(p *probe) {
		p.receive = func(from node.ID, m node.Message) { receive(p.env, from, m) }
	}))
	return w, server, w.AddClient(idle)
}

func echo(env node.Env, from node.ID, m node.Message) { env.Send(from, m) }

func TestCPUCostDelaysSendsAndTheNextCall(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) {
		for _, m := range []text{"aaa", "", "bb"} {
			env.Send(server, m)
		}
	})
	require.NoError(t, w.Run(time.Second))

	var handled, answered []string
	for _, e := range trace.of(Delivered) {
		if e.Machine == server {
			handled = append(handled, fmt.Sprint(e.At, " ", e.Message))
		}
	}
	for _, e := range trace.of(Sent) {
		if e.Machine == server {
			answered = append(answered, fmt.Sprint(e.At, " ", e.Message))
		}
	}
	require.Equal(t, []string{"1ms aaa", "6ms ", "8ms bb"}, handled, "first in, first out; 2 ms and 1 ms per byte each")
	require.Equal(t, []string{"6ms aaa", "8ms ", "12ms bb"}, answered)
}

func TestCPUThatCostsNothing(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}})
	server := w.AddServer(probing(func(p *probe) {
		p.receive = func(from node.ID, m node.Message) { p.env.Send(from, m) }
	}))
	trace := observed(w)
	client := w.AddClient(idle)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, "a"); env.Send(server, "b") })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{ms, ms, 2 * ms, 2 * ms}, trace.times(Delivered))
}

// TestCPUCostOfOtherCalls: timers and syncs cost nothing, but wait for the worker.
func TestCPUCostOfOtherCalls(t *testing.T) {
	var order []string
	w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}, Disk: DiskTiming{Sync: Constant(3 * ms)}})
	id := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) {
			p.env.SetTimer(0, 2*ms)
			p.env.Disk().Sync()
		}
		p.timeout = func(node.Timer) {
			order = append(order, fmt.Sprint("timer ", p.env.Now()))
			p.env.Send(1, "leaves at once")
		}
		p.synced = func(node.Sync, error) { order = append(order, fmt.Sprint("sync ", p.env.Now())) }
	}))
	trace := observed(w)
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "go") })
	require.NoError(t, w.Run(15*ms))
	require.Equal(t, []string{"timer 10ms", "sync 10ms"}, order)
	require.Equal(t, []time.Duration{0, 10 * ms}, trace.times(Sent))
}

func TestCPUCostIsDrawnPerMachine(t *testing.T) {
	// What one machine handles does not change what another one pays.
	costs := func(alsoFirst bool) []time.Duration {
		w := New(Config{Seed: 1, CPU: CPU{PerMessage: Uniform(ms, 10*ms)}})
		first, second := w.AddServer(idle), w.AddServer(probing(func(p *probe) {
			p.receive = func(node.ID, node.Message) { p.env.Send(1, "done") }
		}))
		trace := observed(w)
		client := w.AddClient(idle)
		callAt(w, 0, client, func(env node.Env) {
			for range 5 {
				if alsoFirst {
					env.Send(first, "x")
				}
				env.Send(second, "x")
			}
		})
		require.NoError(t, w.Run(time.Second))
		var done []time.Duration
		for _, e := range trace.of(Sent) {
			if e.Machine == second {
				done = append(done, e.At)
			}
		}
		return done
	}
	require.Len(t, costs(true), 5)
	require.Equal(t, costs(true), costs(false))
}
