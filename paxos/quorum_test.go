package paxos_test

import (
	"errors"
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

// Of four servers, three to promise and two to accept are safe, and two go on
// accepting when the others are down.
func TestAnUnevenPairOfQuorums(t *testing.T) {
	c := newClusterWith(constantDelay(), 4, func(s *paxos.Config) { s.Phase1Quorum, s.Phase2Quorum = 3, 2 })
	require.NoError(t, c.Run(seconds))
	leader := c.Leader()
	k := c.addClient(0, 1000, leader)
	down := slices.DeleteFunc(slices.Clone(c.servers), func(id node.ID) bool { return id == leader })[:2]
	for _, id := range down {
		c.At(1500*ms, func() { c.Crash(id) })
		c.At(3*seconds, func() { c.Restart(id) })
	}
	require.NoError(t, c.Run(2*seconds))
	served := len(k.latencies)
	require.NoError(t, c.Run(3*seconds))
	require.Greater(t, len(k.latencies), served+200, "two of four are enough for phase 2")
	c.run(t, 20*seconds)
}

// Of four servers, three to promise and two to accept are safe, whatever happens. With
// -seeds 10000 there are as many runs.
func TestThreeAndTwoOfFourAreSafe(t *testing.T) {
	runs := seedsOf(150, 20)
	reached := make(marks)
	for seed := range runs {
		random := rand.New(rand.NewPCG(seed, 13))
		c := newClusterWith(sim.Config{
			Seed:        seed,
			Network:     sim.Network{Latency: sim.LogNormal(time.Duration(1+random.IntN(5))*ms, random.Float64()), Loss: 0.02, Duplication: 0.02},
			Disk:        sim.DiskTiming{Sync: sim.Exponential(time.Duration(random.IntN(4)) * ms)},
			ShuffleTies: true,
		}, 4, func(s *paxos.Config) {
			s.Phase1Quorum, s.Phase2Quorum = 3, 2
			s.KeepLeader = seed%2 == 0
			s.SnapshotSlots, s.SnapshotKeep = 50, 10
		})
		c.Observe(reached)
		for range 4 {
			c.addClient(time.Duration(random.IntN(200))*ms, 40+random.IntN(40), 1)
		}
		halves := sim.Schedule{sim.Partition{Span: sim.Between(500*ms, 1200*ms), Side: "S1+S2"}}
		c.Inject(append(halves, schedule(random, 2*seconds)...))
		require.NoError(t, c.Run(2*seconds), "seed %d", seed)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { c.run(t, 60*seconds) })
	}
	require.Positive(t, reached[paxos.Duel])
	t.Log(reached)
}

// Two and two of four need not meet, and do not: two leaders can come to lead at
// the same time, each with the promises of its half.
func TestQuorumsThatDoNotMeetAreCaught(t *testing.T) {
	caught := make(map[string]int)
	for seed := range uint64(10) {
		c := newCluster(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Uniform(ms/2, 2*ms)}}, 0)
		c.servers = []node.ID{1, 2, 3, 4}
		for range c.servers {
			c.AddServer(func(env node.Env) node.Handler {
				settings := paxos.DefaultConfig(c.servers)
				settings.Phase1Quorum, settings.Phase2Quorum = 2, 2
				require.Error(t, settings.Validate())
				return paxos.NewUnchecked(env, settings, rsm.NewCounter())
			})
		}
		c.addClient(0, 1000, 1)
		c.addClient(0, 1000, 3)
		c.Inject(sim.Schedule{sim.Partition{Span: sim.Between(seconds, 3*seconds), Side: "S1+S2"}})
		var violation *node.Violation
		if errors.As(c.Run(6*seconds), &violation) {
			caught[violation.Invariant]++
		}
	}
	require.Equal(t, map[string]int{"Quorums Meet": 10}, caught)
}

// A wide area network: round trips in milliseconds between Virginia, California,
// Oregon, Ireland and Japan.
var roundTrips = [5][5]int{
	{0, 86, 65, 80, 156},
	{86, 0, 28, 154, 131},
	{65, 28, 0, 137, 115},
	{80, 154, 137, 0, 218},
	{156, 131, 115, 218, 0},
}

// far lets a server be as far from the others as it is on the map: it holds back
// what arrives for as long as it would have been under way.
type far struct {
	node.Handler
	env  node.Env
	late []arrival
}

type arrival struct {
	at   time.Duration
	from node.ID
	m    node.Message
}

const arrivalTimer node.Timer = 200

func (f *far) Receive(from node.ID, m node.Message) {
	if int(from) > len(roundTrips) { // a client, which is where the server is
		f.Handler.Receive(from, m)
		return
	}
	at := f.env.Now() + time.Duration(roundTrips[from-1][f.env.ID()-1])*ms/2
	f.late = append(f.late, arrival{at, from, m})
	slices.SortStableFunc(f.late, func(a, b arrival) int { return int(a.at - b.at) })
	f.env.SetTimer(arrivalTimer, f.late[0].at-f.env.Now())
}

func (f *far) Timeout(t node.Timer) {
	if t != arrivalTimer {
		f.Handler.Timeout(t)
		return
	}
	for len(f.late) > 0 && f.late[0].at <= f.env.Now() {
		next := f.late[0]
		f.late = f.late[1:]
		f.Handler.Receive(next.from, next.m)
	}
	if len(f.late) > 0 {
		f.env.SetTimer(arrivalTimer, f.late[0].at-f.env.Now())
	}
}

// How long a leader takes to have a command chosen is the round trip to the
// second-nearest server, or, if two acceptors are a quorum of phase 2, to the
// nearest.
func TestWideAreaNetwork(t *testing.T) {
	for phase2, expected := range map[int][5]int{
		0: {80, 86, 65, 137, 131},
		2: {65, 28, 28, 80, 115},
	} {
		for i, milliseconds := range expected {
			t.Run(fmt.Sprintf("phase 2 quorum %d, leader %d", phase2, i+1), func(t *testing.T) {
				c := newCluster(sim.Config{}, 0)
				c.servers = []node.ID{1, 2, 3, 4, 5}
				for range c.servers {
					c.AddServer(func(env node.Env) node.Handler {
						settings := paxos.DefaultConfig(c.servers)
						settings.LeaderTimeoutMin, settings.LeaderTimeoutMax = 2*seconds, 3*seconds
						if phase2 != 0 {
							settings.Phase1Quorum, settings.Phase2Quorum = 4, phase2
						}
						return &far{Handler: paxos.New(env, settings, rsm.NewCounter()), env: env}
					})
				}
				k := c.addClient(0, 10, node.ID(i+1))
				require.NoError(t, c.Run(4*seconds))
				require.Len(t, k.latencies, 10)
				for _, latency := range k.latencies[1:] { // the first needs phase 1 too
					require.Equal(t, time.Duration(milliseconds)*ms, latency)
				}
			})
		}
	}
}
