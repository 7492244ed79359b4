package conformance

import (
	"math/rand/v2"
	"time"

	"quorumlab/scenarios"
	"quorumlab/sim"
)

// Part is one thing that is asked of an implementation.
type Part struct {
	Name     string
	Asks     string // what for, in a sentence
	Points   int
	Seeds    int // how many runs must be ok
	Scenario scenarios.Scenario
	// try does something else with the scenario than to run it.
	try func(s scenarios.Scenario, p scenarios.Protocol, seed uint64) error
}

// Parts lists all parts, in the order in which an implementer meets them. The
// points add up to 100.
func Parts() []Part {
	return []Part{
		{Name: "one-server", Points: 5, Seeds: 3,
			Asks:     "A single server answers its client, and correctly.",
			Scenario: quiet(1, one)},
		{Name: "three-servers", Points: 10, Seeds: 5,
			Asks:     "Three servers agree on who answers, and find out without help.",
			Scenario: quiet(3, one)},
		{Name: "many-clients", Points: 5, Seeds: 5,
			Asks:     "Eight clients at once: commands are applied in one order.",
			Scenario: quiet(5, repeat(one, 8))},
		{Name: "same-run", Points: 5, Seeds: 3,
			Asks:     "The same seed gives the same run: no clock, randomness or order of a map but the environment's.",
			Scenario: shuffled(withFaults(quiet(3, repeat(one, 4)), crash(sim.Leader, 2, 3))),
			try: func(s scenarios.Scenario, p scenarios.Protocol, seed uint64) error {
				return scenarios.Prove(s, p, seed)
			}},
		{Name: "messages-untouched", Points: 5, Seeds: 3,
			Asks:     "A message is never changed after it was sent.",
			Scenario: strict(quiet(3, repeat(one, 4)))},
		{Name: "bad-network", Points: 10, Seeds: 10,
			Asks:     "Messages are lost, late and doubled; a retry is applied once.",
			Scenario: counting(withFaults(quiet(3, repeat(one, 4)), badNetwork))},
		{Name: "follower-crash", Points: 5, Seeds: 5,
			Asks:     "One server that crashes and returns is not missed.",
			Scenario: withFaults(quiet(3, repeat(one, 4)), crash(sim.Followers, 2, 4), crash("S1", 5, 6))},
		{Name: "leader-crash", Points: 10, Seeds: 10,
			Asks:     "When the server that orders commands crashes, another takes over and nothing acknowledged is lost.",
			Scenario: counting(withFaults(quiet(5, repeat(one, 4)), crash(sim.Leader, 2, 4), crash(sim.Leader, 5, 7)))},
		{Name: "power-cut", Points: 10, Seeds: 10,
			Asks:     "All servers crash at once, and what was acknowledged is on their disks.",
			Scenario: counting(withFaults(quiet(3, repeat(one, 8)), crash(sim.All, 2, 2.5), crash(sim.All, 4, 4.5), crash(sim.All, 6, 6.5)))},
		{Name: "minority", Points: 10, Seeds: 10,
			Asks:     "A leader that is cut off with a minority answers nothing that a majority does not back, reads included.",
			Scenario: withFaults(quiet(5, repeat(one, 6)), cutLeader(2, 4), cutLeader(5, 7))},
		{Name: "shapes", Points: 5, Seeds: 10,
			Asks:     "No shape of a partition makes it unsafe, and service returns when it ends.",
			Scenario: withFaults(quiet(5, repeat(one, 4)), shapes)},
		{Name: "pauses-and-clocks", Points: 5, Seeds: 10,
			Asks:     "Servers that stand still, and clocks that are wrong, cost time but never correctness.",
			Scenario: withFaults(quiet(5, repeat(one, 4)), pausesAndClocks)},
		{Name: "swarm", Points: 15, Seeds: 60,
			Asks:     "Everything that may go wrong, some of it in each run.",
			Scenario: swarm()},
	}
}

// one is a client that waits for each answer.
var one = []scenarios.Load{{Sessions: 1, Think: 5 * time.Millisecond}}

func repeat(clients []scenarios.Load, n int) []scenarios.Load {
	var all []scenarios.Load
	for range n {
		all = append(all, clients...)
	}
	return all
}

