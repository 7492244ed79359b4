package sim

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// burst lets S1 send S2 messages of the given sizes, all at 10 ms, and a last one
// of 1000 bytes at 20 ms, and returns when each arrives. Latency is 1 ms.
func burst(t *testing.T, bandwidth int64, faults Schedule, sizes ...int) []time.Duration {
	t.Helper()
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms), Bandwidth: bandwidth}})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(faults)
	trace := observed(w)
	callAt(w, 10*ms, 1, func(env node.Env) {
		for _, size := range sizes {
			env.Send(2, text(make([]byte, size)))
		}
	})
	callAt(w, 20*ms, 1, func(env node.Env) { env.Send(2, text(make([]byte, 1000))) })
	require.NoError(t, w.Run(time.Hour))
	return trace.times(Delivered)
}

func TestBandwidth(t *testing.T) {
	limit := func(start, end time.Duration, bytes int64) Fault {
		return Bandwidth{Span: Between(start*ms, end*ms), BytesPerSecond: bytes}
	}
	tests := []struct {
		name      string
		bandwidth int64 // bytes per second
		faults    Schedule
		sizes     []int
		want      []time.Duration
	}{
		{"infinite", 0, nil, []int{1000, 1e6}, []time.Duration{11 * ms, 11 * ms, 21 * ms}},
		{"one after the other", 1e6, nil, []int{1000, 3000, 500}, []time.Duration{12 * ms, 15 * ms, 15500 * us, 22 * ms}},
		{"a long queue", 1e6, nil, []int{8000, 8000}, []time.Duration{19 * ms, 27 * ms, 28 * ms}},
		{"empty messages", 1, nil, []int{0, 0}, []time.Duration{11 * ms, 11 * ms, 1000*time.Second + 21*ms}},
		{"room for a second", 1000, nil, []int{1000, 500, 1}, []time.Duration{1011 * ms, 1511 * ms}},
		{"and no more", 1000, nil, []int{1100, 500}, []time.Duration{1111 * ms}},
		{"as a fault", 0, Schedule{limit(5, 0, 1e6)}, []int{1000, 3000, 500}, []time.Duration{12 * ms, 15 * ms, 15500 * us, 22 * ms}},
		{"the lowest counts", 1e9, Schedule{limit(5, 0, 2e6), limit(5, 0, 1e6), limit(6, 0, 3e6)}, []int{1000}, []time.Duration{12 * ms, 22 * ms}},
		{"a fault above the limit", 1e6, Schedule{limit(5, 0, 1e9)}, []int{1000}, []time.Duration{12 * ms, 22 * ms}},
		{"over", 1e6, Schedule{limit(1, 5, 10)}, []int{1000}, []time.Duration{12 * ms, 22 * ms}},
		{"that ends under a queue", 0, Schedule{limit(5, 15, 1e5)}, []int{1000, 1000}, []time.Duration{21 * ms, 21 * ms, 31 * ms}},
		{"that ends under a queue on a wider link", 1e6, Schedule{limit(5, 15, 1e5)}, []int{1000, 1000}, []time.Duration{21 * ms, 22 * ms, 31 * ms}},
		{"of others", 0, Schedule{Bandwidth{Span: Between(0, 0), Target: Clients, BytesPerSecond: 1}}, []int{1000}, []time.Duration{11 * ms, 21 * ms}},
		{"of the receiver", 0, Schedule{Bandwidth{Span: Between(0, 0), Target: "S2", BytesPerSecond: 1e6}}, []int{1000}, []time.Duration{12 * ms, 22 * ms}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, burst(t, test.bandwidth, test.faults, test.sizes...))
		})
	}
}

// TestBandwidthPerLink: each link, and each direction, has the whole of it.
func TestBandwidthPerLink(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Bandwidth: 1e6}})
	for range 3 {
		w.AddServer(idle)
	}
	trace := observed(w)
	for _, from := range w.machines {
		callAt(w, ms, from.id, func(env node.Env) {
			for _, to := range w.machines {
				env.Send(to.id, text(make([]byte, 1000)))
			}
		})
	}
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{ms, ms, ms, 2 * ms, 2 * ms, 2 * ms, 2 * ms, 2 * ms, 2 * ms}, trace.times(Delivered))
}

// TestBandwidthOfLostMessages: what is lost on the way has left all the same, and
// a copy made on the way need not leave again.
func TestBandwidthOfLostMessages(t *testing.T) {
	const n = 1000
	last := func(network Network) time.Duration {
		network.Bandwidth = 64_000
		w := New(Config{Seed: 1, Network: network})
		w.AddServer(idle)
		w.AddServer(idle)
		trace := observed(w)
		callAt(w, 0, 1, func(env node.Env) {
			for range n {
				env.Send(2, token{})
			}
		})
		require.NoError(t, w.Run(time.Hour))
		times := trace.times(Delivered)
		return times[len(times)-1].Round(100 * ms)
	}
	require.Equal(t, n*ms, last(Network{}))
	require.Equal(t, n*ms, last(Network{Loss: 0.5}))
	require.Equal(t, n*ms, last(Network{Duplication: 1}))
}

// TestBandwidthBounds: however long the queue, time does not overflow.
func TestBandwidthBounds(t *testing.T) {
	const year = 365 * 24 * time.Hour
	require.Equal(t, year, transmission(math.MaxInt64, 1))
	require.Equal(t, time.Second, transmission(1, 1))
	require.Equal(t, time.Duration(1), transmission(1, 1e9))
	require.Zero(t, transmission(64, math.MaxInt64))
	l := link{linkCondition: linkCondition{bandwidth: 1}}
	for range 1000 {
		l.transmit(5, math.MaxInt64)
	}
	require.Equal(t, 5+int64(year), l.free)
}
