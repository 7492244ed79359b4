package etcdraft_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/examples/etcdraft"
	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// administrator sends one message to a server and keeps the answer.
type administrator struct {
	env     node.Env
	server  node.ID
	message node.Message
	answer  node.Message
}

func (a *administrator) Start()                            { a.env.Send(a.server, a.message) }
func (a *administrator) Receive(_ node.ID, m node.Message) { a.answer = m }
func (a *administrator) Timeout(node.Timer)                {}
func (a *administrator) Synced(node.Sync, error)           {}

func TestAdministration(t *testing.T) {
	for _, c := range []struct {
		name    string
		message func(leader node.ID) node.Message
		status  rsm.Status
		moves   bool // the leadership
	}{
		{"to another", func(leader node.ID) node.Message { return rsm.TransferLeadership{To: leader%3 + 1} }, rsm.OK, true},
		{"to whichever", func(node.ID) node.Message { return rsm.TransferLeadership{} }, rsm.OK, true},
		{"to itself", func(leader node.ID) node.Message { return rsm.TransferLeadership{To: leader} }, rsm.OK, false},
		{"to a stranger", func(node.ID) node.Message { return rsm.TransferLeadership{To: 9} }, rsm.Refused, false},
		{"membership", func(node.ID) node.Message { return rsm.ChangeMembership{Servers: []node.ID{1, 2}} }, rsm.Refused, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := sim.New(sim.Config{Seed: 1, Network: sim.Network{Latency: sim.Constant(time.Millisecond)}})
			factory := etcdraft.Protocol().Server([]node.ID{1, 2, 3},
				func() rsm.StateMachine { return rsm.NewCounter() }, scenarios.Settings{})
			for range 3 {
				w.AddServer(factory)
			}
			for w.Leader() == 0 {
				require.True(t, w.Step())
			}
			leader := w.Leader()
			a := &administrator{server: leader, message: c.message(leader)}
			w.AddClient(func(env node.Env) node.Handler { a.env = env; return a })
			require.NoError(t, w.Run(w.Now()+time.Second))
			require.IsType(t, rsm.AdminReply{}, a.answer)
			assert.Equal(t, c.status, a.answer.(rsm.AdminReply).Status)
			assert.Equal(t, c.moves, w.Leader() != leader)
		})
	}
}
