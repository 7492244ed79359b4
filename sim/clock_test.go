package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"quorumlab/node"
)

// rings runs two machines under a schedule, each with a timer that is set at zero,
// and returns for each when it expired, in virtual time and on its own clock.
func rings(t require.TestingT, after time.Duration, schedule Schedule) (first, second string) {
	w := New(Config{Seed: 1})
	found := map[node.ID]string{}
	for range 2 {
		w.AddServer(probing(func(p *probe) {
			p.start = func() { p.env.SetTimer(0, after) }
			p.timeout = func(node.Timer) { found[p.env.ID()] += fmt.Sprintf("%v shown %v", w.Now(), p.env.Now()) }
		}))
	}
	w.Inject(schedule)
	require.NoError(t, w.Run(time.Minute))
	require.Zero(t, w.Pending())
	return found[1], found[2]
}

func TestTimersRunOnTheMachinesClock(t *testing.T) {
	const by = Duration(30 * ms)
	skew := func(start, end time.Duration, by Duration) Fault {
		return ClockSkew{Between(start*ms, end*ms), "S1", by}
	}
	drift := func(start, end time.Duration, rate float64) Fault {
		return ClockDrift{Between(start*ms, end*ms), "S1", rate}
	}
	jump := func(at time.Duration, by Duration) Fault { return ClockJump{At(at * ms), "S1", by} }
	tests := []struct {
		name     string
		schedule Schedule
		want     string // of a timer of 100 ms
	}{
		{"none", nil, "100ms shown 100ms"},
		{"skewed ahead", Schedule{skew(50, 0, by)}, "70ms shown 100ms"},
		{"skewed behind", Schedule{skew(50, 0, -by)}, "130ms shown 100ms"},
		{"skewed ahead and back", Schedule{skew(50, 60, by)}, "100ms shown 100ms"},
		{"skewed behind and back", Schedule{skew(50, 60, -by)}, "100ms shown 100ms"},
		{"skewed behind, and back when it is overdue", Schedule{skew(50, 120, -by)}, "120ms shown 120ms"},
		{"skewed ahead beyond the deadline", Schedule{skew(80, 0, by)}, "80ms shown 110ms"},
		{"skewed behind zero", Schedule{skew(10, 0, -10*by)}, "400ms shown 100ms"},
		{"skewed twice", Schedule{skew(10, 50, -by), skew(20, 60, -by)}, "100ms shown 100ms"},
		{"skewed twice to the end", Schedule{skew(10, 0, by), skew(20, 0, -2*by)}, "130ms shown 100ms"},
		{"fast", Schedule{drift(20, 0, 1)}, "60ms shown 100ms"},
		{"fast for a while", Schedule{drift(20, 40, 1)}, "80ms shown 100ms"},
		{"slow", Schedule{drift(20, 0, -0.5)}, "180ms shown 100ms"},
		{"slow for a while", Schedule{drift(20, 40, -0.5)}, "110ms shown 100ms"},
		{"fast and slow at once", Schedule{drift(20, 0, 1), drift(20, 0, -0.5)}, "100ms shown 100ms"},
		{"eight times as slow", Schedule{drift(90, 0, -0.875)}, "170ms shown 100ms"},
		{"eleven times as fast", Schedule{drift(89, 0, 10)}, "90ms shown 100ms"},
		{"an uneven rate rounds up", Schedule{drift(0, 0, 2)}, "33.333334ms shown 100.000002ms"},
		{"jumps ahead", Schedule{jump(50, by)}, "70ms shown 100ms"},
		{"jumps back", Schedule{jump(50, -by)}, "130ms shown 100ms"},
		{"jumps back and ahead", Schedule{jump(50, -by), jump(60, by)}, "100ms shown 100ms"},
		{"jumps ahead and back", Schedule{jump(50, by), jump(60, -by)}, "100ms shown 100ms"},
		{"jumps below zero", Schedule{jump(50, -10*by)}, "400ms shown 100ms"},
		{"jumps while it is fast", Schedule{drift(20, 0, 1), jump(40, by)}, "45ms shown 100ms"},
		{"jumps while it is skewed", Schedule{skew(20, 50, by), jump(40, -by)}, "130ms shown 100ms"},
		{"strobes ahead", Schedule{ClockStrobe{Between(50*ms, time.Second), "S1", by, Duration(10 * ms)}}, "70ms shown 100ms"},
		{"strobes ahead beyond the deadline", Schedule{ClockStrobe{Between(61*ms, 80*ms), "S1", by, Duration(6 * ms)}}, "73ms shown 103ms"},
		{"strobes behind", Schedule{ClockStrobe{Between(50*ms, 95*ms), "S1", -by, Duration(10 * ms)}}, "100ms shown 100ms"},
		{"strobes behind when it is due", Schedule{ClockStrobe{Between(95*ms, 200*ms), "S1", -by, Duration(10 * ms)}}, "105ms shown 105ms"},
		{"strobes hardly ever", Schedule{ClockStrobe{Between(50*ms, 0), "S1", -by, math.MaxInt64}}, "130ms shown 100ms"},
		{"paused", Schedule{Pause{Between(90*ms, 110*ms), "S1"}}, "110ms shown 110ms"},
		{"fast while it is paused", Schedule{drift(80, 100, 1), Pause{Between(85*ms, 110*ms), "S1"}}, "110ms shown 130ms"},
		{"slow while it is paused", Schedule{drift(80, 120, -0.5), Pause{Between(85*ms, 110*ms), "S1"}}, "120ms shown 100ms"},
		{"due while it is paused, then set back", Schedule{Pause{Between(90*ms, 110*ms), "S1"}, jump(105, -by)}, "130ms shown 100ms"},
		{"healed", Schedule{skew(50, 0, -by), Heal{At(60 * ms), "S1"}}, "100ms shown 100ms"},
		{"healed before", Schedule{Heal{At(10 * ms), "S1"}, jump(50, by), skew(50, 0, by), drift(50, 0, 1),
			ClockStrobe{Between(50*ms, time.Second), "S1", by, Duration(time.Second)}}, "100ms shown 100ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, second := rings(t, 100*ms, test.schedule)
			require.Equal(t, test.want, first)
			require.Equal(t, "100ms shown 100ms", second, "nothing befell S2")
		})
	}
}

