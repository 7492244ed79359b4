package scenarios

import (
	"errors"
	"math/rand/v2"
	"time"

	"quorumlab/mq"
	"quorumlab/sim"
)

// queueSurprises lists scenarios in which a queue keeps its word, and somebody is
// surprised all the same.
func queueSurprises() []Scenario {
	return []Scenario{
		lostAcknowledgement(), slowConsumer(), unknownReceive(), queueAsMutex(), commitFirst(), poisonMessage(),
	}
}

func lostAcknowledgement() Scenario {
	s := queueBase("queue-lost-acknowledgement", "A message is dealt with twice, because an acknowledgement got lost",
		`The consumer works, and says so; but it is cut off before its acknowledgement arrives. It has done its part, and the queue cannot know. When the lease ends, the message goes to the other consumer. Watch it being worked on twice, and the first consumer's acknowledgement, which it repeats until it is heard, being refused. At least once is the best that can be promised. Question: which of the two consumers could have noticed, and what would it have to remember?`)
	s.World = sim.Config{Network: sim.Network{Latency: sim.Constant(time.Millisecond)}}
	s = s.staff(workDeclarations(300*time.Millisecond),
		publishes(1, workQueue, 120),
		receives(Receiver{Queue: workQueue}, 8, 60*time.Millisecond), receives(Receiver{Queue: workQueue}, 8, 60*time.Millisecond))
	s.Faults = func(r *rand.Rand, _ int) (schedule sim.Schedule) {
		for i := range 3 {
			start := moment(r, time.Second+time.Duration(i)*1500*time.Millisecond)
			schedule = append(schedule, sim.Partition{Span: sim.Between(start, start+800*time.Millisecond), Side: "C2", Other: sim.All})
		}
		return schedule
	}
	s.Duration = 6 * time.Second
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("messages worked on twice", r.Messages.WorkedTwice(), 1),
			atMost("messages lost", r.Messages.Lost, 0),
		)
	}
	return s
}

func slowConsumer() Scenario {
	s := queueBase("queue-slow-consumer", "A consumer is paused for longer than its lease",
		`A long collection of garbage, a laptop that is closed: the consumer stands still and does not notice. When it goes on it is sure to hold its messages, but their leases are over and another has dealt with them. Watch its acknowledgements being refused, which is all that a lease can do; and see that it has worked on the messages nevertheless. Question: would it help to look at the clock before each piece of work? And right before its last step?`)
	s = s.staff(workDeclarations(200*time.Millisecond),
		publishes(1, workQueue, 120),
		receives(Receiver{Queue: workQueue}, 8, 60*time.Millisecond), receives(Receiver{Queue: workQueue}, 8, 60*time.Millisecond))
	s.Faults = func(r *rand.Rand, _ int) sim.Schedule {
		start := moment(r, time.Second)
		return sim.Schedule{sim.Pause{Span: sim.Between(start, start+800*time.Millisecond), Target: "C2"}}
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("acknowledgements refused", r.Messages.Refused, 1),
			atLeast("messages worked on twice", r.Messages.WorkedTwice(), 1),
		)
	}
	return s
}

func unknownReceive() Scenario {
	s := queueBase("queue-unknown-receive", "A history without fault lacks a message",
		`This queue delivers at most once: a message that is delivered is gone. Consumers crash while they wait, so that answers find nobody. A receive without an answer may have taken a message, or not; as the history says so, some order explains everything, and the judge of linearizability is content. Only who counts what went in and what came out, after the queue was drained, notices that messages are missing. Question: which single change of the queue's declaration brings them back, and what will consumers have to put up with then?`)
	s.World = sim.Config{Network: sim.Network{Latency: sim.Constant(5 * time.Millisecond)}}
	declarations := []mq.Command{mq.DeclareQueue{Queue: workQueue, Options: mq.QueueOptions{Contract: mq.AtMostOnce}}}
	var clients []member
	for i := range 2 {
		clients = append(clients, publishes(mq.ProducerID(i+1), workQueue, 150))
	}
	for range 4 {
		clients = append(clients, receives(Receiver{Queue: workQueue, Poll: 5 * time.Millisecond}, 8, 0))
	}
	s = s.staff(declarations, clients...)
	s.Faults = func(r *rand.Rand, _ int) (schedule sim.Schedule) {
		for _, consumer := range []sim.Target{"C3", "C4", "C5", "C6"} {
			for i := range 6 {
				start := moment(r, 300*time.Millisecond+time.Duration(i)*450*time.Millisecond)
				schedule = append(schedule, sim.Crash{Span: sim.Between(start, start+50*time.Millisecond), Target: consumer})
			}
		}
		return schedule
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("messages lost", r.Messages.Lost, 1),
			atMost("messages delivered twice", r.Messages.Duplicated, 0),
		)
	}
	return s
}

