package mq_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// resuming is a producer that comes back after a crash. Before that it has a command of its
// earlier life stored under number 1.
type resuming struct {
	env      node.Env
	setup    *mq.Session
	left     []mq.Command
	producer *mq.Producer
}

func (r *resuming) Start() { r.setup.Ask(r.left[0]) }

func (r *resuming) Receive(from node.ID, m node.Message) {
	if r.producer.Receive(from, m) {
		return
	}
	if _, ok := r.setup.Receive(from, m.(rsm.Reply)); !ok {
		return
	}
	if r.left = r.left[1:]; len(r.left) > 0 {
		r.Start()
	} else {
		r.producer.Start()
	}
}

func (r *resuming) Timeout(t node.Timer) {
	if !r.producer.Timeout(t) {
		r.setup.Timeout()
	}
}

func (r *resuming) Synced(node.Sync, error) {}

// TestResume: what was sent under a number is stored only if the service has it under that
// number. A copy of something else, which was refused and given up, may have come late and
// taken the number; then it takes the next.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		name, stored string
		last         uint64
		sent         []uint64
		duplicate    bool
	}{
		{"stored", "b", 1, []uint64{1}, true},
		{"something else was", "a", 1, []uint64{1, 2}, false},
		{"nothing was sent", "a", 0, []uint64{2}, false},
		{"nothing was stored under it", "a", 2, []uint64{2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent []uint64
			var confirmed []mq.Confirmation
			machine := mq.New()
			w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
			client := mq.ClientConfig{Servers: []node.ID{w.AddServer(func(env node.Env) node.Handler { return mq.NewAlone(env, machine) })}}
			w.AddClient(func(env node.Env) node.Handler {
				r := &resuming{env: env, setup: mq.NewSession(env, client, workTimer)}
				r.left = []mq.Command{
					mq.DeclareQueue{Queue: queueName},
					mq.Publish{Key: queueName, Number: mq.Number{Producer: 1, Sequence: 1}, Messages: [][]byte{[]byte(c.stored)}},
				}
				r.producer = mq.NewProducer(env, mq.ProducerConfig{
					ClientConfig: client, Producer: 1, Last: c.last, Key: queueName, Timer: producerTimer,
				}, mq.ProducerEvents{
					Sent:      func(n mq.Number, _ [][]byte) { sent = append(sent, n.Sequence) },
					Confirmed: func(_ mq.Number, _ [][]byte, c mq.Confirmation) { confirmed = append(confirmed, c) },
					Resumed:   func() { r.producer.Publish([]byte("b")) },
				})
				return r
			})
			require.NoError(t, w.Run(time.Second))
			assert.Equal(t, c.sent, sent)
			require.Len(t, confirmed, 1)
			assert.Equal(t, c.duplicate, confirmed[0].Duplicate)
		})
	}
}
