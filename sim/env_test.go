package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

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
	w.Crash(id)
	w.Restart(id)
	require.Nil(t, w.Handler(id))
	require.Equal(t, Stats{Boots: 3, Exits: 3, Crashes: 1}, w.Stats(), "it is not tried again")
}

func exit(w *World, id node.ID) { call(w, id, func(env node.Env) { env.Exit(nil) }) }

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

func TestSendToItself(t *testing.T) {
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms), Loss: 1}})
	id := w.AddServer(idle)
	trace := observed(w)
	callAt(w, 0, id, func(env node.Env) { env.Send(id, "me") })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, []time.Duration{0}, trace.times(Delivered), "at once, and past the network")
}
