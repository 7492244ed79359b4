package paxos_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// burden keeps a number of commands of 16 bytes outstanding at a server.
type burden struct {
	env         node.Env
	to          node.ID
	outstanding int
	answered    int
}

var sixteenBytes = rsm.Put("key-1", "value-01")

func (l *burden) Start() {
	for i := range l.outstanding {
		l.env.Send(l.to, rsm.Request{Client: rsm.ClientID(i + 1), Sequence: 1, Command: sixteenBytes})
	}
}

func (l *burden) Receive(from node.ID, m node.Message) {
	reply := m.(rsm.Reply)
	l.answered++
	l.env.Send(from, rsm.Request{Client: reply.Client, Sequence: reply.Sequence + 1, Command: sixteenBytes})
}

func (l *burden) Timeout(node.Timer)      {}
func (l *burden) Synced(node.Sync, error) {}

// A command costs five allocations on all machines together, its client's among them:
// one for each message but the Accept, which two servers share. What is allocated now
// and then for many commands adds a little. If messages are shared there are fewer.
func TestAllocationsOfACommand(t *testing.T) {
	require.Len(t, sixteenBytes, 16)
	for outstanding, allowed := range map[int]float64{1: 5.05, 16: 3, 256: 3} {
		t.Run(fmt.Sprintf("%d outstanding", outstanding), func(t *testing.T) {
			w := sim.New(sim.Config{Network: sim.Network{Latency: sim.Constant(ms)}})
			servers := []node.ID{1, 2, 3}
			for range servers {
				w.AddServer(func(env node.Env) node.Handler {
					return paxos.New(env, paxos.DefaultConfig(servers), rsm.NewKeyValue())
				})
			}
			for w.Leader() == 0 {
				w.Step()
			}
			load := &burden{to: w.Leader(), outstanding: outstanding}
			w.AddClient(func(env node.Env) node.Handler {
				load.env = env
				return load
			})
			const commands = 5000
			run := func() {
				for goal := load.answered + commands; load.answered < goal; {
					w.Step()
				}
			}
			run()
			n := testing.AllocsPerRun(4, run) / commands
			t.Log(n)
			require.LessOrEqual(t, n, allowed)
		})
	}
}
