package sim

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// calls runs a machine under a schedule and a client that sends it a message
// every 10 ms, and returns when it was called, by virtual time.
func calls(t *testing.T, config Config, until time.Duration, schedule Schedule) (found []string) {
	t.Helper()
	w := New(config)
	note := func(format string, arguments ...any) {
		found = append(found, fmt.Sprintf("%v ", w.Now())+fmt.Sprintf(format, arguments...))
	}
	server := w.AddServer(probing(func(p *probe) {
		p.start = func() { note("start"); p.env.SetTimer(0, 25*ms) }
		p.receive = func(_ node.ID, m node.Message) { note("%v", m); p.env.Send(firstClient, m) }
		p.timeout = func(node.Timer) { note("timer") }
	}))
	client := w.AddClient(probing(func(p *probe) {
		p.receive = func(_ node.ID, m node.Message) { note("answer %v", m) }
	}))
	for i := 1; time.Duration(i)*10*ms < until; i++ {
		callAt(w, time.Duration(i)*10*ms, client, func(env node.Env) { env.Send(server, i) })
	}
	w.Inject(schedule)
	require.NoError(t, w.Run(until))
	return found
}

func TestPause(t *testing.T) {
	pause := func(start, end time.Duration) Fault { return Pause{Between(start*ms, end*ms), "S1"} }
	tests := []struct {
		name     string
		schedule Schedule
		want     []string
	}{
		{"none", nil, []string{"0s start", "10ms 1", "10ms answer 1", "20ms 2", "20ms answer 2", "25ms timer", "30ms 3", "30ms answer 3"}},
		{"another machine", Schedule{Pause{Between(5*ms, 35*ms), Clients}},
			[]string{"0s start", "10ms 1", "20ms 2", "25ms timer", "30ms 3", "35ms answer 1", "35ms answer 2", "35ms answer 3"}},
		{"in the order in which things came", Schedule{pause(15, 35)},
			[]string{"0s start", "10ms 1", "10ms answer 1", "35ms 2", "35ms timer", "35ms 3", "35ms answer 2", "35ms answer 3"}},
		{"overlapping", Schedule{pause(5, 22), pause(12, 24)},
			[]string{"0s start", "24ms 1", "24ms 2", "24ms answer 1", "24ms answer 2", "25ms timer", "30ms 3", "30ms answer 3"}},
		{"healed", Schedule{pause(5, 0), Heal{At(15 * ms), "S1"}, pause(16, 0)},
			[]string{"0s start", "15ms 1", "15ms answer 1", "20ms 2", "20ms answer 2", "25ms timer", "30ms 3", "30ms answer 3"}},
		{"and a crash that takes what has gathered", Schedule{pause(5, 35), Crash{Between(12*ms, 14*ms), "S1"}}, []string{"0s start", "35ms start"}},
		{"a boot waits for its end", Schedule{Crash{Between(5*ms, 12*ms), "S1"}, pause(11, 15)},
			[]string{"0s start", "15ms start", "20ms 2", "20ms answer 2", "30ms 3", "30ms answer 3"}},
		{"both end at once", Schedule{Crash{Between(5*ms, 15*ms), "S1"}, pause(5, 15)},
			[]string{"0s start", "15ms start", "20ms 2", "20ms answer 2", "30ms 3", "30ms answer 3"}},
		{"a crash within that heals", Schedule{pause(5, 0), Crash{Between(6*ms, 0), "S1"}, Heal{At(15 * ms), "S1"}},
			[]string{"0s start", "15ms start", "20ms 2", "20ms answer 2", "30ms 3", "30ms answer 3"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, calls(t, Config{Seed: 1}, 36*ms, test.schedule))
		})
	}
}

// TestPauseHoldsBackSends of the call that is under way.
func TestPauseHoldsBackSends(t *testing.T) {
	busy := Config{Seed: 1, CPU: CPU{PerMessage: Constant(4 * ms)}}
	require.Equal(t, []string{"0s start", "10ms 1", "18ms answer 1"},
		calls(t, busy, 20*ms, Schedule{Pause{Between(12*ms, 18*ms), "S1"}}))
	require.Equal(t, []string{"0s start", "10ms 1", "14ms answer 1"},
		calls(t, busy, 20*ms, Schedule{Pause{Between(11*ms, 12*ms), "S1"}}))
	require.Equal(t, []string{"0s start", "10ms 1", "19ms start"},
		calls(t, busy, 20*ms, Schedule{Pause{Between(12*ms, 18*ms), "S1"}, Crash{Between(15*ms, 19*ms), "S1"}}))
}

