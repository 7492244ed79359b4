package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestName(t *testing.T) {
	w := New(Config{})
	require.EqualValues(t, 1, w.AddServer(idle))
	client := w.AddClient(idle)
	require.EqualValues(t, 2, w.AddServer(idle), "servers are numbered by themselves")
	require.Equal(t, "S2", Name(2))
	require.Equal(t, "C1", Name(client))
	require.Equal(t, "-", Name(0))
}

func TestAddServerRefusesTooMany(t *testing.T) {
	w := New(Config{})
	w.servers = make([]*machine, firstClient-1) // a thousand real ones have a million links
	require.PanicsWithValue(t, "sim: more than 1000 servers", func() { w.AddServer(idle) })
}

func TestMachinesBootOnceTheWorldRuns(t *testing.T) {
	w := New(Config{})
	id := w.AddServer(idle)
	require.Nil(t, w.Handler(id))
	require.NoError(t, w.Run(0))
	require.IsType(t, &probe{}, w.Handler(id))
	require.Nil(t, w.Handler(99))

	late := w.AddServer(idle) // a new member
	require.NoError(t, w.Run(time.Second))
	require.NotNil(t, w.Handler(late))
}

// costWorld has a server that answers each message with one of its own, and a
// client that collects the answers. A message takes 1 ms on the network, and 2 ms
// of CPU time and 1 ms more for each byte. The client does nothing with what it
// gets, but pays for it, too.
func costWorld(receive func(env node.Env, from node.ID, m node.Message)) (w *World, server, client node.ID) {
	w = New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}, CPU: CPU{PerMessage: Constant(2 * ms), PerByte: ms}})
	server = w.AddServer(probing(func(p *probe) {
		p.receive = func(from node.ID, m node.Message) { receive(p.env, from, m) }
	}))
	return w, server, w.AddClient(idle)
}

func echo(env node.Env, from node.ID, m node.Message) { env.Send(from, m) }

func TestCPUCostDelaysSendsAndTheNextCall(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) {
		for _, m := range []text{"aaa", "", "bb"} {
			env.Send(server, m)
		}
	})
	require.NoError(t, w.Run(time.Second))

	var handled, answered []string
	for _, e := range trace.of(Delivered) {
		if e.Machine == server {
			handled = append(handled, fmt.Sprint(e.At, " ", e.Message))
		}
	}
	for _, e := range trace.of(Sent) {
		if e.Machine == server {
			answered = append(answered, fmt.Sprint(e.At, " ", e.Message))
		}
	}
	require.Equal(t, []string{"1ms aaa", "6ms ", "8ms bb"}, handled, "first in, first out; 2 ms and 1 ms per byte each")
	require.Equal(t, []string{"6ms aaa", "8ms ", "12ms bb"}, answered)
}

func TestCPUThatCostsNothing(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}})
	server := w.AddServer(probing(func(p *probe) {
		p.receive = func(from node.ID, m node.Message) { p.env.Send(from, m) }
	}))
	trace := observed(w)
	client := w.AddClient(idle)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, "a"); env.Send(server, "b") })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{ms, ms, 2 * ms, 2 * ms}, trace.times(Delivered))
}

// TestCPUCostOfOtherCalls: timers and syncs cost nothing, but wait for the worker.
func TestCPUCostOfOtherCalls(t *testing.T) {
	var order []string
	w := New(Config{Seed: 1, CPU: CPU{PerMessage: Constant(10 * ms)}, Disk: DiskTiming{Sync: Constant(3 * ms)}})
	id := w.AddServer(probing(func(p *probe) {
		p.receive = func(node.ID, node.Message) {
			p.env.SetTimer(0, 2*ms)
			p.env.Disk().Sync()
		}
		p.timeout = func(node.Timer) {
			order = append(order, fmt.Sprint("timer ", p.env.Now()))
			p.env.Send(1, "leaves at once")
		}
		p.synced = func(node.Sync, error) { order = append(order, fmt.Sprint("sync ", p.env.Now())) }
	}))
	trace := observed(w)
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "go") })
	require.NoError(t, w.Run(15*ms))
	require.Equal(t, []string{"timer 10ms", "sync 10ms"}, order)
	require.Equal(t, []time.Duration{0, 10 * ms}, trace.times(Sent))
}

func TestCPUCostIsDrawnPerMachine(t *testing.T) {
	// What one machine handles does not change what another one pays.
	costs := func(alsoFirst bool) []time.Duration {
		w := New(Config{Seed: 1, CPU: CPU{PerMessage: Uniform(ms, 10*ms)}})
		first, second := w.AddServer(idle), w.AddServer(probing(func(p *probe) {
			p.receive = func(node.ID, node.Message) { p.env.Send(1, "done") }
		}))
		trace := observed(w)
		client := w.AddClient(idle)
		callAt(w, 0, client, func(env node.Env) {
			for range 5 {
				if alsoFirst {
					env.Send(first, "x")
				}
				env.Send(second, "x")
			}
		})
		require.NoError(t, w.Run(time.Second))
		var done []time.Duration
		for _, e := range trace.of(Sent) {
			if e.Machine == second {
				done = append(done, e.At)
			}
		}
		return done
	}
	require.Len(t, costs(true), 5)
	require.Equal(t, costs(true), costs(false))
}

