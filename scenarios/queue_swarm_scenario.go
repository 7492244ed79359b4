package scenarios

import (
	"math/rand/v2"
	"time"

	"quorumlab/sim"
)

func queueSwarm() Scenario {
	s, err := QueueSwarmScenario(nil)
	if err != nil {
		panic(err) // nothing was set that could be wrong
	}
	return s
}

// QueueSwarmScenario is the scenario in which everything that may go wrong does, some
// of it in each run, to a message queue and its clients. The fields in set replace what
// is drawn.
func QueueSwarmScenario(set map[string]string) (Scenario, error) {
	override := func(c *QueueSwarm, seed uint64) error {
		for _, field := range sortedKeys(set) {
			if err := c.Set(field, set[field]); err != nil {
				return err
			}
		}
		c.Swarm.yield(set)
		c.relieve(seed, set)
		return c.Validate()
	}
	c := DrawQueueSwarm(0)
	if err := override(&c, 0); err != nil {
		return Scenario{}, err
	}
	return Scenario{
		Flags: setFlags(set),
		Name:  queueSwarmName,
		Title: "A message queue, and everything that may go wrong, some of it in each run",
		Story: `As in swarm, which faults exist, and how often they befall, is drawn from the seed; and so is what is declared: queues of every contract, with leases, limits, dead letters and bounds of length and age, logs with groups, exchanges. Clients crash, are paused for longer than their leases, are cut off, reconnect, return, postpone, reject and forget messages, and ask for more time. Queues are emptied, deleted and declared again, bindings are taken back. Then a quorum is healed, and all that was confirmed has to be drained.`,
		Vary: func(seed uint64) Scenario {
			c := DrawQueueSwarm(seed)
			if err := override(&c, seed); err != nil {
				panic(err) // what is set does not depend on what is drawn
			}
			return c.scenario(seed)
		},
	}, nil
}

// scenario is the scenario of one configuration.
func (c QueueSwarm) scenario(seed uint64) Scenario {
	world := c.Swarm
	if c.HonestClocks {
		world.ClockSkew, world.ClockDrift, world.ClockJump, world.ClockStrobe = Often{}, Often{}, Often{}, Often{}
	}
	s := world.scenario(seed)
	s.Name, s.Config = queueSwarmName, c
	s.Changes.Insist = false // it ends when the queues are empty
	s.Clients = c.loads()
	s.Workload = c.messaging().Workload()
	s.Duration = time.Duration(c.Duration) + time.Second
	faults := s.Faults
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		schedule := faults(r, servers)
		for _, n := range c.clientNemeses() {
			schedule = append(schedule, Repeat(n.name, *n.often, 0, n.fault)(seed, time.Duration(c.Duration))...)
		}
		return schedule
	}
	return s
}

// loads are what clients ask for, or how much they receive, role by role.
func (c QueueSwarm) loads() (all []Load) {
	for range c.Publishers {
		all = append(all, Load{Rate: c.OpenRate})
	}
	for _, role := range c.messaging().Roles[c.Publishers:] {
		load := Load{Sessions: max(1, c.Holds), Think: time.Duration(c.Think)}
		switch role := role.(type) {
		case Receiver:
			if role.Queue == deadQueue {
				load.Sessions = 16 // one for all
			}
		case Operator:
			load = Load{Rate: c.rate(role)}
		case Walker:
			load = Load{Rate: 200}
		}
		all = append(all, load)
	}
	return all
}
