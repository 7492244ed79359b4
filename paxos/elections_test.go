package paxos_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/sim"
)

// ballots follows the elections of a run: who was promised which ballot, and who
// came to lead.
type ballots struct {
	promised map[paxos.Ballot]node.ID // to whom
	split    int
	tried    int
	led      int
}

func (b *ballots) Observe(e *sim.Event) {
	switch {
	case e.Kind == sim.Noted:
		switch e.Note.(type) {
		case paxos.Preparing:
			b.tried++
		case paxos.BecameLeader:
			b.led++
		}
	case e.Kind == sim.Sent:
		if m, ok := e.Message.(paxos.Promise); ok {
			if before := b.promised[m.Ballot]; before != 0 && before != e.Peer {
				b.split++
			}
			b.promised[m.Ballot] = e.Peer
		}
	}
}

// In Raft two candidates can ask for votes in the same term, and may each get too
// few of them. In Paxos every ballot is somebody's own: nobody's promises are ever
// split, however many try at once. The timeouts here are so close that nearly all
// do.
func TestNoVoteIsEverSplit(t *testing.T) {
	elections := 10_000
	if testing.Short() {
		elections = 1000
	}
	all := ballots{}
	for seed := range elections {
		world := sim.New(sim.Config{Seed: uint64(seed), Network: sim.Network{Latency: sim.Uniform(2*ms, 4*ms)}})
		servers := []node.ID{1, 2, 3, 4, 5}
		settings := paxos.DefaultConfig(servers)
		settings.LeaderTimeoutMax = settings.LeaderTimeoutMin + 5*ms
		for range servers {
			world.AddServer(func(env node.Env) node.Handler { return paxos.New(env, settings, nil) })
		}
		all.promised = make(map[paxos.Ballot]node.ID)
		world.Observe(&all)
		for world.Leader() == 0 {
			require.True(t, world.Step())
			require.Less(t, world.Now(), 2*seconds, "seed %d", seed)
		}
	}
	require.Zero(t, all.split)
	require.GreaterOrEqual(t, all.led, elections)
	require.Greater(t, all.tried, 2*elections, "the elections were contested")
	t.Logf("%d elections, %d attempts", elections, all.tried)
}
