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

// timerCall is a call of SetTimer, or of StopTimer, at some time.
type timerCall struct {
	at    time.Duration
	timer node.Timer
	stop  bool
	after time.Duration
}

// expiries makes the calls on an idle machine and returns when its timers
// expired.
func expiries(t require.TestingT, calls []timerCall) map[node.Timer][]time.Duration {
	found := map[node.Timer][]time.Duration{}
	w := New(Config{Seed: 1})
	id := w.AddServer(probing(func(p *probe) {
		p.timeout = func(timer node.Timer) { found[timer] = append(found[timer], p.env.Now()) }
	}))
	for _, c := range calls {
		callAt(w, c.at, id, func(env node.Env) {
			if c.stop {
				env.StopTimer(c.timer)
			} else {
				env.SetTimer(c.timer, c.after)
			}
		})
	}
	require.NoError(t, w.Run(time.Minute))
	return found
}

func TestTimer(t *testing.T) {
	set := func(at, after time.Duration) timerCall { return timerCall{at: at * ms, after: after * ms} }
	stop := func(at time.Duration) timerCall { return timerCall{at: at * ms, stop: true} }
	tests := []struct {
		name  string
		calls []timerCall
		want  []time.Duration // milliseconds
	}{
		{"never set", nil, nil},
		{"set", []timerCall{set(0, 10)}, []time.Duration{10}},
		{"set to zero", []timerCall{set(3, 0)}, []time.Duration{3}},
		{"set to less than zero", []timerCall{set(3, -5)}, []time.Duration{3}},
		{"set anew after it expired", []timerCall{set(0, 10), set(11, 10)}, []time.Duration{10, 21}},
		{"moved later", []timerCall{set(0, 10), set(5, 10)}, []time.Duration{15}},
		{"moved later, often", []timerCall{set(0, 10), set(9, 10), set(18, 10), set(27, 10)}, []time.Duration{37}},
		{"moved earlier", []timerCall{set(0, 10), set(5, 1)}, []time.Duration{6}},
		{"moved to now", []timerCall{set(0, 10), set(5, 0)}, []time.Duration{5}},
		{"moved later, then earlier", []timerCall{set(0, 10), set(2, 20), set(4, 3)}, []time.Duration{7}},
		{"moved earlier, then later", []timerCall{set(0, 10), set(1, 2), set(2, 20)}, []time.Duration{22}},
		{"moved earlier twice, then set anew", []timerCall{set(0, 10), set(0, 8), set(0, 6), set(7, 2)}, []time.Duration{6, 9}},
		{"moved to the same moment", []timerCall{set(0, 10), set(5, 5)}, []time.Duration{10}},
		{"stopped", []timerCall{set(0, 10), stop(5)}, nil},
		{"stopped without having been set", []timerCall{stop(5)}, nil},
		{"stopped, then set to later", []timerCall{set(0, 10), stop(5), set(6, 10)}, []time.Duration{16}},
		{"stopped, then set to earlier", []timerCall{set(0, 10), stop(5), set(6, 1)}, []time.Duration{7}},
		{"stopped, then set when its event has passed", []timerCall{set(0, 10), stop(5), set(12, 10)}, []time.Duration{22}},
		{"moved, then stopped", []timerCall{set(0, 10), set(2, 20), stop(12)}, nil},
		{"set to never", []timerCall{{at: 5 * ms, after: math.MaxInt64}}, nil},
		{"set to never, then moved earlier", []timerCall{{at: 5 * ms, after: math.MaxInt64}, set(6, 4)}, []time.Duration{10}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := expiries(t, test.calls)[0]
			for i := range found {
				found[i] /= ms
			}
			require.Equal(t, test.want, found)
		})
	}
}

// TestTimerAgainstDeadlines compares with a reference that keeps nothing but
// deadlines. Calls are made at even milliseconds and deadlines are odd, or at
// once, so that no two of them tie.
func TestTimerAgainstDeadlines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var calls []timerCall
		want := map[node.Timer][]time.Duration{}
		deadlines := map[node.Timer]time.Duration{}
		now := time.Duration(0)
		for range rapid.IntRange(1, 30).Draw(t, "calls") {
			now += 2 * ms * time.Duration(rapid.IntRange(1, 5).Draw(t, "pause"))
			c := timerCall{at: now, timer: node.Timer(rapid.IntRange(0, 2).Draw(t, "timer"))}
			if deadline, armed := deadlines[c.timer]; armed && deadline < now {
				want[c.timer] = append(want[c.timer], deadline)
			}
			delete(deadlines, c.timer)
			if after := rapid.IntRange(-1, 10).Draw(t, "after"); after < 0 {
				c.stop = true
			} else {
				c.after = max(0, time.Duration(2*after-1)*ms)
				deadlines[c.timer] = now + c.after
			}
			calls = append(calls, c)
		}
		for timer, deadline := range deadlines {
			want[timer] = append(want[timer], deadline)
		}
		require.Equal(t, want, expiries(t, calls))
	})
}

