package sim

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// breakInvariant is what a protocol does that finds itself in a state which
// cannot be.
func breakInvariant() {
	panic(&node.Violation{Invariant: "Election Safety", Detail: "two leaders in term 7"})
}

func TestPanicOfAHandler(t *testing.T) {
	tests := []struct {
		name      string
		blame     func()
		error     string
		invariant string
	}{
		{"violation", breakInvariant, "Election Safety: two leaders in term 7 (at 5ms on S1)", "Election Safety"},
		{"text", func() { panic("impossible") }, "panic: impossible (at 5ms on S1)", "panic"},
		{"error", func() { panic(errors.New("what?")) }, "what? (at 5ms on S1)", "panic"},
		{"runtime error", func() { var p *probe; p.env = nil },
			"runtime error: invalid memory address or nil pointer dereference (at 5ms on S1)", "panic"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1})
			w.AddServer(probing(func(p *probe) {
				p.start = func() { p.env.SetTimer(0, 5*ms) }
				p.timeout = func(node.Timer) { test.blame() }
			}))
			other := w.AddServer(probing(func(p *probe) {
				p.start = func() { p.env.SetTimer(0, 6*ms) }
				p.timeout = func(node.Timer) { t.Error("the world goes on") }
			}))
			err := w.Run(time.Second)
			require.EqualError(t, err, test.error)
			var failure *Failure
			require.ErrorAs(t, err, &failure)
			require.Equal(t, 5*ms, failure.At)
			require.EqualValues(t, 1, failure.Machine)
			require.Equal(t, test.invariant, failure.Invariant())
			require.Contains(t, string(failure.Stack), "TestPanicOfAHandler", "where it happened")

			events := w.Events()
			require.Same(t, err, w.Run(2*time.Second), "the world stands still for good")
			require.Equal(t, 5*ms, w.Now())
			require.Equal(t, events, w.Events())
			require.False(t, w.Step())
			require.NotNil(t, w.Handler(other), "and can be looked at")
		})
	}
}

func TestPanicShowsItsStack(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(probing(func(p *probe) { p.start = breakInvariant }))
	var failure *Failure
	require.ErrorAs(t, w.Run(0), &failure)
	require.Contains(t, string(failure.Stack), "sim.breakInvariant")
}

// TestPanicInEachMethod: whichever method it is that panics, its machine is named.
func TestPanicInEachMethod(t *testing.T) {
	tests := map[string]func(p *probe){
		"Factory": func(p *probe) { breakInvariant() },
		"Start":   func(p *probe) { p.start = breakInvariant },
		"Receive": func(p *probe) {
			p.start = func() { p.env.Send(2, "x") }
			p.receive = func(node.ID, node.Message) { breakInvariant() }
		},
		"Timeout": func(p *probe) {
			p.start = func() { p.env.SetTimer(0, 0) }
			p.timeout = func(node.Timer) { breakInvariant() }
		},
		"Synced": func(p *probe) {
			p.start = func() { p.env.Disk().Sync() }
			p.synced = func(node.Sync, error) { breakInvariant() }
		},
	}
	for name, setup := range tests {
		t.Run(name, func(t *testing.T) {
			w := New(Config{Seed: 1})
			w.AddServer(idle)
			w.AddServer(probing(setup))
			var failure *Failure
			require.ErrorAs(t, w.Run(time.Second), &failure)
			require.EqualValues(t, 2, failure.Machine)
			require.Equal(t, "Election Safety", failure.Invariant())
		})
	}
}

func TestPanicCountsAsAStep(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(probing(func(p *probe) { p.start = breakInvariant }))
	require.True(t, w.Step())
	require.False(t, w.Step())
}

// TestPanicOutsideOfRun: Restart calls a handler, too.
func TestPanicOutsideOfRun(t *testing.T) {
	w := New(Config{Seed: 1})
	lives := 0
	id := w.AddServer(probing(func(p *probe) {
		if lives++; lives == 2 {
			p.start = breakInvariant
		}
	}))
	require.NoError(t, w.Run(ms))
	w.Crash(id)
	require.NotPanics(t, func() { w.Restart(id) })
	require.EqualError(t, w.Run(time.Second), "Election Safety: two leaders in term 7 (at 1ms on S1)")
	require.Panics(t, func() { w.Restart(9) }, "a mistake of the script is no failure")
}

// TestFirstFailureCounts: two machines boot at once, and both fail.
func TestFirstFailureCounts(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.AddServer(idle)
	w.Inject(Schedule{Crash{Between(ms, 2*ms), All}})
	w.Watch(func(node.ID, node.Handler) error {
		if w.Now() == 0 {
			return nil
		}
		return errors.New("not again")
	})
	require.EqualError(t, w.Run(time.Second), "not again (at 2ms on S1)")
}

