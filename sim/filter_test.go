package sim

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

type (
	vote         struct{ term int }
	promise      struct{ term int }
	batch[T any] struct{ Items []T }
	batchOfVotes batch[vote]
)

// exchange lets S1 and S2 send each other, and C1 send both, one of each message
// at the given time, and returns what is delivered.
func exchange(t *testing.T, at time.Duration, faults ...Fault) (*recording, Stats) {
	t.Helper()
	w := New(Config{Seed: 1, Network: Network{Latency: Constant(ms)}})
	w.AddServer(idle)
	w.AddServer(idle)
	w.AddClient(idle)
	w.Inject(faults)
	trace := observed(w)
	for _, from := range w.machines {
		callAt(w, at, from.id, func(env node.Env) {
			for _, to := range w.servers {
				if to != from {
					env.Send(to.id, vote{1})
					env.Send(to.id, &promise{1})
					env.Send(to.id, batch[vote]{})
					env.Send(to.id, nil)
				}
			}
		})
	}
	require.NoError(t, w.Run(time.Second))
	return trace, w.Stats()
}

// lost counts the messages of a trace that a filter dropped, by type.
func (r *recording) lost() map[string]int {
	found := map[string]int{}
	for _, e := range r.of(Dropped) {
		if e.Reason == Filtered {
			found[typeName(reflect.TypeOf(e.Message))]++
		}
	}
	return found
}

func TestFilterDrops(t *testing.T) {
	span := Between(10*ms, 20*ms)
	tests := []struct {
		name   string
		filter Filter
		want   map[string]int
	}{
		{"one type", Filter{Span: span, Types: "vote", Drop: 1}, map[string]int{"vote": 4}},
		{"behind a pointer", Filter{Span: span, Types: "promise", Drop: 1}, map[string]int{"promise": 4}},
		{"generic", Filter{Span: span, Types: "batch", Drop: 1}, map[string]int{"batch": 4}},
		{"two types", Filter{Span: span, Types: "vote+promise", Drop: 1}, map[string]int{"vote": 4, "promise": 4}},
		{"every type", Filter{Span: span, Drop: 1}, map[string]int{"vote": 4, "promise": 4, "batch": 4, "": 4}},
		{"case matters", Filter{Span: span, Types: "Vote", Drop: 1}, map[string]int{}},
		{"no such type", Filter{Span: span, Types: "Snapshot", Drop: 1}, map[string]int{}},
		{"from", Filter{Span: span, Types: "vote", From: "S1", Drop: 1}, map[string]int{"vote": 1}},
		{"to", Filter{Span: span, Types: "vote", To: "S1", Drop: 1}, map[string]int{"vote": 2}},
		{"from and to", Filter{Span: span, From: Clients, To: "S2", Drop: 1}, map[string]int{"vote": 1, "promise": 1, "batch": 1, "": 1}},
		{"from itself", Filter{Span: span, From: "S1", To: "S1", Drop: 1}, map[string]int{}},
		{"nothing", Filter{Span: span, Types: "vote"}, map[string]int{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			trace, stats := exchange(t, 15*ms, test.filter)
			require.Equal(t, test.want, trace.lost())
			require.Equal(t, len(trace.of(Dropped)), stats.MessagesFiltered)
			require.Len(t, trace.of(Delivered), 16-stats.MessagesFiltered)
			for _, at := range []time.Duration{5 * ms, 25 * ms} {
				trace, stats := exchange(t, at, test.filter)
				require.Empty(t, trace.of(Dropped), "not at %v", at)
				require.Zero(t, stats.MessagesFiltered)
			}
		})
	}
}

func TestFilterDelays(t *testing.T) {
	trace, _ := exchange(t, 15*ms,
		Filter{Types: "vote", Delay: Constant(5 * ms)},
		Filter{Types: "vote+promise", From: "S1", Delay: Constant(20 * ms)},
		Filter{Types: "nothing", Delay: Constant(time.Minute)})
	for _, e := range trace.of(Delivered) {
		want := 16 * ms
		switch e.Message.(type) {
		case vote:
			want += 5 * ms
			if e.Peer == 1 {
				want += 20 * ms
			}
		case *promise:
			if e.Peer == 1 {
				want += 20 * ms
			}
		}
		require.Equal(t, want, e.At, "%v", e)
	}
}

func TestFilterRate(t *testing.T) {
	const n = 10_000
	lost := func(faults ...Fault) int { return len(flow(t, Network{}, n, faults...).of(Dropped)) }
	requireRate(t, 0.2, lost(Filter{Types: "int", Drop: 0.2}), n)
	requireRate(t, 0.6, lost(Filter{Types: "int", Drop: 0.2}, Filter{Drop: 0.5}), n)
	originals, _ := flow(t, Network{}, n, Filter{Drop: 0.5, Delay: Uniform(0, 10*ms)}).delays()
	early := 0
	for _, delay := range originals {
		if delay < 2*ms {
			early++
		}
	}
	requireRate(t, 0.2, early, len(originals))
}

// TestFilterOfMachinesAddedLater: any machine is any machine.
func TestFilterOfMachinesAddedLater(t *testing.T) {
	w := New(Config{Seed: 1})
	w.AddServer(idle)
	w.Inject(Schedule{Filter{Drop: 1}, Filter{From: All, Drop: 1}})
	w.At(ms, func() { w.AddServer(idle) })
	callAt(w, 2*ms, 1, func(env node.Env) { env.Send(2, vote{}) })
	callAt(w, 2*ms, 2, func(env node.Env) { env.Send(1, vote{}) })
	require.NoError(t, w.Run(time.Second))
	require.Equal(t, 2, w.Stats().MessagesFiltered)
}

func TestTypeName(t *testing.T) {
	tests := map[string]node.Message{
		"vote": vote{}, "promise": &promise{}, "batch": batch[*vote]{}, "batchOfVotes": &batchOfVotes{},
		"int": 3, "Duration": ms, "": struct{}{},
	}
	for want, message := range tests {
		require.Equal(t, want, typeName(reflect.TypeOf(message)))
	}
	require.Empty(t, typeName(nil))
	require.Empty(t, typeName(reflect.TypeOf([]int{})))
}
