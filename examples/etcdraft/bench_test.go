package etcdraft_test

import (
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"quorumlab/examples/etcdraft"
	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// BenchmarkCommands has package raft and etcd's commit commands of 16 bytes, in the
// same simulator, with the same client, turn by turn, and reports for both how many
// they commit per second of CPU time, and the ratio; allocations and messages per
// command beside it. Of each the best turn counts. The CPU time is that of the whole
// process: protocol, simulator, client and garbage collection. A third takes turns, a
// server that only answers, and applies every command as often as a cluster does: the
// ratio net of what that costs is one of the protocols.
//
// There is no disk: what is written goes nowhere, and a sync ends at once. Requests
// come in five ways:
//
//   - apart: one after the other;
//   - singly: all that are outstanding at the same instant, but each is sent to the
//     followers by itself;
//   - raw-node: likewise, and etcd's RawNode is used as its own examples do, without
//     AsyncStorageWrites and without any log to write: see RawNode;
//   - together: as singly, and those of an instant are sent as one;
//   - as-made: likewise, and each protocol does what it does by itself. Package raft
//     batches and has commit notices wait for the next message. A RawNode sends every
//     proposal by itself.
//
// In the first four both protocols tell their followers at once what is committed,
// as etcd's always does, and send the same messages, but that etcd's followers answer
// that notice.
//
//	go test -run '^$' -bench Commands
//	go test -run '^$' -bench Commands -modfile v36.mod -tags v36
func BenchmarkCommands(b *testing.B) {
	for _, replicas := range []int{3, 5} {
		for _, outstanding := range []int{1, 16, 256} {
			for _, requests := range []string{"apart", "singly", "raw-node", "together", "as-made"} {
				name := fmt.Sprintf("etcd=%s/replicas=%d/outstanding=%d/requests=%s", etcdraft.Version, replicas, outstanding, requests)
				b.Run(name, func(b *testing.B) {
					compare(b, replicas, outstanding, requests)
				})
			}
		}
	}
}

func compare(b *testing.B, replicas, outstanding int, requests string) {
	apart, together, asMade := requests == "apart", requests == "together", requests == "as-made"
	ours := newCluster(ourRaft(together || asMade, !asMade), replicas, outstanding, apart)
	etcds := newCluster(etcdRaft(together, requests == "raw-node"), replicas, outstanding, apart)
	bare := newCluster(noProtocol(replicas), 1, outstanding, apart)
	for b.Loop() {
		ours.turn()
		etcds.turn()
		bare.turn()
	}
	ours.report(b, "raft")
	etcds.report(b, "etcd")
	bare.report(b, "bare")
	b.ReportMetric(ours.best/etcds.best, "ratio")
	b.ReportMetric((1/etcds.best-1/bare.best)/(1/ours.best-1/bare.best), "net-ratio")
	b.ReportMetric(0, "ns/op") // an iteration is a turn of each
}

// ourRaft is package raft.
func ourRaft(batching, eager bool) scenarios.Protocol {
	p := scenarios.Raft
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
		config := raft.DefaultConfig(servers)
		config.Batching, config.EagerCommit = batching, eager
		return func(env node.Env) node.Handler { return raft.New(env, config, machine()) }
	}
	return p
}

func etcdRaft(batching, rawNode bool) scenarios.Protocol {
	p := etcdraft.Protocol()
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
		config := etcdraft.DefaultConfig(servers)
		config.Batching = batching
		if rawNode {
			return func(env node.Env) node.Handler { return etcdraft.NewRawNode(env, config, machine()) }
		}
		return func(env node.Env) node.Handler { return etcdraft.New(env, config, machine()) }
	}
	return p
}

// noProtocol is a server that answers for a cluster of so many replicas.
func noProtocol(replicas int) scenarios.Protocol {
	return scenarios.Protocol{
		Name: "none",
		Server: func(_ []node.ID, machine func() rsm.StateMachine, _ scenarios.Settings) node.Factory {
			return func(env node.Env) node.Handler {
				s := &loneServer{}
				for range replicas {
					s.replicas = append(s.replicas, rsm.NewExecutor(env, machine()))
				}
				return s
			}
		},
	}
}

type loneServer struct{ replicas []*rsm.Executor }

func (s *loneServer) Start()                           {}
func (s *loneServer) Timeout(node.Timer)               {}
func (s *loneServer) Synced(node.Sync, error)          {}
func (s *loneServer) Leads() (term uint64, leads bool) { return 1, true }
func (s *loneServer) Receive(from node.ID, m node.Message) {
	r := m.(rsm.Request)
	if s.replicas[0].Admit(from, r) {
		for _, x := range s.replicas {
			x.Apply(r)
		}
	}
}