// quiet is the situation that all parts begin with.
func quiet(servers int, clients []scenarios.Load) scenarios.Scenario {
	return scenarios.Scenario{
		Name:    "conformance",
		Servers: servers,
		World: sim.Config{
			Network: sim.Network{Latency: sim.LogNormal(time.Millisecond, 0.3)},
			Disk:    sim.DiskTiming{Sync: sim.LogNormal(time.Millisecond, 0.5)},
		},
		Workload: scenarios.KeyValueWorkload(3, true),
		Clients:  clients,
		Faults:   func(*rand.Rand, int) sim.Schedule { return nil },
		Duration: 6 * time.Second,
		Bites:    func(*scenarios.Result) error { return nil },
	}
}

// counting has clients count instead of reading and writing: what is applied
// twice, or lost, shows in every later answer.
func counting(s scenarios.Scenario) scenarios.Scenario {
	s.Workload = scenarios.CounterWorkload()
	return s
}

func strict(s scenarios.Scenario) scenarios.Scenario {
	s.World.Strict = true
	return s
}

func shuffled(s scenarios.Scenario) scenarios.Scenario {
	s.World.ShuffleTies = true
	return s
}

// fault draws one fault, or several, of a run.
type fault func(r *rand.Rand) sim.Schedule

// withFaults adds faults, and the time to recover from them.
func withFaults(s scenarios.Scenario, faults ...fault) scenarios.Scenario {
	s.Faults = func(r *rand.Rand, _ int) sim.Schedule {
		var schedule sim.Schedule
		for _, f := range faults {
			schedule = append(schedule, f(r)...)
		}
		return schedule
	}
	s.Duration = 13 * time.Second
	return s
}

// span is a time from one second to another, moved by up to 300 ms so that over
// several seeds a fault meets the protocol in every phase.
func span(r *rand.Rand, from, to float64) sim.Span {
	shift := time.Duration(r.Int64N(int64(300 * time.Millisecond)))
	second := func(s float64) time.Duration { return time.Duration(s*float64(time.Second)) + shift }
	return sim.Between(second(from), second(to))
}

func crash(target sim.Target, from, to float64) fault {
	return func(r *rand.Rand) sim.Schedule {
		return sim.Schedule{sim.Crash{Span: span(r, from, to), Target: target}}
	}
}

func cutLeader(from, to float64) fault {
	return func(r *rand.Rand) sim.Schedule {
		return sim.Schedule{sim.Partition{Span: span(r, from, to), Side: sim.LeaderMinority}}
	}
}

func badNetwork(r *rand.Rand) sim.Schedule {
	return sim.Schedule{sim.Disturbance{Span: span(r, 1, 8), Loss: 0.1, Duplication: 0.2, Reordering: 0.2}}
}

func shapes(r *rand.Rand) sim.Schedule {
	names := []sim.ShapeName{sim.Bridge, sim.MajoritiesRing, sim.OneWay, sim.PartialPairs, sim.RandomHalves}
	var schedule sim.Schedule
	for i, name := range names {
		schedule = append(schedule, sim.Shape{Span: span(r, 1+1.5*float64(i), 2+1.5*float64(i)), Name: name})
	}
	return schedule
}

func pausesAndClocks(r *rand.Rand) sim.Schedule {
	return sim.Schedule{
		sim.Pause{Span: span(r, 2, 3), Target: sim.Leader},
		sim.ClockDrift{Span: span(r, 1, 7), Target: sim.AnyOne, Rate: 1},
		sim.ClockJump{Instant: sim.Instant{At: span(r, 4, 4).Start}, Target: sim.Leader, By: sim.Duration(time.Second)},
		sim.ClockJump{Instant: sim.Instant{At: span(r, 5, 5).Start}, Target: sim.AnyOne, By: sim.Duration(-time.Second)},
		sim.Pause{Span: span(r, 6, 7), Target: sim.Minority},
	}
}

// swarm asks for no way to read but the first: others are the implementation's
// own affair.
func swarm() scenarios.Scenario {
	s, err := scenarios.SwarmScenario(map[string]string{"reads": "log", "counter": "false"})
	if err != nil {
		panic(err) // the field exists
	}
	return s
}
