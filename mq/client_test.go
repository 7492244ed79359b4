package mq_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// The timers of workers.
const (
	arrivalTimer node.Timer = iota
	producerTimer
	receiveTimer
	settleTimer
	workTimer
)

// ledger is what workers have seen, whatever became of them.
type ledger struct {
	sent, confirmed []string
	delivered       map[string]int
	settled         map[string]int
}

// maker publishes a message every few milliseconds.
type maker struct {
	env      node.Env
	ledger   *ledger
	setup    *mq.Session
	producer *mq.Producer
	left     int
	started  bool
}

func (m *maker) Start() { m.declare() }

func (m *maker) declare() {
	m.setup.Ask(mq.DeclareQueue{Queue: queueName, Options: mq.QueueOptions{Lease: time.Second}})
}

func (m *maker) Receive(from node.ID, message node.Message) {
	if m.producer.Receive(from, message) {
		return
	}
	if _, ok := m.setup.Receive(from, message.(rsm.Reply)); ok && !m.started {
		m.started = true
		m.producer.Start()
		m.env.SetTimer(arrivalTimer, 0)
	}
}

func (m *maker) Timeout(t node.Timer) {
	switch {
	case m.producer.Timeout(t):
	case t == arrivalTimer && m.left > 0:
		m.left--
		body := fmt.Sprintf("%d-%d", m.env.ID(), len(m.ledger.sent))
		m.ledger.sent = append(m.ledger.sent, body)
		m.producer.Publish([]byte(body))
		m.env.SetTimer(arrivalTimer, 5*time.Millisecond)
	default:
		m.setup.Timeout()
	}
}

func (m *maker) Synced(node.Sync, error) {}

func newMaker(env node.Env, l *ledger, client mq.ClientConfig, name mq.ProducerID, messages int) *maker {
	m := &maker{env: env, ledger: l, left: messages, setup: mq.NewSession(env, client, workTimer)}
	m.producer = mq.NewProducer(env, mq.ProducerConfig{
		ClientConfig: client, Producer: name, Key: queueName, Batch: 8, Timer: producerTimer,
	}, mq.ProducerEvents{
		Confirmed: func(_ mq.Number, messages [][]byte, _ mq.Confirmation) {
			for _, body := range messages {
				l.confirmed = append(l.confirmed, string(body))
			}
		},
		Refused: func(_ mq.Number, messages [][]byte, err error) { // the queue is not there any more
			switch {
			case !errors.Is(err, mq.ErrUnknownQueue):
				panic(err)
			case !m.setup.Busy():
				m.declare()
			}
			for _, body := range messages {
				m.producer.Publish(body)
			}
		},
	})
	return m
}

// taker receives messages and acknowledges each after a moment of work.
type taker struct {
	env      node.Env
	ledger   *ledger
	consumer *mq.Consumer
	working  []mq.Delivery
}

func (t *taker) Start() {
	t.consumer.Start()
}

func (t *taker) Receive(from node.ID, m node.Message) { t.consumer.Receive(from, m) }

func (t *taker) Timeout(timer node.Timer) {
	if t.consumer.Timeout(timer) {
		return
	}
	for _, d := range t.working {
		t.consumer.Settle(d.Lease, mq.Acknowledging)
	}
	t.working = nil
}

func (t *taker) Synced(node.Sync, error) {}

func newTaker(env node.Env, l *ledger, client mq.ClientConfig) *taker {
	t := &taker{env: env, ledger: l}
	t.consumer = mq.NewConsumer(env, mq.ConsumerConfig{
		ClientConfig: client, Queue: queueName, Consumer: mq.ConsumerID(env.ID()), Prefetch: 4, Remember: 1000,
		Timers: [2]node.Timer{receiveTimer, settleTimer},
	}, mq.ConsumerEvents{
		Delivered: func(d mq.Delivery) {
			l.delivered[string(d.Body)]++
			if len(t.working) == 0 {
				env.SetTimer(workTimer, 10*time.Millisecond)
			}
			t.working = append(t.working, d)
		},
		Settled: func(_ mq.Lease, _ mq.Settlement, err error) { l.settled[fmt.Sprint(err)]++ },
	})
	return t
}

// kind is a number of servers of a kind.
type kind struct {
	servers int
	factory node.Factory
}

