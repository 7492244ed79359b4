package scenarios

import (
	"errors"
	"math/rand/v2"
	"time"

	"quorumlab/mq"
	"quorumlab/sim"
)

// queueScenarios lists the scenarios of the message queue, quiet ones first.
func queueScenarios() []Scenario {
	all := []Scenario{queueSteady(), queueConsumerCrash(), queueFailover(), logGroups()}
	return append(append(all, queueSurprises()...), queueSwarm())
}

// The queue of the quieter scenarios, and where its dead letters go.
const (
	workQueue = "work"
	deadQueue = "dead"
)

// queueBase is a scenario of a work queue: publishers, and receivers who take a
// moment for each message.
func queueBase(name, title, story string) Scenario {
	return Scenario{
		Name: name, Title: title, Story: story,
		Servers:  3,
		World:    localNetwork(),
		Duration: 3 * time.Second,
		Faults:   func(*rand.Rand, int) sim.Schedule { return nil },
		Bites:    func(*Result) error { return nil },
	}
}

// staff fills a scenario with clients.
func (s Scenario) staff(declarations []mq.Command, clients ...member) Scenario {
	m := Messaging{Declarations: declarations, HashEvery: 1}
	for _, c := range clients {
		m.Roles = append(m.Roles, c.role)
		s.Clients = append(s.Clients, c.load)
	}
	s.Workload = m.Workload()
	return s
}

// member is a client with its load.
type member struct {
	role Role
	load Load
}

// publishes is a named publisher to a queue.
func publishes(name mq.ProducerID, queue string, rate float64) member {
	return member{
		Publisher{ProducerConfig: mq.ProducerConfig{Producer: name, Key: queue, Batch: 4}},
		Load{Rate: rate},
	}
}

// receives is a receiver that holds so many messages and works so long on each.
func receives(r Receiver, holds int, work time.Duration) member {
	return member{r, Load{Sessions: holds, Think: work}}
}

// workDeclarations declare the work queue, with leases of a length.
func workDeclarations(lease time.Duration) []mq.Command {
	return []mq.Command{mq.DeclareQueue{Queue: workQueue, Options: mq.QueueOptions{Lease: lease}}}
}

func queueSteady() Scenario {
	s := queueBase("queue-steady", "A message queue, and nothing goes wrong",
		`Two clients publish, two receive, work a moment, and acknowledge. Each of the three steps is a command that a majority stores, so a message costs three rounds of agreement, shared with others in a batch. Watch the depth of the queue stay near zero, and every message delivered once. Question: at which rate of publishing does the depth begin to grow, and what could be added to stop it?`)
	s = s.staff(workDeclarations(time.Second),
		publishes(1, workQueue, 60), publishes(2, workQueue, 60),
		receives(Receiver{Queue: workQueue}, 4, 10*time.Millisecond), receives(Receiver{Queue: workQueue}, 4, 10*time.Millisecond))
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("messages delivered", r.Messages.Delivered, 100),
			atMost("messages delivered twice", r.Messages.Duplicated, 0),
			atMost("messages lost", r.Messages.Lost, 0),
		)
	}
	return s
}

func queueConsumerCrash() Scenario {
	s := queueBase("queue-consumer-crash", "Consumers crash with messages in their hands",
		`A consumer that crashes says nothing: what it held stays leased to it, invisible to the others, until its leases run out. Then the messages are ready again, at their old place, and others get them with the redelivered mark. Nothing is lost, and what was done and not acknowledged is done twice. Watch the delay of exactly these messages, which is the lease. Question: what would a shorter lease cost?`)
	s = s.staff(workDeclarations(500*time.Millisecond),
		publishes(1, workQueue, 60), publishes(2, workQueue, 60),
		receives(Receiver{Queue: workQueue}, 8, 100*time.Millisecond), receives(Receiver{Queue: workQueue}, 8, 100*time.Millisecond),
		receives(Receiver{Queue: workQueue}, 8, 100*time.Millisecond))
	s.Faults = func(r *rand.Rand, _ int) (schedule sim.Schedule) {
		for _, at := range []time.Duration{500 * time.Millisecond, 1200 * time.Millisecond, 1900 * time.Millisecond} {
			start := moment(r, at)
			schedule = append(schedule, sim.Crash{
				Span: sim.Between(start, start+300*time.Millisecond), Target: pick(r, sim.Target("C3"), "C4", "C5"),
			})
		}
		return schedule
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("redeliveries", len(r.Messages.Redelivered), 1),
			atLeast("crashes", r.Stats.Crashes, 2),
			atMost("messages lost", r.Messages.Lost, 0),
		)
	}
	return s
}

