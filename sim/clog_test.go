package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestClog: messages take 4 ms, and S1's to S2 are held back from 10 ms to 20 ms.
func TestClog(t *testing.T) {
	tests := []struct {
		name string
		sent time.Duration
		want time.Duration // when it arrives
	}{
		{"before", 5 * ms, 9 * ms},
		{"under way when it begins", 8 * ms, 20 * ms},
		{"meanwhile", 11 * ms, 24 * ms},
		{"just before it ends", 19 * ms, 24 * ms},
		{"after", 21 * ms, 25 * ms},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			trace := clogged(t, test.sent, Clog{Between(10*ms, 20*ms), "S1", "S2"})
			require.Equal(t, []time.Duration{test.want}, trace.times(Delivered))
			require.Empty(t, trace.of(Dropped))
			plain := clogged(t, test.sent)
			require.Equal(t, []time.Duration{test.sent + 4*ms}, plain.times(Delivered))
			other := clogged(t, test.sent, Clog{Between(10*ms, 20*ms), "S2", "S1+C1"})
			require.Equal(t, []time.Duration{test.sent + 4*ms}, other.times(Delivered), "the other way nothing is held")
		})
	}
}

// clogged lets S1 send S2 a message at the given time.
func clogged(t *testing.T, at time.Duration, faults ...Fault) *recording {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(4 * ms)}})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(faults)
	trace := observed(w)
	callAt(w, at, 1, func(env node.Env) { env.Send(2, "held?") })
	require.NoError(t, w.Run(time.Second))
	return trace
}

func TestClogWithOtherFaults(t *testing.T) {
	clog := func(start, end time.Duration) Fault { return Clog{Between(start*ms, end*ms), "S1", "S2"} }
	cut := func(start, end time.Duration) Fault { return Partition{Span: Between(start*ms, end*ms), Side: "S1"} }
	tests := []struct {
		name   string
		faults Schedule
		want   []time.Duration // when the message sent at 11 ms arrives
	}{
		{"overlapping", Schedule{clog(10, 20), clog(15, 30)}, []time.Duration{34 * ms}},
		{"one within another", Schedule{clog(10, 30), clog(15, 20)}, []time.Duration{34 * ms}},
		{"clogged again when it would arrive", Schedule{clog(10, 20), clog(22, 30)}, []time.Duration{30 * ms}},
		{"cut when it is sent", Schedule{clog(10, 20), cut(10, 12)}, nil},
		{"cut meanwhile", Schedule{clog(10, 20), cut(13, 19)}, []time.Duration{24 * ms}},
		{"cut when it would arrive", Schedule{clog(10, 20), cut(23, 25)}, nil},
		{"for ever", Schedule{clog(10, 0)}, nil},
		{"healed", Schedule{clog(10, 0), Heal{At(20 * ms), "S1+S2"}}, []time.Duration{24 * ms}},
		{"not healed at both ends", Schedule{clog(10, 30), Heal{At(20 * ms), "S1"}}, []time.Duration{34 * ms}},
		{"the receiver boots meanwhile", Schedule{clog(10, 20), Crash{Between(12*ms, 14*ms), "S2"}}, []time.Duration{24 * ms}},
		{"the receiver is down", Schedule{clog(10, 20), Crash{Between(22*ms, 28*ms), "S2"}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, clogged(t, 11*ms, test.faults...).times(Delivered))
		})
	}
}

// TestClogKeepsEverything: nothing is lost, and messages with the same latency
// stay in order.
func TestClogKeepsEverything(t *testing.T) {
	const n = 500
	clog := Clog{Between(time.Second, 3*time.Second), "S1", All}
	trace := flow(t, Network{Latency: Constant(25 * ms)}, n, clog)
	require.Len(t, trace.of(Delivered), n)
	require.Zero(t, trace.overtaken())
	originals, _ := trace.delays()
	for id, delay := range originals {
		sent := time.Duration(id) * 10 * ms
		switch {
		case sent >= time.Second && sent < 3*time.Second:
			require.Equal(t, 3*time.Second+25*ms-sent, delay)
		case sent+25*ms >= time.Second && sent < time.Second:
			require.Equal(t, 3*time.Second-sent, delay)
		default:
			require.Equal(t, 25*ms, delay)
		}
	}
}

func TestClogIsCounted(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(Schedule{Clog{Between(ms, 3*ms), "S1", "S2"}})
	callAt(w, 2*ms, 1, func(env node.Env) {
		env.Send(2, "held")
		env.Send(1, "to itself")
	})
	require.NoError(t, w.Run(2*ms))
	require.Equal(t, 1, w.Stats().MessagesHeld)
	require.Equal(t, 1, w.Stats().MessagesDelivered)
	require.Equal(t, 2, w.Pending(), "it will happen, as will the end of the fault")
	require.NoError(t, w.Run(time.Second))
	require.Zero(t, w.Pending())
	require.Equal(t, 2, w.Stats().MessagesDelivered)
}
