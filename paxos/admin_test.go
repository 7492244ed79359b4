package paxos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// administrator sends messages to servers, one after the other, each again and to
// others until it is done or refused.
type administrator struct {
	env      node.Env
	servers  []node.ID
	plan     []order
	to       node.ID
	refusals []string
	done     int
}

type order struct {
	at time.Duration
	m  node.Message
}

func (c *cluster) addAdministrator(plan ...order) *administrator {
	a := &administrator{servers: c.servers, plan: plan, to: 1}
	c.AddClient(func(env node.Env) node.Handler {
		a.env = env
		return a
	})
	return a
}

func (a *administrator) Start() { a.env.SetTimer(0, a.plan[0].at) }

func (a *administrator) Timeout(node.Timer) {
	if a.done < len(a.plan) {
		a.env.Send(a.to, a.plan[a.done].m)
		a.to = a.servers[a.env.Rand().IntN(len(a.servers))]
		a.env.SetTimer(0, 300*ms)
	}
}

func (a *administrator) Receive(from node.ID, m node.Message) {
	r := m.(rsm.AdminReply)
	if r.Status == rsm.NotLeader {
		if r.Leader != 0 && r.Leader != from {
			a.to = r.Leader
			a.env.SetTimer(0, 10*ms)
		}
		return
	}
	if a.done == len(a.plan) || r.ID != numberOf(a.plan[a.done].m) {
		return // an answer to an earlier copy
	}
	if r.Status == rsm.Refused {
		a.refusals = append(a.refusals, r.Reason)
	}
	if a.done++; a.done < len(a.plan) {
		a.env.SetTimer(0, max(0, a.plan[a.done].at-a.env.Now()))
	}
}

func (a *administrator) Synced(node.Sync, error) {}

func numberOf(m node.Message) uint64 {
	change, _ := m.(rsm.ChangeMembership)
	return change.ID
}

func change(id uint64, servers ...node.ID) node.Message {
	return rsm.ChangeMembership{ID: id, Servers: servers}
}

// newGrowingCluster makes n servers of which the first three are members.
func newGrowingCluster(config sim.Config, n int, settings func(*paxos.Config)) *cluster {
	return newClusterWith(config, n, func(s *paxos.Config) {
		s.Servers = s.Servers[:3]
		settings(s)
	})
}

func (c *cluster) members(id node.ID) []node.ID { return c.server(id).Memberships()[0].Servers }

// The leader hands over, and the next request is answered as soon as phase 1 is over.
func TestTransferLeadership(t *testing.T) {
	for _, to := range []node.ID{0, 3} {
		c := newCluster(constantDelay(), 5)
		c.addClient(0, 1, 1)
		require.NoError(t, c.Run(seconds))
		a := c.addAdministrator(order{0, rsm.TransferLeadership{To: to}})
		require.NoError(t, c.Run(seconds+5*ms))
		require.NotEqualValues(t, 1, c.Leader())
		if to != 0 {
			require.Equal(t, to, c.Leader())
		}
		require.Equal(t, 1, a.done)
		require.Empty(t, a.refusals)
	}
}

func TestWhatAdministratorsAreRefused(t *testing.T) {
	c := newCluster(constantDelay(), 3)
	c.addClient(0, 1, 1)
	a := c.addAdministrator(
		order{seconds, rsm.TransferLeadership{To: 7}},
		order{seconds, change(0, 1, 2)},
		order{seconds, change(1)},
		order{seconds, change(2, 1, 2, 1)},
		order{seconds, rsm.TransferLeadership{To: 1}}, // which leads
	)
	require.NoError(t, c.Run(3*seconds))
	require.Equal(t, 5, a.done)
	require.Equal(t, []string{
		"it is no member",
		"paxos: ID is 0: a change has to have a number",
		"paxos: Servers is empty: there has to be at least one",
		"paxos: Servers[2] names server 1 again",
	}, a.refusals)
	require.EqualValues(t, 1, c.Leader())
}