// TestSlowCPU: costs add up, and what one fault draws does not depend on another.
func TestSlowCPU(t *testing.T) {
	slow := func(start, end time.Duration, cost Distribution) Fault {
		return SlowCPU{Between(start*ms, end*ms), "S1", cost}
	}
	require.Equal(t, []string{"0s start", "10ms 1", "13ms answer 1", "20ms 2", "25ms timer", "25ms answer 2", "30ms 3", "32ms answer 3"},
		calls(t, Config{Seed: 1}, 36*ms, Schedule{slow(5, 25, Constant(3*ms)), slow(15, 35, Constant(2*ms))}))

	costs := func(schedule Schedule) (all []int64) {
		w := New(Config{Seed: 1})
		w.AddServer(idle)
		w.Inject(schedule)
		require.NoError(t, w.Run(10*ms))
		for range 100 {
			all = append(all, w.machine(1).costOf("x"))
		}
		return all
	}
	a, b := slow(1, 0, Uniform(ms, 2*ms)), slow(2, 0, Exponential(3*ms))
	alone, other, both := costs(Schedule{a}), costs(Schedule{b}), costs(Schedule{b, a})
	for i := range both {
		require.Equal(t, alone[i]+other[i], both[i])
	}
	require.NotEqual(t, alone[0], alone[1])
	require.Equal(t, make([]int64, 100), costs(Schedule{Heal{At(5 * ms), "S1"}, a, b}))
}

// quitting is the factory of a handler that exits after so long.
func quitting(after time.Duration) node.Factory {
	return probing(func(p *probe) {
		p.start = func() { p.env.SetTimer(0, after) }
		p.timeout = func(node.Timer) { p.env.Exit(nil) }
	})
}

func TestRestartAfter(t *testing.T) {
	tests := []struct {
		name     string
		after    time.Duration
		schedule Schedule
		script   func(w *World)
		want     []time.Duration // starts of a process that lives for 10 ms
	}{
		{"never", 0, nil, nil, []time.Duration{0}},
		{"again and again", 5 * ms, nil, nil, []time.Duration{0, 15 * ms, 30 * ms, 45 * ms}},
		{"by the script before", 20 * ms, nil, func(w *World) { w.At(12*ms, func() { w.Restart(1) }) }, []time.Duration{0, 12 * ms, 42 * ms}},
		{"held down", 5 * ms, Schedule{Crash{Between(12*ms, 22*ms), "S1"}}, nil, []time.Duration{0, 22 * ms, 37 * ms}},
		{"by the end of a crash before", 20 * ms, Schedule{Crash{Between(11*ms, 13*ms), "S1"}}, nil, []time.Duration{0, 13 * ms, 43 * ms}},
		{"paused", 5 * ms, Schedule{Pause{Between(12*ms, 22*ms), "S1"}}, nil, []time.Duration{0, 22 * ms, 37 * ms}},
		{"healed", 0, Schedule{Heal{At(20 * ms), "S1"}}, nil, []time.Duration{0, 20 * ms}},
		{"healed, but stopped by the script", 0, Schedule{Heal{At(20 * ms), "S1"}}, func(w *World) { w.At(12*ms, func() { w.Crash(1) }) }, []time.Duration{0}},
		{"another one healed", 0, Schedule{Heal{At(20 * ms), "S2"}}, nil, []time.Duration{0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1, RestartAfter: test.after})
			w.AddServer(quitting(10 * ms))
			w.Inject(test.schedule)
			if test.script != nil {
				test.script(w)
			}
			trace := observed(w)
			require.NoError(t, w.Run(50*ms))
			require.Equal(t, test.want, trace.times(Started))
		})
	}
}

