package scenarios_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// stale is a server that sends clients to another, or to nobody, or says nothing;
// one serves.
type stale struct {
	env    node.Env
	leader node.ID // zero for nobody; the server itself, if it serves
	silent bool
	store  *rsm.Executor
}

func (s *stale) Start()                  { s.store = rsm.NewExecutor(s.env, rsm.NewKeyValue()) }
func (s *stale) Timeout(node.Timer)      {}
func (s *stale) Synced(node.Sync, error) {}
func (s *stale) Leads() (uint64, bool)   { return 1, s.leader == s.env.ID() }
func (s *stale) Receive(from node.ID, m node.Message) {
	r, ok := m.(rsm.Request)
	switch {
	case !ok || s.silent:
	case s.leader != s.env.ID():
		s.store.Redirect(from, r, s.leader)
	case s.store.Admit(from, r):
		s.store.Apply(r)
	}
}

// Whatever wrong ideas of the leader the other servers have, clients find it.
func TestClientsGoRoundAllServers(t *testing.T) {
	const servers = 6
	seeds := uint64(100)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 1))
		leader := node.ID(1 + r.IntN(servers))
		views := make([]stale, servers+1)
		for id := range views {
			views[id] = stale{leader: node.ID(r.IntN(servers + 1)), silent: r.IntN(6) == 0}
			if views[id].leader == leader || views[id].leader == node.ID(id) {
				views[id].leader = 0 // nobody knows the right one
			}
		}
		views[leader] = stale{leader: leader}
		s, err := scenarios.ByName("steady")
		require.NoError(t, err)
		s.Servers = servers
		s.Faults = func(*rand.Rand, int) sim.Schedule { return nil }
		p := scenarios.Protocol{Name: "stale", Server: func([]node.ID, func() rsm.StateMachine, scenarios.Settings) node.Factory {
			return func(env node.Env) node.Handler {
				v := views[env.ID()]
				v.env = env
				return &v
			}
		}}
		result := scenarios.Run(s, p, seed)
		require.Empty(t, result.Violation, "seed %d: S%d leads, views %+v", seed, leader, views[1:])
		assert.Zero(t, result.Summary().Operations.Unknown)
	}
}