// Three servers become five, and then all of the first are replaced, the leader too.
func TestReconfiguration(t *testing.T) {
	for _, window := range []int{1, 8, 1024} {
		t.Run(fmt.Sprintf("window %d", window), func(t *testing.T) {
			c := newGrowingCluster(constantDelay(), 6, func(s *paxos.Config) { s.Window = window })
			for range 3 {
				c.addClient(0, 500, 1)
			}
			a := c.addAdministrator(
				order{seconds, change(1, 1, 2, 3, 4, 5)},
				order{seconds, change(1, 1, 2, 3, 4, 5)}, // once more
				order{seconds, change(2, 4, 5, 6)},
			)
			require.NoError(t, c.Run(20*seconds))
			require.Equal(t, 3, a.done)
			require.Empty(t, a.refusals)
			for id := node.ID(4); id <= 6; id++ {
				require.Equal(t, []node.ID{4, 5, 6}, c.members(id))
			}
			require.Contains(t, []node.ID{4, 5, 6}, c.Leader())
			for _, id := range []node.ID{1, 2, 3} { // they are not needed any more
				c.Crash(id)
			}
			k := c.addClient(0, 100, 4)
			k.servers = []node.ID{4, 5, 6}
			require.NoError(t, c.Run(25*seconds))
			require.Len(t, k.latencies, 100)
			require.NoError(t, c.judge.CheckAll())
		})
	}
}

// Members come and go while servers crash and the network is cut.
func TestReconfigurationUnderFaults(t *testing.T) {
	seeds := seedsOf(150, 20)
	reached, done := make(marks), 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 11))
		c := newGrowingCluster(sim.Config{
			Seed: seed,
			Network: sim.Network{
				Latency: sim.LogNormal(time.Duration(1+random.IntN(5))*ms, random.Float64()),
				Loss:    0.02, Duplication: 0.02, Reordering: 0.05,
			},
			Disk:        sim.DiskTiming{Sync: sim.Exponential(time.Duration(random.IntN(4)) * ms)},
			ShuffleTies: true,
		}, 6, func(s *paxos.Config) {
			s.Window = []int{1, 3, 20}[seed%3]
			s.SnapshotSlots, s.SnapshotKeep = []int{20, 10_000}[seed%2], 5
			s.Reconfiguration = paxos.Reconfiguration(seed / 2 % 2)
			s.LearningRounds = int(seed / 4 % 2)
			s.Reads = paxos.ReadMode(seed % 3)
		})
		c.Observe(reached)
		for range 4 {
			c.addClient(0, 100, 1)
		}
		var readers []*reader
		for _, id := range c.servers {
			readers = append(readers, c.addReader(0, id))
		}
		var plan []order
		for i := range 6 {
			servers := []node.ID{1, 2, 3, 4, 5, 6}
			random.Shuffle(6, func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
			m := change(uint64(i+1), slices.Clone(servers[:1+random.IntN(5)])...)
			if random.IntN(3) == 0 {
				m = rsm.TransferLeadership{To: []node.ID{0, servers[0]}[random.IntN(2)]}
			}
			plan = append(plan, order{time.Duration(i+1) * 400 * ms, m})
		}
		a := c.addAdministrator(plan...)
		c.Inject(schedule(random, faultsEnd))
		require.NoError(t, c.Run(faultsEnd), "seed %d", seed)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			for _, k := range c.clients {
				for uint64(len(k.latencies)) < k.count {
					require.Less(t, c.Now(), 90*seconds, "a client is not served: %v", c)
					require.NoError(t, c.Run(c.Now()+100*ms))
				}
			}
			require.NoError(t, c.judge.CheckAll())
			for _, k := range readers {
				require.Zero(t, k.stale)
			}
		})
		done += a.done
	}
	require.Greater(t, done, 3*int(seeds))
	if testing.Short() {
		return // too few runs to reach everything
	}
	for _, mark := range []node.Mark{
		paxos.Duel, paxos.QuorumLost, paxos.MembersChanged, paxos.HoleFilled, paxos.CaughtUp,
		paxos.SnapshotInstalled, paxos.LeaseExpired, paxos.HandedOver,
	} {
		require.Positive(t, reached[mark], "in no run: %s", mark)
	}
}

// An old copy of a change would undo what was asked for since.
func TestOldChangesAreRefused(t *testing.T) {
	c := newGrowingCluster(constantDelay(), 4, func(*paxos.Config) {})
	c.addClient(0, 1, 1)
	a := c.addAdministrator(
		order{seconds, change(1, 1, 2, 3, 4)},
		order{2 * seconds, change(2, 1, 2, 3)},
		order{3 * seconds, change(1, 1, 2, 3, 4)},
	)
	require.NoError(t, c.Run(4*seconds))
	require.Equal(t, 3, a.done)
	require.Equal(t, []string{"paxos: a later change, number 2, was made already"}, a.refusals)
	require.Equal(t, []node.ID{1, 2, 3}, c.members(1))
}