func queueAsMutex() Scenario {
	s := queueBase("queue-as-mutex", "A queue with one message is used as a lock",
		`Whoever holds the message may go in: there is only one, and it is leased to one consumer at a time, so only one is in. It works for years. Then the holder is paused inside, its lease ends, and the queue does what it promised: it gives the message to the next. Watch two clients work at the same time. Nothing is wrong with the queue, and no longer lease makes a lock of it, for no length is longer than every pause. Question: what must the thing that is protected be told so that it can turn away the one who comes late?`)
	s = s.staff([]mq.Command{mq.DeclareQueue{Queue: workQueue, Options: mq.QueueOptions{
		Lease: 150 * time.Millisecond, DeliveryLimit: mq.NoDeliveryLimit,
	}}},
		member{Publisher{ProducerConfig: mq.ProducerConfig{Producer: 1, Key: workQueue}}, Load{Calls: []Call{{At: 10 * time.Millisecond, Number: 1}}}},
		receives(Receiver{Queue: workQueue, Return: 1, Poll: 5 * time.Millisecond}, 1, 60*time.Millisecond),
		receives(Receiver{Queue: workQueue, Return: 1, Poll: 5 * time.Millisecond}, 1, 60*time.Millisecond))
	s.Faults = func(r *rand.Rand, _ int) (schedule sim.Schedule) {
		for i := range 40 {
			start := moment(r, 200*time.Millisecond+time.Duration(i)*180*time.Millisecond)
			schedule = append(schedule, sim.Pause{Span: sim.Between(start, start+300*time.Millisecond), Target: pick(r, sim.Target("C2"), "C3")})
		}
		return schedule
	}
	s.Duration = 8 * time.Second
	s.Bites = func(r *Result) error {
		return atLeast("times that two were in", r.Messages.WorksAtOnce(), 1)
	}
	return s
}

func commitFirst() Scenario {
	s := queueBase("log-commit-first", "A consumer of a log commits its offset before it deals with the records",
		`An offset that is committed says that all before it is dealt with. This group says so first and works afterwards, and when a member crashes in between, nobody will ever work on what it had fetched: who takes over begins behind it. Nothing is missing from the log, and no judge of logs complains. Watch which records nobody has dealt with. Committing afterwards turns this into records that are dealt with twice. Question: where would the offset have to be kept so that neither happens?`)
	m := Follower{Group: eventGroup, SessionTimeout: 400 * time.Millisecond, CommitFirst: true}
	s = s.staff([]mq.Command{mq.DeclareLog{Log: eventLog, Options: mq.LogOptions{Partitions: 2}}},
		appends(1, 0, 80), appends(2, 1, 80),
		follows(m, 20*time.Millisecond), follows(m, 20*time.Millisecond), follows(Follower{}, 0))
	s.Faults = func(r *rand.Rand, _ int) (schedule sim.Schedule) {
		for i := range 4 {
			start := moment(r, 500*time.Millisecond+time.Duration(i)*600*time.Millisecond)
			schedule = append(schedule, sim.Crash{Span: sim.Between(start, start+200*time.Millisecond), Target: pick(r, sim.Target("C3"), "C4")})
		}
		return schedule
	}
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("records that nobody dealt with", r.Messages.Lost, 1),
			atMost("records dealt with twice", r.Messages.Duplicated, 0),
		)
	}
	return s
}

func poisonMessage() Scenario {
	s := queueBase("queue-poison", "A message that no consumer survives",
		`Something in the message makes every consumer crash. The lease ends, the next one gets it, and crashes. Without a limit this goes on for ever, and takes down one consumer after the other. This queue delivers a message three times, and then puts it where dead letters go, in one step with its removal, for somebody to look at. Watch the crashes end, and what arrives among the dead letters, with a note of where it died and why. Question: what does the limit do to a good message whose consumers happen to crash three times?`)
	s = s.staff([]mq.Command{
		mq.DeclareQueue{Queue: deadQueue, Options: mq.QueueOptions{DeliveryLimit: mq.NoDeliveryLimit}},
		mq.DeclareQueue{Queue: workQueue, Options: mq.QueueOptions{Lease: 100 * time.Millisecond, DeliveryLimit: 3, DeadLetters: deadQueue}},
	},
		member{Publisher{ProducerConfig: mq.ProducerConfig{Producer: 1, Key: workQueue}, Poison: 0.1}, Load{Rate: 20}},
		receives(Receiver{Queue: workQueue, CrashOnPoison: true}, 1, 5*time.Millisecond),
		receives(Receiver{Queue: workQueue, CrashOnPoison: true}, 1, 5*time.Millisecond),
		receives(Receiver{Queue: deadQueue}, 1, 5*time.Millisecond))
	s.Duration = 6 * time.Second
	s.Bites = func(r *Result) error {
		return errors.Join(
			atLeast("dead letters", r.Messages.Dead, 1),
			atMost("messages lost", r.Messages.Lost, 0),
		)
	}
	return s
}
