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
				c := newCluster(b, p, sim.Network{Latency: sim.Constant(time.Millisecond)})
				load := &loader{leader: c.world.Leader(), batch: batch, sessions: 64}
				c.world.AddClient(func(env node.Env) node.Handler { load.env = env; return load })
				c.until(func() bool { return load.acknowledged >= 1000*batch })
				b.ReportAllocs()
				b.ResetTimer()
				began, goal := cpuTime(), load.acknowledged+b.N
				c.until(func() bool { return load.acknowledged >= goal })
				b.StopTimer()
				b.ReportMetric(float64(b.N)/(cpuTime()-began).Seconds(), "messages/cpu-s")
			})
		}
	}
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
	tb       testing.TB
	world    *sim.World
	machines []*mq.Machine // as they were made, a new one at each boot
}

func newCluster(tb testing.TB, p scenarios.Protocol, n sim.Network) *cluster {
	c := &cluster{tb: tb, world: sim.New(sim.Config{Seed: 1, Network: n})}
	factory := p.Server([]node.ID{1, 2, 3}, func() rsm.StateMachine {
		c.machines = append(c.machines, mq.New())
		return c.machines[len(c.machines)-1]
	}, scenarios.Settings{})
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
	acknowledged    int
}

const queueName = "queue"

func (l *loader) Start() {
	l.env.Send(l.leader, rsm.Request{Client: 1, Sequence: 1, Command: mq.Encode(mq.DeclareQueue{Queue: queueName})})
}

func (l *loader) Receive(_ node.ID, m node.Message) {
	r := m.(rsm.Reply)
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