// TestHealIsForGood, and for those it names only.
func TestHealIsForGood(t *testing.T) {
	heal := Heal{At(20 * ms), "S1+S2"}
	require.Equal(t, []string{"S3", "S1S2S3", "S1S2S3", "S1S2"}, ups(t, 3, Schedule{
		Crash{Between(10*ms, 0), "S1+S2"}, heal, Crash{Between(30*ms, 0), "S1"}, Wipe{Between(31*ms, 0), "S2"},
		Crash{Between(40*ms, 0), "S3"}, Crash{Between(45*ms, 0), All},
	}, nil, 15, 25, 35, 50))
	cut := Partition{Span: Between(10*ms, 0), Side: "S1"}
	later := Partition{Span: Between(30*ms, 0), Side: "S2"}
	require.Len(t, reach(t, 3, 0, 15*ms, cut, heal, later), 2)
	require.Len(t, reach(t, 3, 0, 25*ms, cut, heal, later), 4, "S1 and S2 each other, S2 and S3 each other")
	require.Len(t, reach(t, 3, 0, 35*ms, cut, heal, later), 2, "S1 and S2 each other")
}

func TestMarks(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(Schedule{
		Pause{Between(10*ms, 20*ms), "S2"}, ClockSkew{Between(10*ms, 30*ms), "S1", 1}, ClockSkew{Between(10*ms, 30*ms), All, 1},
		Partition{Span: Between(15*ms, 0), Side: "S1"}, Heal{At(40 * ms), "S1"},
	})
	mark := func(env node.Env) { env.Note(node.Mark("here")) }
	for _, at := range []time.Duration{5 * ms, 12 * ms, 25 * ms, 35 * ms, 45 * ms} {
		callAt(w, at, 1, mark)
	}
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, map[string]int{"here": 5, "here during clock-skew": 2, "here during partition": 2}, w.Marks())
}

// TestManyTies: fifty runs of one seed are one run, whatever runs beside it.
func TestManyTies(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	prints := map[uint64]bool{}
	for run := range 50 {
		runtime.GOMAXPROCS(1 + run%2)
		w := newGossip(11, true)
		w.config.Network = Network{Latency: Constant(ms)}
		w.config.CPU = CPU{}
		require.NoError(t, w.Run(time.Second))
		prints[w.Fingerprint()] = true
	}
	require.Len(t, prints, 1)
}

// TestFaultsLeaveOthersDraws: without a fault that befalls S1 only, all that
// happens among the others is as it was, to the nanosecond.
func TestFaultsLeaveOthersDraws(t *testing.T) {
	span := Between(30*ms, 80*ms)
	on := []Fault{
		Crash{span, "S1"}, Pause{span, "S1"}, SlowCPU{span, "S1", Exponential(ms)}, Wipe{Between(85*ms, 90*ms), "S1"},
		Partition{Span: span, Side: "S1"}, Disturbance{Span: span, Target: "S1", Loss: 0.5},
		ClockSkew{span, "S1", Duration(5 * ms)}, ClockDrift{span, "S1", 1}, ClockJump{At(30 * ms), "S1", Duration(9 * ms)},
		ClockStrobe{span, "S1", Duration(3 * ms), Duration(ms)}, Heal{At(95 * ms), "S1"},
	}
	drawn := Schedule{Crash{Between(20*ms, 40*ms), AnyOne}, SlowCPU{Between(10*ms, 90*ms), Minority, Exponential(ms)},
		Disturbance{Span: Between(0, 0), Loss: 0.1, Duplication: 0.1, Reordering: 0.1}, ClockStrobe{span, Majority, Duration(ms), Duration(ms)}}
	elsewhere := func(schedule Schedule) (events []string, all int) {
		w := New(Config{Seed: 5, Network: Network{Latency: Exponential(ms)}, CPU: CPU{PerMessage: Exponential(100 * us)}})
		for _, next := range []node.ID{1, 3, 4, 2, 1} { // S1 hears others, but does not talk to them
			w.AddServer(func(env node.Env) node.Handler { return &chatter{relay{env: env, next: next, message: token{}}} })
		}
		w.Observe(ObserverFunc(func(e *Event) {
			all++
			if e.Machine > 1 && e.Peer != 1 {
				events = append(events, e.String())
			}
		}))
		w.Inject(schedule)
		require.NoError(t, w.Run(100*ms))
		return events, all
	}
	full := append(append(Schedule{}, on...), drawn...)
	want, total := elsewhere(full)
	require.NotEmpty(t, want)
	for i, f := range on {
		without, count := elsewhere(append(append(Schedule{}, full[:i]...), full[i+1:]...))
		require.True(t, slices.Equal(want, without), "without %v", f)
		require.NotEqual(t, total, count)
	}
}