// TestTimerSetToNeverStaysSo, whatever befalls the clock.
func TestTimerSetToNeverStaysSo(t *testing.T) {
	for _, after := range []time.Duration{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 2, 100 * 365 * 24 * time.Hour} {
		for _, f := range []Fault{
			ClockJump{At(ms), "S1", -1}, ClockJump{At(ms), "S1", Duration(-365 * 24 * time.Hour)}, ClockJump{At(ms), "S1", Duration(time.Hour)},
			ClockSkew{Between(ms, 5*ms), "S1", Duration(-time.Hour)},
			ClockDrift{Between(ms, 0), "S1", -0.9}, ClockDrift{Between(ms, 0), "S1", 10}, ClockDrift{Between(ms, 0), "S1", -0.1},
		} {
			first, _ := rings(t, after, Schedule{f})
			require.Empty(t, first, "%v %v", after, f)
		}
	}
}

// TestTimersAgainstTheClock draws faults of clocks and timers, and demands that
// each timer expires at the first moment at which its machine's clock shows its
// deadline, and none is missed.
func TestTimersAgainstTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var schedule Schedule
		by := rapid.Int64Range(-int64(50*ms), int64(50*ms)).Filter(func(by int64) bool { return by != 0 })
		for range rapid.IntRange(0, 8).Draw(t, "faults") {
			start := time.Duration(rapid.Int64Range(1, int64(200*ms)).Draw(t, "start"))
			span := Between(start, start+time.Duration(rapid.Int64Range(1, int64(100*ms)).Draw(t, "length")))
			schedule = append(schedule, rapid.SampledFrom([]Fault{
				ClockSkew{span, "S1", Duration(by.Draw(t, "by"))},
				ClockJump{At(start), "S1", Duration(by.Draw(t, "by"))},
				ClockDrift{span, "S1", rapid.Float64Range(-0.9, 10).Filter(func(r float64) bool { return r != 0 }).Draw(t, "rate")},
				ClockStrobe{span, "S1", Duration(by.Draw(t, "by")), Duration(5 * ms)},
			}).Draw(t, "fault"))
		}
		w := New(Config{Seed: 1})
		var deadline, setAt time.Duration
		armed := false
		id := w.AddServer(probing(func(p *probe) {
			p.timeout = func(node.Timer) {
				require.True(t, armed)
				require.GreaterOrEqual(t, p.env.Now(), deadline, "before its time")
				if c := w.machine(1).clock; setAt < w.Now() && c.since < w.now {
					require.Less(t, c.read(w.now-1), int64(deadline), "after its time")
				}
				armed = false
			}
		}))
		w.Inject(schedule)
		for at := time.Duration(0); at < 400*ms; at += 20 * ms {
			after := time.Duration(rapid.Int64Range(0, int64(60*ms)).Draw(t, "after"))
			callAt(w, at, id, func(env node.Env) {
				deadline, setAt, armed = env.Now()+after, w.Now(), true
				env.SetTimer(0, after)
			})
		}
		require.NoError(t, w.Run(10*time.Second))
		require.False(t, armed, "missed")
	})
}

// TestStrobeLeavesNoTrail: a clock that jumps a thousand times does not leave a
// thousand events.
func TestStrobeLeavesNoTrail(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(probing(func(p *probe) { p.start = func() { p.env.SetTimer(0, time.Hour) } }))
	w.Inject(Schedule{ClockStrobe{Between(ms, 0), "S1", Duration(-200 * ms), Duration(ms)}})
	most := 0
	for range 1000 {
		w.Step()
		most = max(most, w.Pending())
	}
	require.LessOrEqual(t, most, 3)
}

// TestSlowClocksAddUp within bounds.
func TestSlowClocksAddUp(t *testing.T) {
	for _, rate := range []float64{-0.9, 10} {
		var schedule Schedule
		for i := range 30 {
			schedule = append(schedule, ClockDrift{Between(time.Duration(i+1)*us, 0), "S1", rate})
		}
		w := New(Config{Seed: 1})
		w.AddServer(idle)
		w.Inject(schedule)
		require.NoError(t, w.Run(ms))
		before := w.machine(1).clockNow()
		require.NoError(t, w.Run(1001*ms))
		require.InDelta(t, map[float64]float64{-0.9: 0.001, 10: 1001}[rate]*1e9, float64(w.machine(1).clockNow()-before), 2)
	}
}
