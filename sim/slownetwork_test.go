package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSlowNetwork(t *testing.T) {
	span := Between(2*time.Second, 4*time.Second)
	tests := []struct {
		name   string
		faults Schedule
		want   time.Duration // what a message takes meanwhile, beside its millisecond
	}{
		{"none", nil, 0},
		{"all links", Schedule{SlowNetwork{Span: span, Latency: Constant(3 * ms)}}, 3 * ms},
		{"the sender's", Schedule{SlowNetwork{Span: span, Target: "S1", Latency: Constant(3 * ms)}}, 3 * ms},
		{"the receiver's", Schedule{SlowNetwork{Span: span, Target: "S2", Latency: Constant(3 * ms)}}, 3 * ms},
		{"others'", Schedule{SlowNetwork{Span: span, Target: Clients, Latency: Constant(3 * ms)}}, 0},
		{"by nothing", Schedule{SlowNetwork{Span: span}}, 0},
		{"two", Schedule{SlowNetwork{Span: span, Latency: Constant(3 * ms)}, SlowNetwork{Span: span, Target: "S2", Latency: Constant(4 * ms)}}, 7 * ms},
		{"healed", Schedule{SlowNetwork{Latency: Constant(3 * ms)}, Heal{At(2 * time.Second), All}, SlowNetwork{Span: span, Latency: Constant(4 * ms)}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			originals, _ := flow(t, Network{Latency: Constant(ms)}, 500, test.faults...).delays()
			require.Len(t, originals, 500)
			for id, delay := range originals {
				switch sent := time.Duration(id) * 10 * ms; {
				case sent >= 2*time.Second && sent < 4*time.Second:
					require.Equal(t, ms+test.want, delay)
				case test.name != "healed":
					require.Equal(t, ms, delay)
				}
			}
		})
	}
}

// TestSlowNetworkDraws: what it adds is a sample of its distribution, for each
// message another, and for each fault too.
func TestSlowNetworkDraws(t *testing.T) {
	const n = 10_000
	fast := func(faults ...Fault) (count int) {
		originals, _ := flow(t, Network{}, n, faults...).delays()
		for _, delay := range originals {
			if delay < 10*ms {
				count++
			}
		}
		return count
	}
	requireRate(t, 0.5, fast(SlowNetwork{Latency: Uniform(0, 20*ms)}), n)
	requireRate(t, 0.5, fast(SlowNetwork{Latency: Uniform(0, 10*ms)}, SlowNetwork{Target: "S1", Latency: Uniform(0, 10*ms)}), n)
}
