package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestEcho: what is sent while it lasts comes in time, and once more later, also when
// the fault is over by then.
func TestEcho(t *testing.T) {
	for _, c := range []struct {
		target Target
		want   []time.Duration
	}{
		{"", []time.Duration{ms, 21 * ms, 31 * ms, 71 * ms}},
		{"S2", []time.Duration{ms, 21 * ms, 31 * ms, 71 * ms}},
		{"S3", []time.Duration{ms, 21 * ms, 31 * ms}},
	} {
		w := New(Config{Network: Network{Latency: Constant(ms)}})
		for range 3 {
			w.AddServer(idle)
		}
		trace := observed(w)
		w.Inject(Schedule{Echo{Span: Between(10*ms, 25*ms), Target: c.target, Probability: 1, Delay: Constant(50 * ms)}})
		for _, at := range []time.Duration{0, 20 * ms, 30 * ms} {
			callAt(w, at, 1, func(env node.Env) { env.Send(2, text("x")) })
		}
		require.NoError(t, w.Run(time.Second))
		require.Equal(t, c.want, trace.times(Delivered), "%q", c.target)
		require.Equal(t, len(c.want)-3, w.Stats().MessagesDuplicated)
	}
}

// TestEchoTouchesNothingElse: messages that come again come the first time as if
// nobody had said them twice, and about as many as it says come again.
func TestEchoTouchesNothingElse(t *testing.T) {
	first := func(schedule Schedule) (came []time.Duration, again int) {
		w := New(Config{Seed: 1, Network: Network{Latency: Exponential(5 * ms), Loss: 0.1, Duplication: 0.1}})
		w.AddServer(idle)
		w.AddServer(idle)
		trace := observed(w)
		w.Inject(schedule)
		for i := range 1000 {
			callAt(w, time.Duration(i)*ms, 1, func(env node.Env) { env.Send(2, text("x")) })
		}
		require.NoError(t, w.Run(20*time.Second))
		for _, e := range trace.of(Delivered) {
			if e.Duplicate {
				again++
			} else {
				came = append(came, e.At)
			}
		}
		return came, again
	}
	came, twice := first(nil)
	withEcho, more := first(Schedule{Echo{Span: Between(0, 0), Probability: 0.3, Delay: Uniform(time.Second, 2*time.Second)}})
	require.Equal(t, came, withEcho)
	require.InDelta(t, 270, more-twice, 60)
}