func TestCrashCancelsWhatHadNotLeft(t *testing.T) {
	w, server, client := costWorld(func(env node.Env, from node.ID, m node.Message) {
		require.NoError(t, env.Disk().Append("log", []byte(m.(text))))
		env.Send(from, m)
	})
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("aaa")); env.Send(server, text("b")) })
	w.At(5*ms, func() { w.Crash(server); w.Restart(server) }) // the first would leave at 6 ms, the second waits
	require.NoError(t, w.Run(time.Second))

	require.Len(t, trace.of(Sent), 2, "those of the client")
	dropped := trace.of(Dropped)
	require.Len(t, dropped, 1)
	require.Equal(t, MachineDown, dropped[0].Reason)
	require.Equal(t, text("b"), dropped[0].Message)
	require.Equal(t, client, dropped[0].Machine)
	require.Equal(t, server, dropped[0].Peer)
}

func TestCrashLeavesWhatIsUnderWay(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("aaa")) })
	w.At(6500*us, func() { w.Crash(server) }) // it left at 6 ms and arrives at 7 ms
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{ms, 7 * ms}, trace.times(Delivered))
	require.Nil(t, w.Handler(server))
}

func TestMessageToAMachineThatIsDown(t *testing.T) {
	w, server, client := costWorld(echo)
	trace := observed(w)
	callAt(w, 0, client, func(env node.Env) { env.Send(server, text("lost")) })
	w.At(500*us, func() { w.Crash(server) })
	callAt(w, 1500*us, client, func(env node.Env) { env.Send(server, text("found")) }) // arrives at 2.5 ms
	w.At(2*ms, func() { w.Restart(server) })
	require.NoError(t, w.Run(4*ms))
	require.Equal(t, []time.Duration{ms}, trace.times(Dropped))
	require.Equal(t, []time.Duration{2500 * us}, trace.times(Delivered))
}

func TestSendToItself(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms), Loss: 1}})
	id := w.AddServer(idle)
	trace := observed(w)
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "me") })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{0}, trace.times(Delivered), "at once, and past the network")
}

// TestExit: what was sent before leaves, and what was written stays; nothing else
// happens any more.
func TestExit(t *testing.T) {
	reason := errors.New("disk not to be trusted")
	for _, cost := range []time.Duration{0, 10 * ms} {
		t.Run(fmt.Sprint("cost ", cost), func(t *testing.T) {
			w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}, CPU: CPU{PerMessage: Constant(cost)}})
			lives := 0
			server := w.AddServer(probing(func(p *probe) {
				lives++
				if lives > 1 {
					return
				}
				p.start = func() { p.env.SetTimer(0, 5*ms) }
				p.receive = func(from node.ID, m node.Message) {
					require.Equal(t, "exit", m, "no further call")
					disk := p.env.Disk()
					require.NoError(t, disk.Append("log", []byte("kept")))
					disk.Sync()
					p.env.Send(from, "before")
					p.env.Exit(reason)
					p.env.Exit(errors.New("another"))
					p.env.Send(from, "after")
					p.env.SetTimer(1, 0)
					p.env.Note("after")
					require.ErrorIs(t, disk.Append("log", []byte("gone")), node.ErrIO)
					require.ErrorIs(t, disk.Replace("log", nil), node.ErrIO)
					require.ErrorIs(t, disk.Truncate("log", 0), node.ErrIO)
					require.ErrorIs(t, disk.Remove("log"), node.ErrIO)
					require.Zero(t, disk.Sync())
				}
				p.timeout = func(node.Timer) { t.Error("timer after Exit") }
				p.synced = func(node.Sync, error) { t.Error("sync after Exit") }
			}))
			trace := observed(w)
			var got []node.Message
			client := w.AddClient(probing(func(p *probe) {
				p.receive = func(_ node.ID, m node.Message) { got = append(got, m) }
			}))
			callAt(w, 0, client, func(env node.Env) { env.Send(server, "exit"); env.Send(server, "more") })
			require.NoError(t, w.Run(50*ms))
			require.Equal(t, []node.Message{"before"}, got)
			require.Nil(t, w.Handler(server))
			require.Empty(t, trace.of(Noted))
			require.Len(t, trace.of(Exited), 1)
			require.Equal(t, reason, trace.of(Exited)[0].Err)
			require.Len(t, trace.of(Dropped), 1)
			require.Equal(t, 1, w.Stats().Exits)

			w.Restart(server)
			require.NotNil(t, w.Handler(server))
			call(w, server, func(env node.Env) {
				content, err := env.Disk().Read("log")
				require.NoError(t, err)
				require.Equal(t, "kept", string(content))
			})
			require.NoError(t, w.Run(100*ms))
			require.Equal(t, 2, lives)
		})
	}
}

