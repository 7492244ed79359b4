package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestNetworkThatIsPerfect(t *testing.T) {
	trace := flow(t, Network{Latency: Constant(3 * ms)}, 100)
	require.Empty(t, trace.of(Dropped))
	require.Zero(t, trace.overtaken())
	originals, duplicates := trace.delays()
	require.Len(t, originals, 100)
	require.Empty(t, duplicates)
	for _, delay := range originals {
		require.Equal(t, 3*ms, delay)
	}
}

func TestLoss(t *testing.T) {
	const n = 10_000
	for _, p := range []float64{0.01, 0.1, 0.5, 0.9} {
		trace := flow(t, Network{Latency: Constant(ms), Loss: p}, n)
		lost := trace.of(Dropped)
		requireRate(t, p, len(lost), n)
		require.Len(t, trace.of(Delivered), n-len(lost))
		require.Equal(t, Loss, lost[0].Reason)
		require.EqualValues(t, 1, lost[0].Machine)
		require.EqualValues(t, 2, lost[0].Peer)
	}
	require.Empty(t, flow(t, Network{Loss: 1}, 100).of(Delivered))
}

func TestDuplication(t *testing.T) {
	const n = 10_000
	for _, p := range []float64{0.01, 0.1, 0.5, 1} {
		trace := flow(t, Network{Latency: Uniform(ms, 9*ms), Duplication: p}, n)
		originals, duplicates := trace.delays()
		require.Len(t, originals, n)
		requireRate(t, p, len(duplicates), n)
		later, earlier := 0, 0
		for id, delay := range duplicates {
			switch {
			case delay > originals[id]:
				later++
			case delay < originals[id]:
				earlier++
			}
		}
		requireRate(t, 0.5, later, len(duplicates)) // a copy has a latency of its own
		requireRate(t, 0.5, earlier, len(duplicates))
	}
}

func TestReordering(t *testing.T) {
	const n = 10_000
	for _, p := range []float64{0.01, 0.3} {
		trace := flow(t, Network{Latency: Constant(5 * ms), Reordering: p}, n)
		originals, _ := trace.delays()
		inTime, late := 0, 0
		for _, delay := range originals {
			switch {
			case delay == 5*ms:
				inTime++
			case delay > 5*ms && delay <= 50*ms:
				late++
			}
		}
		require.Equal(t, n, inTime+late)
		requireRate(t, p, late, n)
		require.NotZero(t, trace.overtaken())
	}
	require.Zero(t, flow(t, Network{Latency: Constant(5 * ms)}, n).overtaken())
}

// TestCorruption: a damaged message takes its time, and is dropped when it
// arrives.
func TestCorruption(t *testing.T) {
	const n = 10_000
	for _, p := range []float64{0.01, 0.5, 1} {
		trace := flow(t, Network{Latency: Constant(3 * ms), Corruption: p}, n)
		damaged := trace.of(Dropped)
		requireRate(t, p, len(damaged), n)
		require.Len(t, trace.of(Delivered), n-len(damaged))
		for _, e := range damaged {
			require.Equal(t, Corrupt, e.Reason)
			require.Equal(t, time.Duration(e.Message.(int))*10*ms+3*ms, e.At)
		}
	}
	requireRate(t, 0.3, len(flow(t, Network{}, n, Disturbance{Corruption: 0.3}).of(Dropped)), n)
	requireRate(t, 0.44, len(flow(t, Network{Corruption: 0.2}, n, Disturbance{Corruption: 0.3}).of(Dropped)), n)
	require.Empty(t, flow(t, Network{}, n, Disturbance{}).of(Dropped))
}

// TestCorruptionIsCounted, and befalls a copy and its original each by itself.
func TestCorruptionIsCounted(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Corruption: 0.5, Duplication: 1}})
	w.AddServer(idle)
	w.AddServer(idle)
	const n = 1000
	callAt(w, 0, 1, func(env node.Env) {
		for range n {
			env.Send(2, "hello")
		}
	})
	trace := observed(w)
	require.NoError(t, w.Run(time.Second))
	requireRate(t, 0.5, w.Stats().MessagesCorrupted, 2*n)
	require.Equal(t, w.Stats().MessagesCorrupted, w.Stats().MessagesDropped)
	arrived := map[uint64]bool{}
	for _, e := range trace.of(Delivered) {
		arrived[e.MessageID] = true
	}
	requireRate(t, 0.75, len(arrived), n)
}

// TestCorruptionAndBandwidthAreDrawnSeparately: leaving one of them out leaves what
// else befalls messages as it was.
func TestCorruptionAndBandwidthAreDrawnSeparately(t *testing.T) {
	const n = 2000
	all := Network{Latency: Exponential(5 * ms), Loss: 0.2, Duplication: 0.3, Reordering: 0.1, Corruption: 0.1, Bandwidth: 64_000}
	originals, duplicates := flow(t, all, n).delays()

	without := all
	without.Corruption = 0
	o, d := flow(t, without, n).delays()
	requireRate(t, 0.9, len(originals), len(o))
	requirePart(t, originals, o)
	requirePart(t, duplicates, d)

	without = all
	without.Bandwidth = 0 // otherwise a message has left after a millisecond
	o, d = flow(t, without, n).delays()
	require.Len(t, o, len(originals))
	require.Len(t, d, len(duplicates))
	for id := range originals {
		require.Equal(t, originals[id], o[id]+ms)
	}
}

