package mq_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// BenchmarkConsensus measures what a message costs that is published, received and
// acknowledged through three replicas, protocol and simulator included: constant
// latency, a disk that takes no time, no invariants, no history. Each of 64 sessions
// publishes so many messages of 16 bytes in one command, as a client that batches
// does, receives as many in one, and acknowledges them in one.
//
//	go test ./mq -run '^$' -bench Consensus -benchmem
func BenchmarkConsensus(b *testing.B) {
	for _, p := range scenarios.Protocols() {
		for _, batch := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/batch=%d", p.Name, batch), func(b *testing.B) {
				benchmarkConsensus(b, p, batch, 0, scenarios.Settings{})
			})
		}
	}
}

// BenchmarkConsensusSnapshots measures the same while each replica takes a snapshot
// every 1000 commands, which are 5333 messages, with and without a million messages
// that only wait.
//
//	go test ./mq -run '^$' -bench ConsensusSnapshots -benchtime 1000000x
func BenchmarkConsensusSnapshots(b *testing.B) {
	for _, p := range scenarios.Protocols() {
		for _, backlog := range []int{0, 1_000_000} {
			b.Run(fmt.Sprintf("%s/backlog=%d", p.Name, backlog), func(b *testing.B) {
				benchmarkConsensus(b, p, 16, backlog, scenarios.Settings{SnapshotEvery: 1000})
			})
		}
	}
}

func benchmarkConsensus(b *testing.B, p scenarios.Protocol, batch, backlog int, settings scenarios.Settings) {
	c := newCluster(b, p, settings)
	load := &loader{leader: c.world.Leader(), batch: batch, sessions: 64, fill: backlog}
	c.world.AddClient(func(env node.Env) node.Handler { load.env = env; return load })
	c.until(func() bool { return load.acknowledged >= 1000*batch })
	b.ReportAllocs()
	b.ResetTimer()
	began, goal := cpuTime(), load.acknowledged+b.N
	c.until(func() bool { return load.acknowledged >= goal })
	b.StopTimer()
	b.ReportMetric(float64(b.N)/(cpuTime()-began).Seconds(), "messages/cpu-s")
}

// cpuTime is what the process has used so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// cluster is three replicas of a machine in a simulated world.
type cluster struct {
	tb    testing.TB
	world *sim.World
}

func newCluster(tb testing.TB, p scenarios.Protocol, settings scenarios.Settings) *cluster {
	network := sim.Network{Latency: sim.Constant(time.Millisecond)}
	c := &cluster{tb: tb, world: sim.New(sim.Config{Seed: 1, Network: network})}
	factory := p.Server([]node.ID{1, 2, 3}, newMachine, settings)
	for range 3 {
		c.world.AddServer(factory)
	}
	c.until(func() bool { return c.world.Leader() != 0 })
	return c
}

// until runs the world until something is so.
func (c *cluster) until(done func() bool) {
	for !done() {
		if !c.world.Step() {
			c.tb.Fatal("the world has ended")
		}
	}
}

// loader is a client that keeps a number of sessions busy at the leader.
type loader struct {
	env             node.Env
	leader          node.ID
	batch, sessions int
	fill            int // messages for another queue, to begin with
	acknowledged    int
}

const queueName = "queue"

func (l *loader) Start() {
	l.ask(fillClient, 1, mq.DeclareQueue{Queue: "backlog"})
	for i := range l.fill / 1000 {
		l.ask(fillClient+rsm.ClientID(i)+1, 1, mq.Publish{Key: "backlog", Messages: messages})
	}
	l.ask(1, 1, mq.DeclareQueue{Queue: queueName})
}

const fillClient = 1_000_000

func (l *loader) Receive(_ node.ID, m node.Message) {
	r := m.(rsm.Reply)
	if r.Client >= fillClient {
		return
	}
	if r.Sequence == 1 && r.Client == 1 {
		for i := range l.sessions {
			l.ask(rsm.ClientID(i+1), 2, l.publish())
		}
		return
	}
	switch r.Sequence % 3 {
	case 2:
		l.ask(r.Client, r.Sequence+1, mq.Receive{Queue: queueName, Consumer: mq.ConsumerID(r.Client), Max: l.batch})
	case 0:
		received, err := (mq.Receive{}).Result(r.Result)
		if err != nil {
			panic(err)
		}
		l.ask(r.Client, r.Sequence+1, mq.Acknowledge{
			Queue: queueName, Consumer: mq.ConsumerID(r.Client), Leases: leasesOf(received),
		})
	case 1:
		l.acknowledged += l.batch
		l.ask(r.Client, r.Sequence+1, l.publish())
	}
}

func (l *loader) publish() mq.Publish {
	return mq.Publish{Key: queueName, Messages: messages[:l.batch]}
}

var messages = bodies(1000)

func (l *loader) ask(client rsm.ClientID, sequence uint64, c mq.Command) {
	l.env.Send(l.leader, rsm.Request{Client: client, Sequence: sequence, Command: mq.Encode(c)})
}

func (l *loader) Timeout(node.Timer)      {}
func (l *loader) Synced(node.Sync, error) {}
