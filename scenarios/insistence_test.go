package scenarios_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// healed is a scenario in which one server crashes, all is healed after a second, and an
// administrator insists.
func healed() scenarios.Scenario {
	return scenarios.Scenario{
		Name: "healed", Servers: 3, Spares: 1, Workload: scenarios.KeyValueWorkload(1, false),
		World:   sim.Config{Network: sim.Network{Latency: sim.Constant(time.Millisecond)}},
		Clients: []scenarios.Load{{Sessions: 1, Think: 20 * time.Millisecond}}, Duration: 9 * time.Second,
		Changes: scenarios.Changes{Every: 300 * time.Millisecond, Insist: true},
		Faults: func(*rand.Rand, int) sim.Schedule {
			return sim.Schedule{
				sim.Crash{Span: sim.Between(500*time.Millisecond, time.Second), Target: "S3"},
				sim.Heal{Instant: sim.At(time.Second), Target: "all+clients"},
			}
		},
		Bites: func(*scenarios.Result) error { return nil },
	}
}

// altered is Raft whose servers send each other, and are told, what is left of it.
func altered(sends func(to node.ID, m node.Message) bool, told func(m node.Message) bool) scenarios.Protocol {
	p := scenarios.Raft
	p.Invariants = nil
	server := p.Server
	p.Server = func(servers []node.ID, machine func() rsm.StateMachine, settings scenarios.Settings) node.Factory {
		inner := server(servers, machine, settings)
		return func(env node.Env) node.Handler {
			h := inner(muteEnv{env, sends}).(*raft.Server)
			if told == nil {
				return h
			}
			return deafServer{h, told}
		}
	}
	return p
}

type muteEnv struct {
	node.Env
	sends func(to node.ID, m node.Message) bool
}

func (e muteEnv) Send(to node.ID, m node.Message) {
	if e.sends(to, m) {
		e.Env.Send(to, m)
	}
}

type deafServer struct {
	*raft.Server
	told func(m node.Message) bool
}

func (d deafServer) Receive(from node.ID, m node.Message) {
	if d.told(m) {
		d.Server.Receive(from, m)
	}
}

func everything(node.ID, node.Message) bool { return true }

func TestAdministratorMustBeServed(t *testing.T) {
	for _, p := range scenarios.Protocols() {
		r := scenarios.Run(healed(), p, 1)
		require.Empty(t, r.Violation, p.Name)
	}
	deaf := altered(everything, func(m node.Message) bool { _, change := m.(rsm.ChangeMembership); return !change })
	require.Equal(t, scenarios.Class{Judge: scenarios.Live, Invariant: "Administrator"}, scenarios.Run(healed(), deaf, 1).Failure)

	s := healed()
	s.Changes.Insist = false
	require.Empty(t, scenarios.Run(s, deaf, 1).Violation, "nobody insists")
}

func TestServersMustComeAlong(t *testing.T) {
	s := healed()
	s.Changes, s.Spares = scenarios.Changes{}, 0
	stuck := altered(func(to node.ID, m node.Message) bool {
		a, entries := m.(raft.AppendEntries)
		return to != 3 || !entries || len(a.Entries) == 0
	}, nil)
	require.Equal(t, scenarios.Class{Judge: scenarios.Live, Invariant: "Left Behind"}, scenarios.Run(s, stuck, 1).Failure)

	s.Faults = func(*rand.Rand, int) sim.Schedule {
		return sim.Schedule{sim.Heal{Instant: sim.At(time.Second), Target: "S1+S2+clients"}}
	}
	require.Empty(t, scenarios.Run(s, stuck, 1).Violation, "it may be broken")
}
