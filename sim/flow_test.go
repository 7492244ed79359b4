package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// flow lets S1 send numbered messages to S2, one each 10 ms, and returns the
// trace. Nothing else happens, so the n-th message is the n-th on its link.
func flow(t *testing.T, network Network, messages int, faults ...Fault) *recording {
	t.Helper()
	w := New(Config{Seed: 42, Network: network})
	w.AddServer(probing(func(p *probe) {
		sent := 0
		p.start = func() { p.env.SetTimer(0, 10*ms) }
		p.timeout = func(node.Timer) {
			sent++
			p.env.Send(2, sent)
			if sent < messages {
				p.env.SetTimer(0, 10*ms)
			}
		}
	}))
	w.AddServer(idle)
	w.Inject(faults)
	trace := observed(w)
	require.NoError(t, w.Run(time.Hour))
	require.Len(t, trace.of(Sent), messages)
	return trace
}

// delays returns how long the messages of a trace took, originals and duplicates,
// by message.
func (r *recording) delays() (originals, duplicates map[uint64]time.Duration) {
	sent := map[uint64]time.Duration{}
	originals, duplicates = map[uint64]time.Duration{}, map[uint64]time.Duration{}
	for _, e := range r.of(Sent, Delivered) {
		switch {
		case e.Kind == Sent:
			sent[e.MessageID] = e.At
		case e.Duplicate:
			duplicates[e.MessageID] = e.At - sent[e.MessageID]
		default:
			originals[e.MessageID] = e.At - sent[e.MessageID]
		}
	}
	return originals, duplicates
}

// overtaken counts the messages that arrived after one that was sent later.
func (r *recording) overtaken() int {
	count, latest := 0, 0
	for _, e := range r.of(Delivered) {
		if number := e.Message.(int); number < latest {
			count++
		} else {
			latest = number
		}
	}
	return count
}

// requirePart checks that one map is a part of another.
func requirePart(t *testing.T, part, whole map[uint64]time.Duration) {
	t.Helper()
	for id, delay := range part {
		require.Equal(t, whole[id], delay, "message %d", id)
	}
}

// reach sends a message between any two machines at the given time and returns
// the links on which one was delivered, such as "S1→C1". Messages take 1 ms.
func reach(t *testing.T, servers, clients int, at time.Duration, faults ...Fault) []string {
	t.Helper()
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}})
	for range servers {
		w.AddServer(idle)
	}
	for range clients {
		w.AddClient(idle)
	}
	w.Inject(faults)
	trace := observed(w)
	for _, from := range w.machines {
		w.At(at, func() {
			if !from.up {
				return
			}
			call(w, from.id, func(env node.Env) {
				for _, to := range w.machines {
					if to != from {
						env.Send(to.id, "hello")
					}
				}
			})
		})
	}
	require.NoError(t, w.Run(time.Minute))
	var links []string
	for _, e := range trace.of(Delivered) {
		links = append(links, Name(e.Peer)+"→"+Name(e.Machine))
	}
	slices.Sort(links)
	return links
}
