package insync

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/sim"
)

// client keeps what it is answered.
type client struct {
	env     node.Env
	answers []node.Message
}

func (*client) Start()                              {}
func (c *client) Receive(_ node.ID, m node.Message) { c.answers = append(c.answers, m) }
func (*client) Timeout(node.Timer)                  {}
func (*client) Synced(node.Sync, error)             {}
func (c *client) take() (all []node.Message)        { all, c.answers = c.answers, nil; return all }
func (c *client) produce(acks Acks, number uint64) Produce {
	return Produce{Acks: acks, Attempt: number, Producer: 1, Number: number, Value: fmt.Sprint("value ", number)}
}

// partition is three brokers, their controller, and a client.
type partition struct {
	t *testing.T
	*sim.World
	client
	controller *Controller
	invariants *Invariants
}

const controllerID = 1001

func newPartition(t *testing.T, change func(c *Config)) *partition {
	p := &partition{t: t, World: sim.New(sim.Config{
		Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}, Disk: sim.DiskTiming{Sync: sim.Constant(2 * time.Millisecond)},
	})}
	config := DefaultConfig([]node.ID{1, 2, 3}, controllerID)
	change(&config)
	for range config.Brokers {
		p.AddServer(func(env node.Env) node.Handler { return NewBroker(env, config) })
	}
	p.invariants = NewInvariants(config)
	p.AddClient(func(env node.Env) node.Handler {
		p.controller = NewController(env, config)
		p.invariants.Watch(p.controller)
		return p.controller
	})
	p.Watch(func(id node.ID, h node.Handler) error {
		if b, ok := h.(*Broker); ok {
			return p.invariants.Check(id, b)
		}
		return nil
	})
	p.AddClient(func(env node.Env) node.Handler { p.env = env; return &p.client })
	p.until(100 * time.Millisecond)
	require.EqualValues(t, 1, p.World.Leader())
	return p
}

func (p *partition) until(at time.Duration) { require.NoError(p.t, p.Run(at)) }

// ask sends a request to a broker at a time, and returns what was answered a while
// later.
func (p *partition) ask(at time.Duration, broker node.ID, m node.Message, while time.Duration) []node.Message {
	p.take()
	p.At(at, func() { p.env.Send(broker, m) })
	p.until(at + while)
	return p.take()
}

func (p *partition) broker(id node.ID) *Broker { return p.Handler(id).(*Broker) }

// TestAcks: who is told what, with followers and without.
func TestAcks(t *testing.T) {
	none, stored := []node.Message(nil), []node.Message{Produced{Attempt: 1}}
	for _, c := range []struct {
		name    string
		acks    Acks
		min     int
		flush   bool
		after   time.Duration
		with    []node.Message
		without []node.Message
	}{
		{"nobody is told", AcksNone, 1, false, 50 * time.Millisecond, none, none},
		{"the leader has it", AcksLeader, 2, false, 2 * time.Millisecond, stored, stored},
		{"not yet on its disk", AcksLeader, 1, true, 2 * time.Millisecond, none, none},
		{"on its disk", AcksLeader, 1, true, 4 * time.Millisecond, stored, stored},
		{"followers have not had the time", AcksAll, 2, false, 3 * time.Millisecond, none, none},
		{"all have it", AcksAll, 2, false, 20 * time.Millisecond, stored, none},
		{"in sync is the leader alone, before it was one of too few", AcksAll, 2, false, 500 * time.Millisecond, stored, []node.Message{Produced{Attempt: 1, Status: TooFewNow}}},
		{"and that is enough", AcksAll, 1, false, 500 * time.Millisecond, stored, stored},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range [][]node.Message{c.with, c.without} {
				p := newPartition(t, func(config *Config) { config.MinInSync, config.Flush = c.min, c.flush })
				if i == 1 {
					p.Inject(sim.Schedule{sim.Filter{Span: sim.Between(100*time.Millisecond, time.Minute), Types: "Fetch", Drop: 1}})
				}
				assert.Equal(t, want, p.ask(100*time.Millisecond, 1, p.produce(c.acks, 1), c.after))
			}
		})
	}
}

// TestTooFew: with too few in sync nothing is stored, until they are back.
func TestTooFew(t *testing.T) {
	p := newPartition(t, func(c *Config) { c.MinInSync = 2 })
	p.Inject(sim.Schedule{sim.Crash{Span: sim.Between(100*time.Millisecond, time.Second), Target: "S2+S3"}})
	p.until(500 * time.Millisecond)
	assert.Equal(t, []node.ID{1}, p.broker(1).partition.InSync)
	assert.Equal(t, []node.Message{Produced{Attempt: 1, Status: TooFew}}, p.ask(p.Now(), 1, p.produce(AcksAll, 1), 50*time.Millisecond))
	assert.Empty(t, p.broker(1).log.records)
	p.until(2 * time.Second)
	assert.Equal(t, []node.ID{1, 2, 3}, p.broker(1).partition.InSync)
	assert.Equal(t, []node.Message{Produced{Attempt: 2}}, p.ask(p.Now(), 1, p.produce(AcksAll, 2), 50*time.Millisecond))
}