// TestTimersDoNotPileUp: a timer that is moved with every message keeps one
// pending event.
func TestTimersDoNotPileUp(t *testing.T) {
	const messages = 10_000
	expired := 0
	w := New(Config{Seed: 1})
	most := 0
	server := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) {
			p.env.SetTimer(0, time.Second)
			p.env.StopTimer(1)
			p.env.SetTimer(1, time.Second)
			most = max(most, w.Pending())
		}
		p.timeout = func(node.Timer) { expired++ }
	}))
	w.AddClient(probing(func(p *probe) {
		sent := 0
		p.start = func() { p.env.SetTimer(0, ms) }
		p.timeout = func(node.Timer) {
			if sent++; sent <= messages {
				p.env.Send(server, "still here")
				p.env.SetTimer(0, ms)
			}
		}
	}))
	require.NoError(t, w.Run(time.Minute))
	require.EqualValues(t, messages, w.Stats().MessagesDelivered)
	require.Equal(t, 2, expired)
	require.LessOrEqual(t, most, 4, "two timers there, one here, one message")
	require.Zero(t, w.Pending())
}

// TestTimerOfZeroRunsAfterTheInbox: that is how a protocol gathers a batch. The
// worker takes a millisecond for a message, and may be done at once.
func TestTimerOfZeroRunsAfterTheInbox(t *testing.T) {
	for _, cost := range []time.Duration{0, ms} {
		t.Run(fmt.Sprint("cost ", cost), func(t *testing.T) {
			var order []string
			w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(cost)}})
			server := w.AddServer(probing(func(p *probe) {
				p.receive = func(_ node.ID, m node.Message) {
					order = append(order, string(m.(text)))
					if m == text("a") {
						p.env.SetTimer(0, 0)
					}
				}
				p.timeout = func(node.Timer) { order = append(order, "timer") }
			}))
			client := w.AddClient(idle)
			callAt(w, ms, client, func(env node.Env) {
				for _, m := range []text{"a", "b", "c"} {
					env.Send(server, m)
				}
			})
			callAt(w, ms+us, client, func(env node.Env) { env.Send(server, text("late")) })
			require.NoError(t, w.Run(time.Second))
			require.Equal(t, []string{"a", "b", "c", "timer", "late"}, order)
		})
	}
}

// TestTimerThatWaitsInTheInbox: at 5 ms a timer expires while the worker is busy
// with the first message until 10 ms and has a second one to do before; what that
// does to the timer counts. A third message waits behind the expiry.
func TestTimerThatWaitsInTheInbox(t *testing.T) {
	tests := []struct {
		name string
		do   func(env node.Env)
		want []string
	}{
		{"left alone", func(env node.Env) {}, []string{"0s first", "10ms second", "20ms timer", "20ms third"}},
		{"stopped", func(env node.Env) { env.StopTimer(0) }, []string{"0s first", "10ms second", "20ms third"}},
		{"moved later", func(env node.Env) { env.SetTimer(0, 50*ms) }, []string{"0s first", "10ms second", "20ms third", "60ms timer"}},
		{"moved to now", func(env node.Env) { env.SetTimer(0, 0) }, []string{"0s first", "10ms second", "20ms third", "30ms timer"}},
		{"stopped and set to later", func(env node.Env) { env.StopTimer(0); env.SetTimer(0, 50*ms) },
			[]string{"0s first", "10ms second", "20ms third", "60ms timer"}},
		{"moved later and back", func(env node.Env) { env.SetTimer(0, 50*ms); env.SetTimer(0, ms) },
			[]string{"0s first", "10ms second", "20ms third", "30ms timer"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var order []string
			w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}})
			server := w.AddServer(probing(func(p *probe) {
				p.receive = func(_ node.ID, m node.Message) {
					order = append(order, fmt.Sprint(p.env.Now(), " ", m))
					switch m {
					case "first":
						p.env.SetTimer(0, 5*ms)
					case "second":
						test.do(p.env)
					}
				}
				p.timeout = func(node.Timer) { order = append(order, fmt.Sprint(p.env.Now(), " timer")) }
			}))
			client := w.AddClient(idle)
			callAt(w, 0, client, func(env node.Env) { env.Send(server, "first"); env.Send(server, "second") })
			callAt(w, 7*ms, client, func(env node.Env) { env.Send(server, "third") })
			require.NoError(t, w.Run(time.Second))
			require.Equal(t, test.want, order)
			require.Zero(t, w.Pending())
		})
	}
}

func TestTimerEndsWithItsLife(t *testing.T) {
	tests := []struct {
		name string
		end  func(w *World, id node.ID)
	}{
		{"crash", func(w *World, id node.ID) { w.Crash(id) }},
		{"exit", func(w *World, id node.ID) { call(w, id, func(env node.Env) { env.Exit(nil) }) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var order []string
			lives := node.Timer(0)
			w := New(Config{Seed: 1})
			id := w.AddServer(probing(func(p *probe) {
				lives++
				p.start = func() { p.env.SetTimer(lives, 10*ms) }
				p.timeout = func(timer node.Timer) { order = append(order, fmt.Sprint(p.env.Now(), " timer ", timer)) }
			}))
			w.At(5*ms, func() { test.end(w, id) })
			w.At(6*ms, func() { w.Restart(id) })
			require.NoError(t, w.Run(time.Second))
			require.Equal(t, []string{"16ms timer 2"}, order)
		})
	}
}

// TestTimerOfAnEarlierLifeInTheInbox: a crash empties the inbox, too.
func TestTimerOfAnEarlierLifeInTheInbox(t *testing.T) {
	w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}})
	id := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) { p.env.SetTimer(0, 5*ms) }
		p.timeout = func(node.Timer) { t.Error("the timer survived") }
	}))
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "set it") })
	w.At(6*ms, func() {
		require.False(t, w.machine(id).inbox.empty())
		w.Crash(id)
		w.Restart(id)
	})
	require.NoError(t, w.Run(time.Second))
	require.Zero(t, w.Pending())
}
