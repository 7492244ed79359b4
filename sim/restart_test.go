package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// spoken makes a world of three servers and a client, of which each server sends the next
// one a word at every millisecond; and the fault from 10 to 100 ms.
func spoken(t *testing.T, f Restart) *World {
	t.Helper()
	w := New(Config{Network: Network{Latency: Constant(ms)}})
	for range 3 {
		w.AddServer(idle)
	}
	w.AddClient(idle)
	f.Span = Between(10*ms, 100*ms)
	w.Inject(Schedule{f})
	for at := ms / 2; at < 150*ms; at += ms {
		for id := node.ID(1); id <= 3; id++ {
			w.At(at, func() {
				if w.Handler(id) != nil {
					call(w, id, func(env node.Env) { env.Send(id%3+1, "word") })
				}
			})
		}
	}
	return w
}

func TestRestartAfterWords(t *testing.T) {
	w := spoken(t, Restart{Target: "S2", Types: "string", Probability: 1, After: Constant(100 * us), Length: Constant(5 * ms), Rest: Duration(20 * ms)})
	for _, c := range []struct {
		at time.Duration
		up bool
	}{
		{10*ms + 590*us, true},
		{10*ms + 610*us, false}, // just after it spoke
		{15*ms + 590*us, false},
		{15*ms + 610*us, true},
		{35*ms + 550*us, true}, // it rests, and speaks again at 36.5 ms
		{36*ms + 610*us, false},
	} {
		require.NoError(t, w.Run(c.at))
		require.Equal(t, [3]bool{true, c.up, true}, up(w), "%v", c.at)
	}
	require.NoError(t, w.Run(200*ms))
	require.Equal(t, [3]bool{true, true, true}, up(w))
	require.Equal(t, 4, w.Stats().Crashes)
	require.Empty(t, w.restarts)
}

func TestRestartSparesWhoSaysSomethingElse(t *testing.T) {
	w := spoken(t, Restart{Target: All, Types: "RequestVote", Probability: 1, Length: Constant(5 * ms)})
	require.NoError(t, w.Run(200*ms))
	require.Zero(t, w.Stats().Crashes)
}

func TestRestartSparesTheHealed(t *testing.T) {
	w := spoken(t, Restart{Target: All, Probability: 1, Length: Constant(time.Hour)})
	w.Inject(Schedule{Heal{Instant: At(5 * ms), Target: All}})
	require.NoError(t, w.Run(200*ms))
	require.Zero(t, w.Stats().Crashes)
}

// Who is brought down for no time boots again at once, in whatever order things happen that
// happen at the same time.
func TestRestartForNoTime(t *testing.T) {
	for seed := range uint64(20) {
		w := New(Config{Seed: seed, ShuffleTies: true, Network: Network{Latency: Constant(ms)}})
		w.AddServer(idle)
		w.AddServer(idle)
		w.Inject(Schedule{Restart{Span: Between(0, 100*ms), Target: "S1", Probability: 1, Length: Constant(0), Rest: Duration(time.Second)}})
		w.At(10*ms, func() { call(w, 1, func(env node.Env) { env.Send(2, "word") }) })
		require.NoError(t, w.Run(50*ms))
		require.Equal(t, []bool{true, true}, []bool{w.Handler(1) != nil, w.Handler(2) != nil}, "seed %d", seed)
		require.Equal(t, 1, w.Stats().Crashes, "seed %d", seed)
	}
}