// TestNumbered: what is sent again under its number is stored once, also by the next
// leader.
func TestNumbered(t *testing.T) {
	p := newPartition(t, func(*Config) {})
	again := p.produce(AcksAll, 1)
	for range 2 {
		assert.Equal(t, []node.Message{Produced{Attempt: 1}}, p.ask(p.Now(), 1, again, 50*time.Millisecond))
	}
	p.Crash(1)
	p.until(p.Now() + 200*time.Millisecond)
	assert.Equal(t, []node.Message{Produced{Attempt: 1}}, p.ask(p.Now(), 2, again, 50*time.Millisecond))
	again.Producer = 0
	assert.Equal(t, []node.Message{Produced{Attempt: 1, Offset: 1}}, p.ask(p.Now(), 2, again, 50*time.Millisecond))
}

// TestDivergence: what only an old leader has gives way to what the new one has.
func TestDivergence(t *testing.T) {
	p := newPartition(t, func(*Config) {})
	p.Inject(sim.Schedule{sim.Partition{Span: sim.Between(100*time.Millisecond, time.Second), Side: "S1", Other: "S2+S3+C1"}})
	p.until(500 * time.Millisecond)
	require.EqualValues(t, 2, p.broker(2).partition.Leader)
	old, young := p.produce(AcksLeader, 1), p.produce(AcksAll, 2)
	assert.Equal(t, []node.Message{Produced{Attempt: 1}}, p.ask(p.Now(), 1, old, 20*time.Millisecond), "it thinks that it leads")
	assert.Equal(t, []node.Message{Produced{Attempt: 2}}, p.ask(p.Now(), 2, young, 20*time.Millisecond))
	poll := p.ask(p.Now(), 1, Poll{}, 20*time.Millisecond)
	assert.Empty(t, poll[0].(Polled).Values, "what is not committed is not shown")
	epoch := p.broker(2).partition.Epoch
	assert.Equal(t, NotLeader, p.ask(p.Now(), 1, Poll{Epoch: epoch}, 20*time.Millisecond)[0].(Polled).Status)
	p.until(2 * time.Second)
	for id := node.ID(1); id <= 3; id++ {
		assert.Equal(t, []Record{{epoch, 1, 2, "value 2"}}, p.broker(id).log.records, "S%d", id)
		assert.EqualValues(t, 1, p.broker(id).high)
	}
}

// TestElection: whoever is in sync may lead; the last one that was is waited for, or
// not.
func TestElection(t *testing.T) {
	for _, unclean := range []bool{false, true} {
		p := newPartition(t, func(c *Config) { c.Unclean = unclean })
		p.Inject(sim.Schedule{
			sim.Crash{Span: sim.Between(100*time.Millisecond, 800*time.Millisecond), Target: "S3"},
			sim.Crash{Span: sim.Between(300*time.Millisecond, 800*time.Millisecond), Target: "S2"},
			sim.Crash{Span: sim.Between(700*time.Millisecond, 1200*time.Millisecond), Target: "S1"},
		})
		p.ask(500*time.Millisecond, 1, p.produce(AcksAll, 1), 50*time.Millisecond)
		p.until(1100 * time.Millisecond)
		if unclean {
			leader := p.World.Leader()
			assert.Contains(t, []node.ID{2, 3}, leader)
			assert.Equal(t, 1, p.controller.Unclean())
			assert.Empty(t, p.broker(leader).log.records, "it has missed a record")
		} else {
			assert.Zero(t, p.World.Leader())
		}
		p.until(2 * time.Second)
		for id := node.ID(1); id <= 3; id++ {
			assert.Len(t, p.broker(id).log.records, map[bool]int{false: 1, true: 0}[unclean], "S%d", id)
		}
	}
}

// TestRestart: a leader that is back at once is not taken for the one that went.
func TestRestart(t *testing.T) {
	p := newPartition(t, func(*Config) {})
	p.Inject(sim.Schedule{sim.Crash{Span: sim.Between(100*time.Millisecond, 101*time.Millisecond), Target: "S1"}})
	p.until(105 * time.Millisecond)
	assert.EqualValues(t, 2, p.World.Leader())
	assert.NotContains(t, p.broker(2).partition.InSync, node.ID(1))
	p.until(time.Second)
	assert.Contains(t, p.broker(2).partition.InSync, node.ID(1), "it has caught up")
}

// TestRetention: records are given up, and followers that come late begin where the
// leader's log does.
func TestRetention(t *testing.T) {
	p := newPartition(t, func(c *Config) { c.Retain = 10 })
	p.Inject(sim.Schedule{sim.Crash{Span: sim.Between(100*time.Millisecond, 600*time.Millisecond), Target: "S3"}})
	for i := range uint64(50) {
		p.ask(max(p.Now(), 250*time.Millisecond), 1, p.produce(AcksAll, i+1), 5*time.Millisecond)
	}
	p.until(time.Second)
	leader := p.broker(1).log
	assert.EqualValues(t, 50, leader.end())
	assert.Greater(t, leader.start, int64(30))
	assert.LessOrEqual(t, leader.start, int64(40))
	assert.Equal(t, leader.records, p.broker(3).log.from(leader.start, 50, 100))
	gone := p.ask(p.Now(), 1, Poll{Offset: 3}, 20*time.Millisecond)[0].(Polled)
	assert.Equal(t, OutOfRange, gone.Status)
	assert.Equal(t, leader.start, gone.Start)
}