// TestOvertaking: messages overtake each other by their latencies alone, but not
// where these differ by less than the time between them.
func TestOvertaking(t *testing.T) {
	require.NotZero(t, flow(t, Network{Latency: Uniform(0, 100*ms)}, 100).overtaken())
	require.Zero(t, flow(t, Network{Latency: Uniform(100*ms, 109*ms)}, 100).overtaken())
}

// TestLatency: a message's latency is a sample of the network's distribution, for
// every shape: half of the messages are faster than its median.
func TestLatency(t *testing.T) {
	const n = 10_000
	tests := []struct {
		of     Distribution
		median time.Duration
	}{
		{Uniform(2*ms, 8*ms), 5 * ms},
		{Normal(20*ms, 3*ms), 20 * ms},
		{LogNormal(3*ms, 1), 3 * ms},
		{Exponential(10 * ms), 6931 * us},
		{Pareto(4*ms, 2), 5657 * us},
	}
	for _, test := range tests {
		t.Run(test.of.String(), func(t *testing.T) {
			originals, _ := flow(t, Network{Latency: test.of}, n).delays()
			fast := 0
			for _, delay := range originals {
				if delay < test.median {
					fast++
				}
			}
			requireRate(t, 0.5, fast, n)
		})
	}
}

// TestMisfortunesAreDrawnSeparately: leaving one of them out leaves the others as
// they were, message by message.
func TestMisfortunesAreDrawnSeparately(t *testing.T) {
	const n = 2000
	all := Network{Latency: Exponential(5 * ms), Loss: 0.2, Duplication: 0.3, Reordering: 0.1}
	originals, duplicates := flow(t, all, n).delays()
	requireRate(t, 1-all.Loss, len(originals), n)
	requireRate(t, all.Duplication, len(duplicates), len(originals)) // no more often than for those lost

	without := all
	without.Loss = 0
	o, d := flow(t, without, n).delays()
	require.Greater(t, len(o), len(originals))
	requirePart(t, originals, o)
	requirePart(t, duplicates, d)

	without = all
	without.Duplication = 0
	o, d = flow(t, without, n).delays()
	require.Equal(t, originals, o)
	require.Empty(t, d)

	without = all
	without.Reordering = 0
	o, d = flow(t, without, n).delays()
	require.Len(t, o, len(originals))
	require.Len(t, d, len(duplicates))
	faster := 0
	for id := range originals {
		require.LessOrEqual(t, o[id], originals[id])
		if o[id] < originals[id] {
			faster++
		}
	}
	requireRate(t, all.Reordering, faster, len(originals))

	without = all
	without.Latency = Constant(ms)
	o, d = flow(t, without, n).delays()
	require.Len(t, o, len(originals))
	require.Len(t, d, len(duplicates))
}

// TestLinksAreDrawnSeparately: what happens on one link does not depend on what
// is sent on the others.
func TestLinksAreDrawnSeparately(t *testing.T) {
	arrivals := func(others ...node.ID) (found []string) {
		w := New(Config{Seed: 5, Network: Network{Latency: Exponential(ms), Loss: 0.3, Duplication: 0.3}})
		for range 3 {
			w.AddServer(probing(func(p *probe) {
				p.receive = func(from node.ID, m node.Message) {
					if p.env.ID() == 2 && from == 1 {
						found = append(found, fmt.Sprint(p.env.Now(), m))
					}
				}
			}))
		}
		callAt(w, 0, 1, func(env node.Env) {
			for number := range 100 {
				env.Send(2, number)
				for _, other := range others {
					env.Send(other, number)
				}
			}
		})
		callAt(w, 0, 3, func(env node.Env) {
			for range others {
				env.Send(2, "x")
			}
		})
		require.NoError(t, w.Run(time.Second))
		return found
	}
	alone := arrivals()
	require.NotEmpty(t, alone)
	require.Equal(t, alone, arrivals(1, 3))
}

// TestLinksDiffer: each link and each seed has its own fates.
func TestLinksDiffer(t *testing.T) {
	seen := map[stream]bool{}
	for seed := range uint64(3) {
		for from := range node.ID(4) {
			for to := range node.ID(4) {
				seen[newLink(&Config{Seed: seed}, from, to).seed] = true
			}
		}
	}
	require.Len(t, seen, 3*4*4)
}

func TestNetworkValidate(t *testing.T) {
	tests := []struct {
		network Network
		want    string
	}{
		{Network{Loss: -0.1}, "network: loss: -0.1 is not a probability between 0 and 1"},
		{Network{Duplication: 1.5}, "network: duplication: 1.5 is not a probability between 0 and 1"},
		{Network{Reordering: 2}, "network: reordering: 2 is not a probability between 0 and 1"},
		{Network{Corruption: -2}, "network: corruption: -2 is not a probability between 0 and 1"},
		{Network{Bandwidth: -1}, "network: bandwidth: -1 is negative"},
		{Network{Latency: Constant(-1)}, "network: latency: constant(-1ns): parameters must be finite and not negative"},
	}
	for _, test := range tests {
		require.EqualError(t, Config{Network: test.network}.Validate(), test.want)
	}
}

// TestSizeOf: a message that does not know its size counts as 64 bytes.
func TestSizeOf(t *testing.T) {
	w := New(Config{Seed: 1})
	id := w.AddServer(idle)
	callAt(w, 0, id, func(env node.Env) {
		env.Send(id, text("12345"))
		env.Send(id, struct{}{})
	})
	require.NoError(t, w.Run(0))
	require.Equal(t, 5+64, w.Stats().BytesSent)
}
