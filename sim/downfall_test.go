package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// reigns makes a world of three servers, one of which comes to lead at each of some
// times, in ever higher terms; and the fault from 10 to 100 ms.
func reigns(t *testing.T, f Downfall, leaders map[time.Duration]node.ID) *World {
	t.Helper()
	w := New(Config{Network: Network{Latency: Constant(ms)}})
	addLeading(w, 0, 0, 0)
	w.AddClient(idle)
	f.Span = Between(10*ms, 100*ms)
	w.Inject(Schedule{f})
	for at, id := range leaders {
		callAt(w, at, id, func(node.Env) {
			l := w.machine(id).handler.(*leading)
			l.term, l.leads = uint64(at), true
		})
	}
	return w
}

func up(w *World) (all [3]bool) {
	for i := range all {
		all[i] = w.Handler(node.ID(i+1)) != nil
	}
	return all
}

func TestDownfallByCrash(t *testing.T) {
	w := reigns(t, Downfall{By: ByCrash, After: Constant(5 * ms), Length: Constant(20 * ms)},
		map[time.Duration]node.ID{5 * ms: 1, 20 * ms: 2, 95 * ms: 3})
	for _, c := range []struct {
		at time.Duration
		up [3]bool
	}{
		{24 * ms, [3]bool{true, true, true}}, // S1 led before it began
		{26 * ms, [3]bool{true, false, true}},
		{44 * ms, [3]bool{true, false, true}},
		{46 * ms, [3]bool{true, true, true}},
		{99 * ms, [3]bool{true, true, true}},
		{101 * ms, [3]bool{true, true, true}}, // it was over before the blow fell
	} {
		require.NoError(t, w.Run(c.at))
		require.Equal(t, c.up, up(w), "%v", c.at)
	}
	require.Equal(t, 1, w.Stats().Crashes)
}

func TestDownfallEnds(t *testing.T) {
	w := reigns(t, Downfall{By: ByCrash, Length: Constant(time.Hour)}, map[time.Duration]node.ID{20 * ms: 2})
	require.NoError(t, w.Run(99*ms))
	require.Equal(t, [3]bool{true, false, true}, up(w))
	require.NoError(t, w.Run(101*ms))
	require.Equal(t, [3]bool{true, true, true}, up(w))
	require.Empty(t, w.downfalls)
}

func TestDownfallByPause(t *testing.T) {
	w := reigns(t, Downfall{By: ByPause, After: Constant(5 * ms), Length: Constant(20 * ms)}, map[time.Duration]node.ID{20 * ms: 2})
	require.NoError(t, w.Run(30*ms))
	require.True(t, w.machine(2).condition.paused)
	require.False(t, w.machine(1).condition.paused)
	require.NoError(t, w.Run(50*ms))
	require.False(t, w.machine(2).condition.paused)
}

func TestDownfallByIsolation(t *testing.T) {
	const leader = 1 // the index of S2
	for _, c := range []struct {
		direction Direction
		cut       cuts
	}{
		{BothWays, func(i, j int) bool { return i == leader || j == leader }},
		{Outward, func(i, _ int) bool { return i == leader }},
		{Inward, func(_, j int) bool { return j == leader }},
	} {
		w := reigns(t, Downfall{By: ByIsolation, Length: Constant(20 * ms), Direction: c.direction}, map[time.Duration]node.ID{20 * ms: 2})
		require.NoError(t, w.Run(30*ms))
		require.Equal(t, visible(3, c.cut), servers(w), c.direction)
		require.True(t, links(w)[leader][3], "clients reach it")
		require.NoError(t, w.Run(41*ms))
		require.Equal(t, visible(3, func(int, int) bool { return false }), servers(w))
	}
	w := reigns(t, Downfall{By: ByIsolation, Length: Constant(20 * ms), Spared: 1}, map[time.Duration]node.ID{20 * ms: 2})
	require.NoError(t, w.Run(30*ms))
	seen := 0
	for i, sees := range servers(w)[leader] {
		if sees && i != leader {
			seen++
		}
	}
	require.Equal(t, 1, seen)
}

// TestDownfallSparesTheHealed: who is healed is healed for good.
func TestDownfallSparesTheHealed(t *testing.T) {
	w := reigns(t, Downfall{By: ByCrash, Length: Constant(20 * ms)}, map[time.Duration]node.ID{20 * ms: 2})
	w.Inject(Schedule{Heal{At(15 * ms), "S2"}})
	require.NoError(t, w.Run(time.Second))
	require.Zero(t, w.Stats().Crashes)
}
