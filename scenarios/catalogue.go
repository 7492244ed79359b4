package scenarios

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// Catalogue lists the scenarios of the laboratory, quiet ones first.
func Catalogue() []Scenario {
	all := []Scenario{
		steady(), leaderCrash(), minorityPartition(), majorityPartition(), deafLeader(), lossy(), rollingRestart(), swarm(),
	}
	return append(all, queueScenarios()...)
}

// localNetwork is the world of the catalogue: a data centre in which a message
// takes about a millisecond and a disk sync about as long.
func localNetwork() sim.Config {
	return sim.Config{
		Network: sim.Network{Latency: sim.LogNormal(time.Millisecond, 0.3)},
		Disk:    sim.DiskTiming{Sync: sim.LogNormal(time.Millisecond, 0.5)},
	}
}

// mixedClients are four closed-loop clients, who feel every delay, and an
// open-loop one, who goes on calling whatever happens.
func mixedClients() []Load {
	closed := Load{Sessions: 1, Think: 20 * time.Millisecond}
	return []Load{closed, closed, closed, closed, {Rate: 50}}
}

func base(name, title, story string) Scenario {
	return Scenario{
		Name: name, Title: title, Story: story,
		Servers:  5,
		World:    localNetwork(),
		Workload: KeyValueWorkload(16, false),
		Clients:  mixedClients(),
		Duration: 12 * time.Second,
		Bites:    func(*Result) error { return nil },
	}
}

func steady() Scenario {
	s := base("steady", "Nothing goes wrong",
		`One server leads, the others follow. Every operation costs the client two round trips: its own to the leader and the leader's to a majority. Watch the latency stay where it is, and who leads never change.`)
	s.Faults = func(*rand.Rand, int) sim.Schedule { return nil }
	s.Workload = KeyValueWorkload(16, true)
	s.Duration = 6 * time.Second
	s.Bites = func(r *Result) error {
		return errors.Join(
			atMost("leader changes", r.LeaderChanges(), 0),
			atMost("messages dropped", r.Stats.MessagesDropped, 0),
		)
	}
	return s
}

func leaderCrash() Scenario {
	s := base("leader-crash", "The leader crashes, twice",
		`The leader loses its memory, and of its disk what it had not synced. Nobody knows at once: clients wait until a follower's patience ends and it takes over. Watch the gap, how long it is compared with the election timeout, and that what was acknowledged before is still there after it.`)
	s.Workload = KeyValueWorkload(16, true)
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		first, second := moment(r, 2*time.Second), moment(r, 5*time.Second)
		return sim.Schedule{
			sim.Crash{Span: sim.Between(first, first+2*time.Second), Target: sim.Leader},
			sim.Crash{Span: sim.Between(second, second+2*time.Second), Target: sim.Leader},
		}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("leader changes", r.LeaderChanges(), 2),
			atLeast("crashes", r.Stats.Crashes, 2),
		)
	}
	return s
}

func minorityPartition() Scenario {
	s := base("minority-partition", "A minority is cut off: first any, then the leader's",
		`A minority can agree on nothing, so a leader among it must not answer. The majority goes on under a new one. Clients reach both sides: watch those who asked the wrong one, and what becomes of the old leader when the network heals.`)
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		first, second := moment(r, 2*time.Second), moment(r, 5*time.Second)
		return sim.Schedule{
			sim.Partition{Span: sim.Between(first, first+2*time.Second), Side: sim.Minority},
			sim.Partition{Span: sim.Between(second, second+2*time.Second), Side: sim.LeaderMinority},
		}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("leader changes", r.LeaderChanges(), 1),
			atLeast("messages dropped", r.Stats.MessagesDropped, 1),
		)
	}
	return s
}

