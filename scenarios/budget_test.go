package scenarios_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// drawn is a swarm of a seed with its schedule.
func drawn(t *testing.T, seed uint64) (scenarios.Scenario, scenarios.Swarm, sim.Schedule) {
	s, err := scenarios.ByName("swarm")
	require.NoError(t, err)
	s = s.Vary(seed)
	return s, s.Config.(scenarios.Swarm), s.Faults(rand.New(rand.NewPCG(seed, 0)), s.Servers)
}

// A swarm damages no more than the protocols promise to bear.
func TestSwarmStaysWithinItsBudget(t *testing.T) {
	kinds, healed := map[string]int{}, map[string]int{}
	seeds := uint64(2000)
	if testing.Short() {
		seeds = 500
	}
	for seed := range seeds {
		s, c, schedule := drawn(t, seed)
		require.NoError(t, schedule.ValidateFor(s.Servers+s.Spares, len(s.Clients)), "seed %d", seed)
		quorum := c.Servers/2 + 1
		if c.FlexibleQuorums {
			quorum = max(quorum, c.Servers+1-(quorum-1))
		}
		hurt, lost, lies := map[sim.Target]bool{}, map[sim.Target]sim.Duration{}, []sim.LyingDisk{}
		for _, f := range schedule {
			kinds[f.Kind()]++
			switch f := f.(type) {
			case sim.BitRot:
				hurt[f.Target] = true
				require.True(t, f.Settled || f.File != "", "seed %d: %v", seed, f)
			case sim.LostWrite:
				hurt[f.Target] = true
				require.True(t, f.Settled, "seed %d: %v", seed, f)
			case sim.MisdirectedWrite:
				hurt[f.Target] = true
				require.True(t, f.Settled, "seed %d: %v", seed, f)
			case sim.Wipe:
				hurt[f.Target] = true
				require.NotContains(t, lost, f.Target, "seed %d: wiped twice", seed)
				lost[f.Target] = f.Start
				require.Zero(t, f.End, "seed %d: it would come back and have forgotten its promises", seed)
			case sim.LyingDisk:
				lies = append(lies, f)
			}
		}
		require.LessOrEqual(t, len(hurt), c.Servers-quorum, "seed %d", seed)
		for target := range hurt {
			require.Contains(t, s.Changes.Frail, server(target), "seed %d", seed)
		}
		for _, lie := range lies {
			at, ok := lost[lie.Target]
			require.True(t, ok && lie.End == at, "seed %d: %v, and lives on", seed, lie)
			for _, f := range schedule {
				if crash, ok := f.(sim.Crash); ok {
					require.False(t, lie.Start <= crash.Start && crash.Start < at, "seed %d: %v may show that %v", seed, crash, lie)
				}
			}
		}
		if c.Theme == scenarios.Deaf || c.Theme == scenarios.Deposed { // all else is over by then
			require.Empty(t, hurt, "seed %d", seed)
			continue
		}
		heal := schedule[len(schedule)-1].(sim.Heal)
		names := strings.Split(string(heal.Target), "+")
		require.Contains(t, names, "clients", "seed %d", seed)
		guarded := c.Changes == 0 && !c.NoPreVote && !c.NoCheckQuorum
		switch {
		case names[0] == string(sim.All):
			healed["all"]++
			require.Empty(t, lost, "seed %d", seed)
		case names[0] == string(sim.Majority):
			healed["any majority"]++
			require.True(t, guarded && len(hurt) == 0 && !c.FlexibleQuorums, "seed %d", seed)
		case guarded:
			healed["a quorum"]++
			require.Len(t, names, quorum+1, "seed %d", seed)
			for _, name := range names {
				require.NotContains(t, hurt, sim.Target(name), "seed %d", seed)
			}
		default:
			healed["all but the lost"]++
			require.Len(t, names, s.Servers+s.Spares-len(lost)+1, "seed %d", seed)
			for _, name := range names {
				require.NotContains(t, lost, sim.Target(name), "seed %d", seed)
			}
		}
	}
	t.Log(kinds, healed)
	for _, kind := range []string{"bit-rot", "lost-write", "misdirected-write", "lying-disk", "wipe"} {
		assert.Positive(t, kinds[kind], "%s never befalls", kind)
	}
	for _, who := range []string{"all", "any majority", "a quorum", "all but the lost"} {
		assert.Positive(t, healed[who], "%s are never healed", who)
	}
}