// services are what clients can be put in front of.
func services(machine func() rsm.StateMachine) map[string]kind {
	pair := mq.BackupConfig{Servers: [2]node.ID{1, 2}, HeartbeatInterval: 20 * time.Millisecond, Timeout: 100 * time.Millisecond}
	all := map[string]kind{
		"alone":  {1, func(env node.Env) node.Handler { return mq.NewAlone(env, machine()) }},
		"backup": {2, func(env node.Env) node.Handler { return mq.NewBackup(env, pair, machine()) }},
	}
	for _, p := range scenarios.Protocols() {
		all[p.Name] = kind{3, p.Server([]node.ID{1, 2, 3}, machine, scenarios.Settings{SnapshotEvery: 50})}
	}
	return all
}

// work has two producers and two consumers work at a service while faults happen, and
// returns what they have seen in the end.
func work(t *testing.T, name string, faults sim.Schedule) *ledger {
	return workAt(t, services(newMachine)[name], faults)
}

func newMachine() rsm.StateMachine { return mq.New() }

func workAt(t *testing.T, s kind, faults sim.Schedule) *ledger {
	const messages = 200
	l := &ledger{delivered: map[string]int{}, settled: map[string]int{}}
	w := sim.New(sim.Config{Seed: 7, Strict: true, Network: sim.Network{
		Latency: sim.Uniform(time.Millisecond, 3*time.Millisecond), Loss: 0.02, Duplication: 0.02, Reordering: 0.02,
	}})
	var client mq.ClientConfig
	for range s.servers {
		client.Servers = append(client.Servers, w.AddServer(s.factory))
	}
	for i := range 2 {
		producer := mq.ProducerID(i + 1)
		if s.servers < 3 {
			producer = 0 // a service that forgets would only confuse its numbers
		}
		w.AddClient(func(env node.Env) node.Handler { return newMaker(env, l, client, producer, messages) })
		w.AddClient(func(env node.Env) node.Handler { return newTaker(env, l, client) })
	}
	w.Inject(faults)
	require.NoError(t, w.Run(20*time.Second))
	require.Len(t, l.sent, 2*messages)
	require.Len(t, l.confirmed, 2*messages)
	return l
}

// lost returns what was confirmed and never delivered.
func (l *ledger) lost() (lost []string) {
	for _, body := range l.confirmed {
		if l.delivered[body] == 0 {
			lost = append(lost, body)
		}
	}
	return lost
}

func (l *ledger) duplicated() (duplicated []string) {
	for body, n := range l.delivered {
		if n > 1 {
			duplicated = append(duplicated, body)
		}
	}
	return duplicated
}

func TestClientsWithoutFaults(t *testing.T) {
	for name := range services(newMachine) {
		t.Run(name, func(t *testing.T) {
			l := work(t, name, nil)
			assert.Empty(t, l.lost())
			assert.Empty(t, l.duplicated())
			assert.Equal(t, map[string]int{"<nil>": 400}, l.settled)
		})
	}
}

// TestTwoLivesUnderOneName has two producers use the same numbers at the same time, as one
// does that has come back while what it sent before is still on its way. What either is
// told is stored is stored, and nothing is taken for a repetition of something else.
func TestTwoLivesUnderOneName(t *testing.T) {
	const messages = 100
	l := &ledger{delivered: map[string]int{}, settled: map[string]int{}}
	w := sim.New(sim.Config{Seed: 3, Strict: true, Network: sim.Network{Latency: sim.Uniform(time.Millisecond, 9*time.Millisecond)}})
	client := mq.ClientConfig{Servers: []node.ID{w.AddServer(services(newMachine)["alone"].factory)}}
	for range 2 {
		w.AddClient(func(env node.Env) node.Handler { return newMaker(env, l, client, 1, messages) })
	}
	w.AddClient(func(env node.Env) node.Handler { return newTaker(env, l, client) })
	require.NoError(t, w.Run(20*time.Second))
	assert.Len(t, l.confirmed, 2*messages)
	assert.Empty(t, l.lost())
	assert.Empty(t, l.duplicated())
}

