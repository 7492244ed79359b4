package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDisturbance: it adds to what the network does by itself, and several add up.
func TestDisturbance(t *testing.T) {
	const n = 6000 // 60 s of messages
	during := Between(20*time.Second, 40*time.Second)
	tests := []struct {
		name    string
		network Network
		faults  Schedule
		want    float64 // how many are lost meanwhile
		outside float64 // and before and after
	}{
		{"on all links", Network{}, Schedule{Disturbance{Span: during, Loss: 0.3}}, 0.3, 0},
		{"on top of the network's own", Network{Loss: 0.2}, Schedule{Disturbance{Span: during, Loss: 0.5}}, 0.6, 0.2},
		{"twice", Network{}, Schedule{Disturbance{Span: during, Loss: 0.5}, Disturbance{Span: during, Target: "S1", Loss: 0.5}}, 0.75, 0},
		{"of the sender", Network{}, Schedule{Disturbance{Span: during, Target: "S1", Loss: 0.3}}, 0.3, 0},
		{"of the receiver", Network{}, Schedule{Disturbance{Span: during, Target: "S2", Loss: 0.3}}, 0.3, 0},
		{"of others", Network{Loss: 0.1}, Schedule{Disturbance{Span: during, Target: Clients, Loss: 0.3}}, 0.1, 0.1},
		{"total", Network{Loss: 0.1}, Schedule{Disturbance{Span: during, Loss: 1}}, 1, 0.1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lost, lostOutside := 0, 0
			for _, e := range flow(t, test.network, n, test.faults...).of(Dropped) {
				if start, end := during.Window(); e.At >= start && e.At < end {
					lost++
				} else {
					lostOutside++
				}
			}
			requireRate(t, test.want, lost, n/3)
			requireRate(t, test.outside, lostOutside, n-n/3)
		})
	}
}

func TestDisturbanceDuplicatesAndReorders(t *testing.T) {
	const n = 3000
	quiet := flow(t, Network{Latency: Constant(5 * ms)}, n)
	trace := flow(t, Network{Latency: Constant(5 * ms)}, n, Disturbance{Duplication: 0.2, Reordering: 0.1})
	originals, duplicates := trace.delays()
	require.Len(t, originals, n)
	requireRate(t, 0.2, len(duplicates), n)
	require.NotZero(t, trace.overtaken())
	require.Zero(t, quiet.overtaken())
}
