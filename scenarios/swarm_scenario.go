package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/rsm"
	"quorumlab/sim"
)

// The names of the scenarios that are drawn.
const (
	swarmName      = "swarm"
	queueSwarmName = "queue-swarm"
)

func swarm() Scenario {
	s, err := SwarmScenario(nil)
	if err != nil {
		panic(err) // nothing was set that could be wrong
	}
	return s
}

// SwarmScenario is the scenario in which everything that may go wrong does, some
// of it in each run. The fields in set replace what is drawn.
func SwarmScenario(set map[string]string) (Scenario, error) {
	draw := func(seed uint64) (Swarm, error) {
		c := drawSwarm(seed)
		c.Theme = drawTheme(seed)
		if theme, ok := set["theme"]; ok {
			if err := c.Set("theme", theme); err != nil {
				return c, err
			}
		}
		c.concentrate()
		for _, field := range sortedKeys(set) {
			if err := c.Set(field, set[field]); err != nil {
				return c, err
			}
		}
		c.settle(set)
		return c, c.Validate()
	}
	if _, err := draw(0); err != nil {
		return Scenario{}, err
	}
	return Scenario{
		Flags:    setFlags(set),
		Name:     swarmName,
		Title:    "Everything that may go wrong, some of it in each run",
		Story:    `Which faults exist at all, how often they befall, how large the cluster is and how its network behaves are drawn from the seed. In the first phase anything goes, and only safety counts. Then a quorum chosen at random is healed, the rest stays as broken as it is, and the service has to come back.`,
		Promises: swarmPromises,
		Vary: func(seed uint64) Scenario {
			c, err := draw(seed)
			if err != nil {
				panic(err) // what is set does not depend on what is drawn
			}
			return c.scenario(seed)
		},
	}, nil
}

// swarmPromises are the situations that a batch of runs comes to.
var swarmPromises = map[string][]string{
	"raft": {
		string(raft.MarkSplitVote),
		string(raft.MarkTruncation),
		string(raft.MarkTruncation) + " during partition",
		string(raft.MarkLeaderWithoutQuorum),
		string(raft.MarkLeaderWithoutQuorum) + " during shape",
		string(raft.MarkSnapshotTaken),
		string(raft.MarkSnapshotInstalled),
		string(raft.MarkTransfer),
		string(raft.MarkMembershipChanged),
		string(raft.MarkMembershipChanged) + " during partition",
		string(raft.MarkDamaged),
		string(raft.MarkRepaired),
		string(lostReplaced),
	},
	"paxos": {
		string(paxos.HoleFilled),
		string(paxos.HoleFilled) + " during disturbance",
		string(paxos.CaughtUp),
		string(paxos.CaughtUp) + " during partition",
		string(paxos.SnapshotInstalled),
		string(paxos.HandedOver),
		string(paxos.MembersChanged),
		string(paxos.MembersChanged) + " during partition",
		string(paxos.Repaired),
		string(lostReplaced),
	},
}

// scenario is the scenario of one configuration.
func (c Swarm) scenario(seed uint64) Scenario {
	s := Scenario{
		Name: swarmName, Title: "Everything that may go wrong, some of it in each run",
		Servers: c.Servers,
		World: sim.Config{
			Network: sim.Network{
				Latency: c.Latency, Loss: c.Loss, Duplication: c.Duplication, Reordering: c.Reordering,
				Corruption: c.Corruption, Bandwidth: c.Bandwidth,
			},
			Disk:        sim.DiskTiming{Sync: c.Sync},
			CPU:         sim.CPU{PerMessage: c.CPU},
			ShuffleTies: c.ShuffleTies,
		},
		Workload: KeyValueWorkload(c.Keys, c.CompareAndSet),
		Roam:     c.Roam,
		Spares:   c.Spares,
		Settings: c.Settings, Transfers: time.Duration(c.Transfers),
		Changes:  Changes{Every: time.Duration(c.Changes), Frail: c.frail(seed), Insist: true},
		Settle:   time.Duration(c.Recovery),
		Duration: time.Duration(c.Duration+c.Recovery) + 2*time.Second,
		Bites:    func(*Result) error { return nil },
		Config:   c,
	}
	if c.Counter {
		s.Workload = CounterWorkload()
	}
	if machine := s.Workload.Machine; c.Pieces {
		s.Workload.Machine = func() rsm.StateMachine { return &inPieces{StateMachine: machine()} }
	}
	if c.NoLearning {
		// Who takes in servers that have everything to learn has to bear that nobody is
		// answered while they do, and may not when service is due.
		s.Changes.Until = time.Duration(c.Duration)
	}
	if c.Theme.lossy() || c.Theme == Busy {
		// So many cost more than is due then, and where messages and disks take as long as
		// an election may, every one of them can.
		s.TransfersUntil = time.Duration(c.Duration)
	}
	if c.Theme.ends() {
		s.Due = c.deafDue()
		s.Duration = s.Due + 2*time.Second
	}
	s.Clients = c.loads()
	s.Faults = func(*rand.Rand, int) sim.Schedule { return c.faults(seed) }
	return s
}

// loads are what clients ask for.
func (c Swarm) loads() (all []Load) {
	for range c.Clients {
		all = append(all, Load{Sessions: 1, Think: time.Duration(c.Think)})
	}
	if c.OpenRate > 0 {
		all = append(all, Load{Rate: c.OpenRate})
	}
	return all
}