func TestClientsThroughCrashes(t *testing.T) {
	second := time.Second
	crashes := sim.Schedule{
		sim.Crash{Span: sim.Between(600*time.Millisecond, 2*second), Target: sim.Leader},
		sim.Crash{Span: sim.Between(3*second, 4*second), Target: sim.Leader},
		sim.Crash{Span: sim.Between(700*time.Millisecond, second), Target: "C2"}, // a consumer
	}
	for _, name := range []string{"raft", "paxos"} {
		t.Run(name, func(t *testing.T) {
			l := work(t, name, crashes)
			assert.Empty(t, l.lost())
		})
	}
	t.Run("alone", func(t *testing.T) { assert.NotEmpty(t, work(t, "alone", crashes).lost()) })
}

// TestBackupLosesWhatItHasNotHeardOf crashes the primary at several moments. Most do
// no harm, which is what makes people believe in it.
func TestBackupLosesWhatItHasNotHeardOf(t *testing.T) {
	losses := 0
	for i := range 40 {
		at := 600*time.Millisecond + time.Duration(i)*900*time.Microsecond
		l := work(t, "backup", sim.Schedule{sim.Crash{Span: sim.Between(at, at+time.Second), Target: sim.Leader}})
		if len(l.lost()) > 0 {
			losses++
		}
	}
	assert.Positive(t, losses)
	assert.Less(t, losses, 20)
}

func TestClientsThroughAPartition(t *testing.T) {
	second := time.Second
	partition := sim.Schedule{
		sim.Partition{Span: sim.Between(600*time.Millisecond, second), Side: "S1"},
	}
	for name := range services(newMachine) {
		t.Run(name, func(t *testing.T) {
			l := work(t, name, partition)
			if name == "backup" {
				assert.NotEmpty(t, l.lost())
			} else {
				assert.Empty(t, l.lost())
			}
		})
	}
}

// witness watches replicas: what a replica's state is after a sequence of commands,
// every replica's must be.
type witness struct {
	t       *testing.T
	after   map[uint64]uint64 // by the hash of the commands, the state's
	reached map[uint64]uint64 // the other way round
	applied int
}

// witnessed is a replica that is watched.
type witnessed struct {
	*mq.Machine
	witness  *witness
	commands uint64
}

func (m *witnessed) Apply(command []byte) []byte {
	answer := m.Machine.Apply(command)
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", m.commands, command)
	m.commands = h.Sum64()
	state := m.Hash()
	if known, ok := m.witness.after[m.commands]; ok && known != state {
		m.witness.t.Error("replicas differ")
	}
	m.witness.after[m.commands], m.witness.reached[state] = state, m.commands
	m.witness.applied++
	return answer
}

func (m *witnessed) Restore(snapshot []byte) error {
	err := m.Machine.Restore(snapshot)
	commands, ok := m.witness.reached[m.Hash()]
	assert.True(m.witness.t, ok, "the state of a snapshot was nobody's")
	m.commands = commands
	return err
}

// TestReplicasAgree whatever their clocks say, and with snapshots.
func TestReplicasAgree(t *testing.T) {
	second := time.Second
	faults := sim.Schedule{
		sim.ClockSkew{Span: sim.Between(0, 20*second), Target: "S1", By: sim.Duration(time.Hour)},
		sim.ClockJump{Instant: sim.At(500 * time.Millisecond), Target: sim.Leader, By: sim.Duration(3 * second)},
		sim.Crash{Span: sim.Between(600*time.Millisecond, 2*second), Target: sim.Leader},
		sim.ClockJump{Instant: sim.At(700 * time.Millisecond), Target: sim.Leader, By: sim.Duration(-3 * second)},
		sim.Crash{Span: sim.Between(900*time.Millisecond, 3*second), Target: sim.Leader},
	}
	for _, name := range []string{"raft", "paxos"} {
		t.Run(name, func(t *testing.T) {
			w := &witness{t: t, after: map[uint64]uint64{}, reached: map[uint64]uint64{}}
			service := services(func() rsm.StateMachine {
				m := &witnessed{Machine: mq.New(), witness: w}
				w.reached[m.Hash()] = 0
				return m
			})[name]
			l := workAt(t, service, faults)
			assert.Empty(t, l.lost())
			assert.Greater(t, w.applied, 2*len(w.after)) // most commands by all three
		})
	}
}
