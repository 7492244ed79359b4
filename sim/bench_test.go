package sim

import (
	"fmt"
	"testing"
	"time"

	"quorumlab/node"
)

// relay answers every message with another, to the next machine: what the engine
// costs when the protocol costs nothing.
type relay struct {
	env     node.Env
	next    node.ID
	load    int
	message node.Message
}

func (r *relay) Start() {
	for range r.load {
		r.env.Send(r.next, r.message)
	}
}
func (r *relay) Receive(from node.ID, m node.Message) { r.env.Send(r.next, m) }
func (r *relay) Timeout(node.Timer)                   {}
func (r *relay) Synced(node.Sync, error)              {}

type token struct{}

func (token) Size() int { return 64 }

// BenchmarkEngine compares the world, with network draws, crash checks and
// fingerprint, to the bare heap it stands on: same number of pending events,
// same distribution of times. The ratio of events/s is what counts.
func BenchmarkEngine(b *testing.B) {
	for _, pending := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("world/pending=%d", pending), func(b *testing.B) {
			w := New(Config{Seed: 1, Network: Network{Latency: Uniform(time.Millisecond, 10*time.Millisecond), Loss: 1e-12}})
			const machines = 5
			for i := range machines {
				next := node.ID((i+1)%machines + 1)
				w.AddServer(func(env node.Env) node.Handler {
					return &relay{env: env, next: next, load: pending / machines, message: token{}}
				})
			}
			w.Run(time.Second)
			b.ReportAllocs()
			b.ResetTimer()
			w.steps(1<<62, b.N)
		})
		b.Run(fmt.Sprintf("bare/pending=%d", pending), func(b *testing.B) {
			var q queue
			s := stream(1)
			delay := Uniform(time.Millisecond, 10*time.Millisecond)
			for range pending {
				q.schedule(0, int64(delay.sample(&s)), event{})
			}
			b.ReportAllocs()
			now := int64(0)
			for b.Loop() {
				at, slot, _ := q.take(now, 1<<62)
				now = at
				e := q.slab[slot]
				q.release(slot)
				q.schedule(now, now+int64(delay.sample(&s)), e)
			}
		})
	}
}

// BenchmarkTimerReset is a timer that is moved with every message, as an election
// timer is: it must not cost an event.
func BenchmarkTimerReset(b *testing.B) {
	w := New(Config{Seed: 1})
	id := w.AddServer(idle)
	w.Run(0)
	m := w.machine(id)
	b.ReportAllocs()
	for b.Loop() {
		w.now++
		m.SetTimer(0, 150*time.Millisecond)
	}
	if w.Pending() != 1 {
		b.Fatalf("%d events are pending", w.Pending())
	}
}

// BenchmarkFingerprint measures what an event pays to be part of the fingerprint;
// a message pays twice, when it is sent and when it is delivered.
func BenchmarkFingerprint(b *testing.B) {
	var f fingerprint
	for i := range b.N {
		f.mix(int64(i), 3<<56, uint64(i))
	}
	if f == 0 {
		b.Fatal("nothing was mixed")
	}
}
