package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// TestRegions: every message takes half the round trip between the regions of its
// sender and its receiver.
func TestRegions(t *testing.T) {
	regions := Regions{
		Servers:    []string{"east", "west", "south"},
		Clients:    []string{"west", "east"},
		RoundTrips: []RoundTrip{{"east", "west", 60 * ms}, {"south", "east", 80 * ms}, {"west", "south", 101 * us}, {"west", "west", 2 * ms}},
	}
	require.NoError(t, Config{Network: Network{Regions: regions}}.Validate())
	tests := []struct {
		from, to node.ID
		want     time.Duration
	}{
		{1, 2, 30 * ms}, {2, 1, 30 * ms}, {1, 3, 40 * ms}, {3, 1, 40 * ms}, {2, 3, 50500},
		{1, 4, 0},     // the fourth server is where the first is
		{2, 5, ms},    // west to west
		{2, 1001, ms}, // C1 is in the west
		{1, 1001, 30 * ms},
		{1002, 1, 0}, // C2 is in the east
		{1003, 1, 30 * ms},
		{1, 1, 0},
	}
	for _, jitter := range []time.Duration{0, 5 * ms} {
		for _, test := range tests {
			w := New(Config{Seed: 1, Network: Network{Latency: Constant(jitter), Regions: regions}})
			for range 5 {
				w.AddServer(idle)
			}
			for range 3 {
				w.AddClient(idle)
			}
			trace := observed(w)
			callAt(w, ms, test.from, func(env node.Env) { env.Send(test.to, "hello") })
			require.NoError(t, w.Run(time.Second))
			want := ms + test.want + jitter
			if test.from == test.to {
				want = ms
			}
			require.Equal(t, []time.Duration{want}, trace.times(Delivered), "%d to %d", test.from, test.to)
		}
	}
}

func TestRegionsOfClientsByDefault(t *testing.T) {
	regions := Regions{Servers: []string{"a", "b"}, RoundTrips: []RoundTrip{{"a", "b", 2 * ms}}}
	require.Zero(t, regions.distance(1, 1001))
	require.Zero(t, regions.distance(1002, 2))
	require.EqualValues(t, ms, regions.distance(1, 1002))
	require.Zero(t, Regions{}.distance(1, 2))
}

// TestReorderingOverRegions: what overtakes in a wide network is late by its
// distance, not by its jitter.
func TestReorderingOverRegions(t *testing.T) {
	regions := Regions{Servers: []string{"a", "b"}, RoundTrips: []RoundTrip{{"a", "b", 20 * ms}}}
	originals, _ := flow(t, Network{Regions: regions, Reordering: 1}, 1000).delays()
	late := 0
	for _, delay := range originals {
		require.True(t, delay >= 10*ms && delay <= 100*ms, delay)
		if delay > 55*ms {
			late++
		}
	}
	requireRate(t, 0.5, late, 1000)
}

func TestRegionsValidate(t *testing.T) {
	two := []string{"a", "b"}
	tests := []struct {
		regions Regions
		want    string
	}{
		{Regions{Servers: two}, "no round trip between a and b"},
		{Regions{Servers: []string{"a"}, Clients: two}, "no round trip between a and b"},
		{Regions{Servers: two, RoundTrips: []RoundTrip{{"a", "c", ms}}}, "no round trip between a and b"},
		{Regions{Servers: two, RoundTrips: []RoundTrip{{"a", "b", -ms}}}, "round trip between a and b: -1ms is negative"},
		{Regions{Servers: two, RoundTrips: []RoundTrip{{"a", "b", ms}, {"b", "a", ms}}}, "round trip between b and a: given twice"},
		{Regions{Clients: two}, "servers: missing"},
		{Regions{RoundTrips: []RoundTrip{{"a", "b", ms}}}, "servers: missing"},
	}
	for _, test := range tests {
		require.EqualError(t, Config{Network: Network{Regions: test.regions}}.Validate(), "network: regions: "+test.want)
	}
	require.NoError(t, Regions{}.validate())
	require.NoError(t, Regions{Servers: []string{"a", "a"}}.validate())
	require.NoError(t, Regions{Servers: two, RoundTrips: []RoundTrip{{"c", "a", ms}, {"b", "a", ms}}}.validate())
}