func queueFailover() Scenario {
	s := queueBase("queue-failover", "The queue's leader crashes, then it is cut off from everybody",
		`Publishers, receivers and leases all wait for a new leader. Time stands still for leases meanwhile: the new leader's clock is not compared with the old one's, so they end later than the wall clock says, never sooner. Watch the depth of the queue after each gap, when those who have waited publish all at once. Question: a message was acknowledged just before the crash, and the answer got lost. How often is it delivered?`)
	s.Servers, s.Duration = 5, 4*time.Second
	s = s.staff(workDeclarations(500*time.Millisecond),
		publishes(1, workQueue, 50), publishes(2, workQueue, 50),
		receives(Receiver{Queue: workQueue}, 4, 10*time.Millisecond), receives(Receiver{Queue: workQueue}, 4, 10*time.Millisecond))
	s.Settings.SnapshotEvery = 100
	s.Faults = func(r *rand.Rand, _ int) sim.Schedule {
		first, second := moment(r, 800*time.Millisecond), moment(r, 2200*time.Millisecond)
		return sim.Schedule{
			sim.Crash{Span: sim.Between(first, first+time.Second), Target: sim.Leader},
			sim.Partition{Span: sim.Between(second, second+time.Second), Side: sim.Leader},
		}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("leader changes", r.LeaderChanges(), 2),
			atMost("messages lost", r.Messages.Lost, 0),
		)
	}
	return s
}

// The log of the quieter scenarios, and the group that reads it.
const (
	eventLog   = "events"
	eventGroup = "group"
)

// appends is a named publisher to a partition of a log.
func appends(name mq.ProducerID, partition uint32, rate float64) member {
	return member{
		Publisher{ProducerConfig: mq.ProducerConfig{Producer: name, Log: eventLog, Partition: partition, Batch: 4}},
		Load{Rate: rate},
	}
}

// follows is a follower that works so long on each record.
func follows(f Follower, work time.Duration) member {
	f.Log, f.Max = eventLog, 8
	return member{f, Load{Sessions: 1, Think: work}}
}

func logGroups() Scenario {
	s := queueBase("log-groups", "A log with a group of consumers, which is rebalanced",
		`A log keeps its records, and a group keeps how far it has read. Members come, crash and return, and each time the partitions are divided anew, in a new generation. A member of an older generation can still work on what it has fetched, but not commit it: watch records that are dealt with twice, and offsets that never go back. One client follows the log without a group and sees every record once. Question: what would a member have to do so that a record has an effect only once?`)
	s.Duration = 4 * time.Second
	m := Follower{Group: eventGroup, SessionTimeout: 600 * time.Millisecond}
	s = s.staff([]mq.Command{mq.DeclareLog{Log: eventLog, Options: mq.LogOptions{Partitions: 3}}},
		appends(1, 0, 40), appends(2, 1, 40), appends(3, 2, 40),
		follows(m, 5*time.Millisecond), follows(m, 5*time.Millisecond), follows(Follower{}, 0))
	s.Faults = func(r *rand.Rand, _ int) sim.Schedule {
		first, second := moment(r, 800*time.Millisecond), moment(r, 2*time.Second)
		return sim.Schedule{
			sim.Crash{Span: sim.Between(first, first+800*time.Millisecond), Target: "C4"},
			sim.Pause{Span: sim.Between(second, second+900*time.Millisecond), Target: "C5"},
		}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("records dealt with", r.Messages.Delivered, 100),
			atMost("records lost", r.Messages.Lost, 0),
		)
	}
	return s
}