func server(target sim.Target) (id node.ID) {
	fmt.Sscanf(string(target), "S%d", &id)
	return id
}

// listening is a server that grants every change of the membership, and keeps it.
type listening struct {
	env   node.Env
	asked *[]rsm.ChangeMembership
}

func (l listening) Start()                  {}
func (l listening) Timeout(node.Timer)      {}
func (l listening) Synced(node.Sync, error) {}
func (l listening) Receive(from node.ID, m node.Message) {
	if change, ok := m.(rsm.ChangeMembership); ok && l.env.ID() == 1 {
		*l.asked = append(*l.asked, change)
		l.env.Send(from, rsm.AdminReply{ID: change.ID, Status: []rsm.Status{rsm.OK, rsm.Refused, rsm.NotLeader}[l.env.Rand().IntN(3)]})
	}
}

// The administrator asks for changes of all sorts, but for none that leaves too few
// servers on which one can rely, or takes in a machine that is lost.
func TestAdministratorKeepsAQuorum(t *testing.T) {
	for _, oneByOne := range []bool{false, true} {
		sorts := map[int]int{}
		for seed := range uint64(40) {
			var asked []rsm.ChangeMembership
			frail := []node.ID{2, 5}
			s := scenarios.Scenario{
				Name: "changes", Servers: 5, Spares: 3, Workload: scenarios.KeyValueWorkload(1, false),
				Settings: scenarios.Settings{OneByOne: oneByOne},
				Changes:  scenarios.Changes{Every: 100 * time.Millisecond, Frail: frail},
				Duration: 10 * time.Second,
				Faults: func(*rand.Rand, int) sim.Schedule {
					return sim.Schedule{sim.Wipe{Span: sim.Span{Start: sim.Duration(time.Second)}, Target: "S2"}}
				},
			}
			p := scenarios.Protocol{Name: "listening", Reconfigures: true,
				Server: func([]node.ID, func() rsm.StateMachine, scenarios.Settings) node.Factory {
					return func(env node.Env) node.Handler { return listening{env, &asked} }
				}}
			scenarios.Run(s, p, seed)
			require.NotEmpty(t, asked)
			before := []node.ID{1, 2, 3, 4, 5}
			for i, change := range asked {
				count := 0
				for _, id := range frail {
					if slices.Contains(change.Servers, id) {
						count++
					}
				}
				require.LessOrEqual(t, count, (len(change.Servers)-1)/2, "seed %d: %v", seed, change)
				require.Equal(t, len(change.Servers), len(slices.Compact(slices.Sorted(slices.Values(change.Servers)))))
				if i > 0 && change.ID == asked[i-1].ID {
					require.Equal(t, asked[i-1], change, "a retry repeats it")
				}
				sorts[difference(before, change.Servers)]++
				before = change.Servers
			}
			last := asked[len(asked)-1]
			require.NotContains(t, last.Servers, node.ID(2), "seed %d: a lost machine is still a member", seed)
		}
		t.Log(sorts)
		assert.Positive(t, sorts[1])
		if !oneByOne {
			assert.Positive(t, sorts[2])
			assert.Greater(t, len(sorts), 4)
		}
	}
}

func difference(a, b []node.ID) (count int) {
	for _, id := range slices.Concat(a, b) {
		if slices.Contains(a, id) != slices.Contains(b, id) {
			count++
		}
	}
	return count
}

// A protocol is not asked to bear what it does not promise to.
func TestProtocolsAreSparedWhatTheyDoNotPromise(t *testing.T) {
	s, err := scenarios.ByName("swarm")
	require.NoError(t, err)
	p := scenarios.Raft
	p.Repairs, p.Reconfigures = false, false
	seeds := uint64(30)
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		r := scenarios.Run(s, p, seed)
		require.Empty(t, r.Violation, "seed %d", seed)
		for _, f := range r.Faults {
			require.NotContains(t, []string{"bit-rot", "lost-write", "misdirected-write"}, f.Kind())
		}
		require.Len(t, r.States, r.Scenario.Servers)
		require.Zero(t, r.Marks["raft: membership changed"]+r.Marks["raft: damage found"])
	}
}