// oneWay is how long a message takes.
const oneWay = time.Millisecond

// turnLength is about how long a turn takes: the system counts CPU time in steps of
// some milliseconds.
const turnLength = 300 * time.Millisecond

// cluster is one that serves a client who keeps a number of commands outstanding,
// and what was measured of it.
type cluster struct {
	world    *sim.World
	client   *loader
	perTurn  int     // commands
	best     float64 // commands per second of CPU, in the best turn
	allocs   float64 // per command, in the last
	messages float64
}

func newCluster(p scenarios.Protocol, replicas, outstanding int, apart bool) *cluster {
	w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(oneWay)}})
	servers := make([]node.ID, replicas)
	for i := range servers {
		servers[i] = node.ID(i + 1)
	}
	factory := p.Server(servers, func() rsm.StateMachine { return rsm.NewKeyValue() }, scenarios.Settings{})
	for range servers {
		w.AddServer(func(env node.Env) node.Handler { return factory(&diskless{Env: env}) })
	}
	for w.Leader() == 0 {
		w.Step()
	}
	c := &cluster{world: w, client: &loader{leader: w.Leader(), outstanding: outstanding, command: command()}}
	if apart {
		c.client.apart = 4 * oneWay / time.Duration(outstanding) // an answer takes four ways
	}
	w.AddClient(func(env node.Env) node.Handler { c.client.env = env; return c.client })
	c.commit(1000)
	for began := time.Now(); time.Since(began) < turnLength; c.perTurn += 1000 {
		c.commit(1000)
	}
	return c
}

// command makes one of 16 bytes.
func command() []byte {
	const size = 16
	c := rsm.Put("key", "")
	return rsm.Put("key", strings.Repeat("v", size-len(c)))
}

// commit runs the world until so many more commands are answered.
func (c *cluster) commit(commands int) {
	for goal := c.client.answered + commands; c.client.answered < goal; {
		if !c.world.Step() {
			panic("the world has ended")
		}
	}
}

// turn commits commands and measures what that takes.
func (c *cluster) turn() {
	runtime.GC()
	sent, allocs, cpu := c.world.Stats().MessagesSent, allocations(), cpuTime()
	c.commit(c.perTurn)
	commands := float64(c.perTurn)
	c.best = max(c.best, commands/(cpuTime()-cpu).Seconds())
	c.allocs = float64(allocations()-allocs) / commands
	c.messages = float64(c.world.Stats().MessagesSent-sent) / commands
}

func (c *cluster) report(b *testing.B, name string) {
	b.ReportMetric(c.best, name+"-commands/cpu-s")
	b.ReportMetric(c.allocs, name+"-allocs/command")
	b.ReportMetric(c.messages, name+"-messages/command")
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// cpuTime is the CPU time that the process has spent. How much of it was in user mode
// the system only samples.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// loader is a client that keeps a number of commands outstanding at the leader.
type loader struct {
	env         node.Env
	leader      node.ID
	outstanding int
	apart       time.Duration // between one request and the next, at the beginning and so for ever
	command     []byte
	started     int
	answered    int
}

func (l *loader) Start() { l.Timeout(0) }

func (l *loader) Timeout(node.Timer) {
	for l.started < l.outstanding {
		l.started++
		l.env.Send(l.leader, rsm.Request{Client: rsm.ClientID(l.started), Sequence: 1, Command: l.command})
		if l.apart > 0 {
			l.env.SetTimer(0, l.apart)
			return
		}
	}
}

func (l *loader) Receive(from node.ID, m node.Message) {
	if reply := m.(rsm.Reply); reply.Status == rsm.OK {
		l.answered++
		l.env.Send(from, rsm.Request{Client: reply.Client, Sequence: reply.Sequence + 1, Command: l.command})
	}
}

func (l *loader) Synced(node.Sync, error) {}

// diskless is a machine without a disk: its files are empty, but a sync still ends.
type diskless struct {
	node.Env
	disk node.Disk
}

func (d *diskless) Disk() node.Disk {
	if d.disk == nil {
		d.disk = noDisk{d.Env.Disk()}
	}
	return d.disk
}

type noDisk struct{ node.Disk }

func (noDisk) Read(string) ([]byte, error)  { return nil, fs.ErrNotExist }
func (noDisk) List() ([]string, error)      { return nil, nil }
func (noDisk) Append(string, []byte) error  { return nil }
func (noDisk) Replace(string, []byte) error { return nil }
func (noDisk) Truncate(string, int) error   { return nil }
func (noDisk) Remove(string) error          { return nil }
