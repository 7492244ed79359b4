package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestPartition: of the six links between two servers and a third, and of those
// to a client, just the ones that are named are cut.
func TestPartition(t *testing.T) {
	span := Between(10*ms, 20*ms)
	everything := reach(t, 3, 1, 15*ms)
	require.Len(t, everything, 12)
	tests := []struct {
		name string
		of   Partition
		cut  []string
	}{
		{"one from the other servers", Partition{Side: "S1"}, []string{"S1→S2", "S1→S3", "S2→S1", "S3→S1"}},
		{"two from the other server", Partition{Side: "S1+S3"}, []string{"S1→S2", "S2→S1", "S2→S3", "S3→S2"}},
		{"a link", Partition{Side: "S1", Other: "S2"}, []string{"S1→S2", "S2→S1"}},
		{"outward", Partition{Side: "S1", Direction: Outward}, []string{"S1→S2", "S1→S3"}},
		{"inward", Partition{Side: "S1", Direction: Inward}, []string{"S2→S1", "S3→S1"}},
		{"a link, one way", Partition{Side: "S1", Other: "S2", Direction: Outward}, []string{"S1→S2"}},
		{"clients", Partition{Side: Clients}, []string{"C1→S1", "C1→S2", "C1→S3", "S1→C1", "S2→C1", "S3→C1"}},
		{"a client's link", Partition{Side: "S2", Other: "C1"}, []string{"C1→S2", "S2→C1"}},
		{"a client that is not heard", Partition{Side: "S2", Other: "C1", Direction: Inward}, []string{"C1→S2"}},
		{"a server from all there is", Partition{Side: "S2", Other: "all+clients"},
			[]string{"C1→S2", "S1→S2", "S2→C1", "S2→S1", "S2→S3", "S3→S2"}},
		{"all from nobody", Partition{Side: All}, nil},
		{"sides that overlap", Partition{Side: "S1+S2", Other: "S2+S3"}, []string{"S1→S3", "S2→S3", "S3→S1", "S3→S2"}},
		{"a machine that is not there", Partition{Side: "S9"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.of.Span = span
			var left []string
			for _, link := range everything {
				if !slices.Contains(test.cut, link) {
					left = append(left, link)
				}
			}
			require.Equal(t, left, reach(t, 3, 1, 15*ms, test.of))
			require.Equal(t, everything, reach(t, 3, 1, 5*ms, test.of), "not before")
			require.Equal(t, everything, reach(t, 3, 1, 25*ms, test.of), "nor after")
		})
	}
}

// TestPartitionCatchesWhatIsUnderWay: a message is lost if its link is cut when it
// is sent or when it would arrive. The link is cut from 10 ms to 20 ms, and a
// message takes 4 ms.
func TestPartitionCatchesWhatIsUnderWay(t *testing.T) {
	tests := []struct {
		sent    time.Duration
		dropped time.Duration // zero: it arrives
	}{
		{5 * ms, 0}, {7 * ms, 11 * ms}, {9 * ms, 13 * ms}, {11 * ms, 11 * ms}, {19 * ms, 19 * ms}, {21 * ms, 0},
	}
	for _, test := range tests {
		w := New(Config{Seed: 1, Network: Network{Latency: Constant(4 * ms)}})
		w.AddServer(idle)
		w.AddServer(idle)
		w.Inject(Schedule{Partition{Span: Between(10*ms, 20*ms), Side: "S1", Direction: Outward}})
		trace := observed(w)
		callAt(w, test.sent, 1, func(env node.Env) { env.Send(2, "caught?") })
		require.NoError(t, w.Run(time.Second))
		if test.dropped == 0 {
			require.Equal(t, []time.Duration{test.sent + 4*ms}, trace.times(Delivered))
			require.Empty(t, trace.of(Dropped))
			continue
		}
		require.Equal(t, []time.Duration{test.dropped}, trace.times(Dropped))
		require.Equal(t, Cut, trace.of(Dropped)[0].Reason)
	}
}

// TestPartitionDoesNotShiftDraws: a message that meets a cut link uses up its
// number there, so that those after it have the fates they would have had.
func TestPartitionDoesNotShiftDraws(t *testing.T) {
	network := Network{Latency: Exponential(2 * ms), Loss: 0.2, Duplication: 0.2}
	originals, duplicates := flow(t, network, 500).delays()
	cut, cutDuplicates := flow(t, network, 500, Partition{Span: Between(time.Second, 2*time.Second), Side: "S1"}).delays()
	require.Less(t, len(cut), len(originals))
	require.Greater(t, len(cut), len(originals)-110)
	requirePart(t, cut, originals)
	requirePart(t, cutDuplicates, duplicates)
}

func TestPartitionString(t *testing.T) {
	span := Between(time.Second, 2*time.Second)
	tests := map[string]Partition{
		"S1 cut off from the other servers, 1s to 2s":               {Span: span, Side: "S1"},
		"minority cut off from clients, from 1s on":                 {Span: Between(time.Second, 0), Side: Minority, Other: Clients},
		"nothing passes from leader to the other servers, 0s to 2s": {Span: Between(0, 2*time.Second), Side: Leader, Direction: Outward},
		"nothing passes from S3 to S2, 1s to 2s":                    {Span: span, Side: "S2", Other: "S3", Direction: Inward},
	}
	for want, p := range tests {
		require.Equal(t, want, p.String())
	}
}