func majorityPartition() Scenario {
	s := base("majority-partition", "Clients are left with a minority, then the network heals",
		`The clients and the leader's minority are on one side, the majority on the other. The majority elects a new leader, but nobody asks it; the old leader is asked and can agree on nothing, so the only safe thing is not to answer. Watch operations end as unknown, not as failed, for their requests lie in a log, and the service come back by itself when the network heals.`)
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		start := moment(r, 2*time.Second)
		return sim.Schedule{sim.Partition{
			Span: sim.Between(start, start+4*time.Second),
			Side: sim.LeaderMinority + "+" + sim.Clients, Other: sim.All,
		}}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("messages dropped", r.Stats.MessagesDropped, 1),
			atLeast("operations of unknown outcome", r.Summary().Operations.Unknown, 1),
			atLeast("milliseconds without an answer", int(r.LongestGap()/time.Millisecond), 3900),
		)
	}
	return s
}

func deafLeader() Scenario {
	s := base("deaf-leader", "A deposed leader is heard and cannot hear",
		`The leader is cut off, and the others elect another. Then it is heard again, but hears nobody, so that it never learns of its successor and goes on to lead; CheckQuorum, which would have it give up, is off. Now the successor crashes. Watch the others elect a third, though they hear heartbeats all the time: what an old leader says is no reason to wait. Would they find out if they had not elected another before?`)
	s.Settings.NoCheckQuorum = true
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		start := moment(r, 2*time.Second)
		crash := start + 2*time.Second
		return sim.Schedule{
			sim.Partition{Span: sim.Between(start, crash-500*time.Millisecond), Side: sim.Leader},
			sim.Partition{Span: sim.Between(start, 0), Side: sim.Leader, Direction: sim.Inward},
			sim.Crash{Span: sim.Between(crash, crash+time.Second), Target: sim.Leader},
		}
	}
	s.Due = 8 * time.Second
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("leader changes", r.LeaderChanges(), 2),
			atLeast("crashes", r.Stats.Crashes, 1),
		)
	}
	return s
}

func lossy() Scenario {
	s := base("lossy", "A bad network: loss, duplicates, reordering",
		`One message in ten is lost, one in ten arrives twice, and one in ten is late, in both directions and for clients too. Nothing may be applied twice and nothing acknowledged may be lost. Watch the tail of the latency distribution: it is made of time-outs.`)
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		return sim.Schedule{sim.Disturbance{
			Span: sim.Between(time.Second, 8*time.Second),
			Loss: 0.1, Duplication: 0.1, Reordering: 0.1,
		}}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("messages dropped", r.Stats.MessagesDropped, 100),
			atLeast("messages duplicated", r.Stats.MessagesDuplicated, 100),
		)
	}
	return s
}

func rollingRestart() Scenario {
	s := base("rolling-restart", "Every server restarts, one after the other",
		`An upgrade: each server in turn goes down for half a second and comes back with what its disk kept. A majority is there all the time, so the service should hardly notice but when it is the leader's turn. The clients count: a number given twice or left out would show.`)
	s.Workload = CounterWorkload()
	s.Faults = func(r *rand.Rand, servers int) sim.Schedule {
		var schedule sim.Schedule
		for i, server := range r.Perm(servers) {
			start := moment(r, time.Duration(i+1)*1500*time.Millisecond)
			schedule = append(schedule, sim.Crash{
				Span:   sim.Between(start, start+500*time.Millisecond),
				Target: sim.Machine(node.ID(server + 1)),
			})
		}
		return schedule
	}
	s.Duration = 14 * time.Second
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("crashes", r.Stats.Crashes, 5),
			atLeast("leader changes", r.LeaderChanges(), 1),
		)
	}
	return s
}

// moment is a time within half a second of the given one, so that over many seeds
// a fault meets the protocol in every phase.
func moment(r *rand.Rand, around time.Duration) time.Duration {
	return around + time.Duration(r.Int64N(int64(500*time.Millisecond))).Round(time.Microsecond)
}

func atLeast(what string, got, want int) error {
	if got < want {
		return fmt.Errorf("%s: %d, but the scenario promises at least %d", what, got, want)
	}
	return nil
}

func atMost(what string, got, want int) error {
	if got > want {
		return fmt.Errorf("%s: %d, but the scenario promises at most %d", what, got, want)
	}
	return nil
}