func TestExitAtStart(t *testing.T) {
	w := New(Config{Seed: 1})
	id := w.AddServer(probing(func(p *probe) { p.start = func() { p.env.Exit(nil) } }))
	require.NoError(t, w.Run(time.Second))
	require.Nil(t, w.Handler(id))
	w.Restart(id)
	require.Nil(t, w.Handler(id))
	require.Equal(t, Stats{Boots: 2, Exits: 2}, w.Stats())
}

func TestRestart(t *testing.T) {
	tests := []struct {
		name   string
		script func(w *World, id node.ID)
		up     bool
		boots  int
	}{
		{"while it runs", func(w *World, id node.ID) { w.Restart(id) }, true, 1},
		{"crashed", func(w *World, id node.ID) { w.Crash(id) }, false, 1},
		{"crashed twice", func(w *World, id node.ID) { w.Crash(id); w.Crash(id) }, false, 1},
		{"crashed and restarted", func(w *World, id node.ID) { w.Crash(id); w.Restart(id) }, true, 2},
		{"crashed twice, restarted once", func(w *World, id node.ID) { w.Crash(id); w.Crash(id); w.Restart(id) }, true, 2},
		{"restarted twice", func(w *World, id node.ID) { w.Crash(id); w.Restart(id); w.Restart(id) }, true, 2},
		{"ended by itself", func(w *World, id node.ID) { exit(w, id) }, false, 1},
		{"ended by itself and restarted", func(w *World, id node.ID) { exit(w, id); w.Restart(id) }, true, 2},
		{"ended by itself and crashed", func(w *World, id node.ID) { exit(w, id); w.Crash(id) }, false, 1},
		{"ended by itself, crashed and restarted", func(w *World, id node.ID) { exit(w, id); w.Crash(id); w.Restart(id) }, true, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := New(Config{Seed: 1})
			id := w.AddServer(idle)
			require.NoError(t, w.Run(ms))
			test.script(w, id)
			require.NoError(t, w.Run(2*ms))
			require.Equal(t, test.up, w.Handler(id) != nil)
			require.Equal(t, test.boots, w.Stats().Boots)
		})
	}
}

func exit(w *World, id node.ID) { call(w, id, func(env node.Env) { env.Exit(nil) }) }

func TestRestartOfAMachineThatIsNotThere(t *testing.T) {
	w := New(Config{})
	require.PanicsWithValue(t, "sim: there is no machine 7", func() { w.Restart(7) })
	require.PanicsWithValue(t, "sim: there is no machine 7", func() { w.Crash(7) })
}

// TestEnvStreams: a machine's random numbers are its own, and the same whatever
// others there are.
func TestEnvStreams(t *testing.T) {
	draw := func(seed uint64, servers int) []uint64 {
		w := New(Config{Seed: seed})
		numbers := make([]uint64, servers)
		for i := range servers {
			w.AddServer(probing(func(p *probe) {
				p.start = func() {
					require.EqualValues(t, i+1, p.env.ID())
					numbers[i] = p.env.Rand().Uint64()
				}
			}))
		}
		require.NoError(t, w.Run(0))
		return numbers
	}
	three := draw(1, 3)
	require.Equal(t, three[:2], draw(1, 2))
	require.NotEqual(t, three[0], three[1])
	require.NotEqual(t, three, draw(2, 3))
}

// leading is a probe that may lead.
type leading struct {
	probe
	term  uint64
	leads bool
}

func (l *leading) Leads() (uint64, bool) { return l.term, l.leads }

// addLeading adds servers of which some lead, each in the term given; zero does
// not lead.
func addLeading(w *World, terms ...uint64) {
	for _, term := range terms {
		w.AddServer(func(env node.Env) node.Handler { return &leading{term: term, leads: term > 0} })
	}
}

func TestLeader(t *testing.T) {
	tests := []struct {
		terms []uint64
		want  node.ID
	}{
		{[]uint64{0, 0, 0}, 0},
		{[]uint64{0, 4, 0}, 2},
		{[]uint64{3, 5, 4}, 2}, // an old leader that was cut off still believes
		{[]uint64{5, 0, 6}, 3},
	}
	for _, test := range tests {
		w := New(Config{})
		addLeading(w, test.terms...)
		require.Zero(t, w.Leader(), "nobody runs yet")
		require.NoError(t, w.Run(0))
		require.Equal(t, test.want, w.Leader(), "terms %v", test.terms)
		if test.want != 0 {
			w.Crash(test.want)
			require.NotEqual(t, test.want, w.Leader())
		}
	}
	w := New(Config{})
	w.AddServer(idle)
	require.NoError(t, w.Run(0))
	require.Zero(t, w.Leader(), "its handler knows of no leaders")
}