// TestPanicOfAWatch: who looks at a machine finds something that cannot be. That is no end of
// the machine's process, which knows nothing of it.
func TestPanicOfAWatch(t *testing.T) {
	for _, exits := range []bool{false, true} {
		w := New(Config{Seed: 1, PanicsExit: exits})
		w.AddServer(idle)
		id := w.AddServer(probing(func(p *probe) { p.start = func() { p.env.SetTimer(0, 5*ms) } }))
		w.Watch(func(seen node.ID, _ node.Handler) error {
			if seen == id && w.Now() > 0 {
				breakInvariant()
			}
			return nil
		})
		require.EqualError(t, w.Run(time.Second), "Election Safety: two leaders in term 7 (at 5ms on S2)")
		require.Zero(t, w.Stats().Exits)
	}
}

// TestPanicOfAScript is no failure of a machine, but a bug of the test.
func TestPanicOfAScript(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.At(ms, func() { panic("mine") })
	require.PanicsWithValue(t, "mine", func() { _ = w.Run(time.Second) })
}

// TestSendToAMachineThatIsNotThere is blamed on who sends, also if the message
// would leave only later.
func TestSendToAMachineThatIsNotThere(t *testing.T) {
	for _, cpu := range []CPU{{}, {PerMessage: Constant(ms)}} {
		w := New(Config{Seed: 1, CPU: cpu})
		w.AddServer(idle)
		id := w.AddServer(probing(func(p *probe) {
			p.receive = func(node.ID, node.Message) { p.env.Send(9, "anybody there?") }
		}))
		callAt(w, 0, id, func(env node.Env) { env.Send(id, "go") })
		require.EqualError(t, w.Run(time.Second), "panic: S2 sends to machine 9, which does not exist (at 0s on S2)")
	}
}

func TestWatch(t *testing.T) {
	w := New(Config{Seed: 1, Disk: DiskTiming{Sync: Constant(ms)}})
	id := w.AddServer(probing(func(p *probe) {
		p.start = func() { p.env.SetTimer(0, 3*ms); p.env.Disk().Sync() }
		p.timeout = func(node.Timer) { p.env.Send(p.env.ID(), "x") }
		p.receive = func(node.ID, node.Message) { p.env.Exit(nil) }
	}))
	var calls []time.Duration
	w.Watch(func(seen node.ID, h node.Handler) error {
		require.Equal(t, id, seen)
		require.Same(t, w.Handler(id), h)
		calls = append(calls, w.Now())
		return nil
	})
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{0, ms, 3 * ms, 3 * ms}, calls, "after Start, Synced, Timeout, and the call that ended in Exit")
}

func TestWatchEndsTheRun(t *testing.T) {
	w := New(Config{Seed: 1})
	handled := 0
	id := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) { handled++ }
	}))
	w.Watch(func(node.ID, node.Handler) error {
		if handled == 3 {
			return &node.Violation{Invariant: "Log Matching", Detail: "index 3"}
		}
		return nil
	})
	callAt(w, 2*ms, id, func(env node.Env) {
		for range 10 {
			env.Send(id, "x")
		}
	})
	err := w.Run(time.Second)
	require.EqualError(t, err, "Log Matching: index 3 (at 2ms on S1)")
	require.Equal(t, 3, handled)
	var failure *Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "Log Matching", failure.Invariant())
	require.Empty(t, failure.Stack)
}

// TestWatchEndsTheRunAmidAnInbox: two timers wait for the worker; after the first
// has broken something, the second is not handled.
func TestWatchEndsTheRunAmidAnInbox(t *testing.T) {
	w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}})
	handled := 0
	id := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) { p.env.SetTimer(0, ms); p.env.SetTimer(1, ms) }
		p.timeout = func(node.Timer) { handled++ }
	}))
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "set them") })
	w.Watch(func(node.ID, node.Handler) error {
		if handled == 1 {
			return errors.New("enough")
		}
		return nil
	})
	require.EqualError(t, w.Run(time.Second), "enough (at 10ms on S1)")
	require.Equal(t, 1, handled)
}

// TestPanicsExit: where a panic is the end of a process only, the machine boots again
// and the others go on.
func TestPanicsExit(t *testing.T) {
	w := New(Config{PanicsExit: true, RestartAfter: 10 * ms, Network: Network{Latency: Constant(ms)}})
	w.AddServer(probing(func(p *probe) {
		p.receive = func(from node.ID, m node.Message) {
			if m == text("!") {
				panic("it cannot be")
			}
			p.env.Send(from, m)
		}
	}))
	client := w.AddClient(idle)
	trace := observed(w)
	for i, m := range []text{"a", "!", "lost", "b"} {
		callAt(w, time.Duration(8*i)*ms, client, func(env node.Env) { env.Send(1, m) })
	}
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{9 * ms}, trace.times(Exited))
	require.Equal(t, 3, w.Stats().Boots, "of the client too")
	var answers []node.Message
	for _, e := range trace.of(Delivered) {
		if e.Machine == client {
			answers = append(answers, e.Message)
		}
	}
	require.Equal(t, []node.Message{text("a"), text("b")}, answers)

	w = New(Config{PanicsExit: true})
	w.AddServer(idle)
	w.AddClient(probing(func(p *probe) { p.start = func() { panic("a client") } }))
	require.ErrorContains(t, w.Run(time.Second), "a client", "who is not under test")
}
