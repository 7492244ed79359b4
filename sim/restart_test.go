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
