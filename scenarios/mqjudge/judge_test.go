package mqjudge

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// saw is a history of a message queue as its clients saw it, to be judged. What happened
// at number n happened at n milliseconds.
type saw struct {
	Evidence
	declared []mq.Command
	undone   bool // the queue was not drained
}

// judged returns the names of all rules that a history breaks.
func (s saw) judged() (broken []string) {
	m := s.Evidence
	m.Topology, m.Drained, m.Audit.Begun = NewTopology(s.declared), !s.undone, time.Hour
	m.route()
	for _, check := range checks {
		var found Findings
		check(judge{&m, &found})
		if len(found.Broken) > 0 && !slices.Contains(broken, found.Broken[0].Invariant) {
			broken = append(broken, found.Broken[0].Invariant)
		}
	}
	slices.Sort(broken)
	return broken
}

// The queues and the log of the tests.
const (
	workQueue  = "work"
	deadQueue  = "dead"
	eventLog   = "events"
	eventGroup = "group"
)

const (
	ok      = linearizability.OutcomeOK
	unknown = linearizability.OutcomeUnknown
	refusal = linearizability.OutcomeFailed
)

// during is from one number to another, or for ever if that is zero.
func during(call, end int64) interval {
	return interval{call, end, time.Duration(call) * time.Millisecond, time.Duration(end) * time.Millisecond}
}

// sent is a publish to the work queue.
func sent(value string, call, end int64, outcome linearizability.Outcome) *enqueue {
	return &enqueue{interval: during(call, end), machine: 1, queue: workQueue, key: workQueue, value: value, number: mq.Number{Producer: 1, Sequence: uint64(call)}, outcome: outcome, copies: -1}
}

// got is a delivery from the work queue, which took as long as a number, at the service's
// time of its beginning. Leases are of ten.
func got(message uint64, attempt uint32, value string, call int64) delivery {
	return delivery{
		interval: during(call, call+1), machine: 2, queue: workQueue, lease: mq.Lease{Message: message, Attempt: attempt},
		length: 10 * time.Millisecond, told: 10 * time.Millisecond, now: time.Duration(call) * time.Millisecond,
		key: workQueue, value: value, origin: workQueue, number: message,
	}
}

// asking is the question that deliveries were answers to.
func asking(ds ...delivery) receive {
	r := receive{interval: ds[0].interval, queue: ds[0].queue, max: len(ds), known: true, now: ds[0].now}
	for _, d := range ds {
		r.numbers = append(r.numbers, d.lease.Message)
	}
	return r
}

// empty is a question to the work queue that had no message for an answer.
func empty(call int64) receive {
	return receive{interval: during(call, call+1), queue: workQueue, max: 1, known: true, now: time.Duration(call) * time.Millisecond}
}

// unheard is a question to the work queue without an answer.
func unheard(call int64) receive { return receive{interval: during(call, 0), queue: workQueue, max: 1} }

// said is what was said of a delivery, and granted.
func said(d delivery, how mq.Settlement, call int64) settlement {
	return settlement{interval: during(call, call+1), machine: d.machine, queue: d.queue, lease: d.lease, how: how, known: true}
}

func (s settlement) but(err error) settlement { s.err = err; return s }

func (s settlement) unanswered() settlement {
	s.known, s.interval = false, during(s.call, 0)
	return s
}

// extended is a lease that was given another timeout, at the service's time of the call.
func extended(d delivery, timeout time.Duration, call int64) settlement {
	s := said(d, mq.Extending, call)
	s.timeout, s.now = timeout, time.Duration(call)*time.Millisecond
	return s
}

// letter is a message as it came from the queue for dead letters.
func letter(message, number uint64, value string, reason mq.Reason, died uint32, call int64) delivery {
	d := got(message, 1, value, call)
	d.queue, d.number, d.reason, d.died = deadQueue, number, reason, died
	d.publish = d.now
	return d
}

// to is a delivery to another machine.
func (d delivery) to(machine int) delivery { d.machine = machine; return d }

func (d delivery) with(change func(d *delivery)) delivery { change(&d); return d }

// removing is a purge of the work queue that has removed so many messages.
func removing(messages uint64, call, end int64) removal {
	return removal{interval: during(call, end), queue: workQueue, known: end != 0, messages: messages}
}

// work declares the work queue with options.
func work(o mq.QueueOptions) []mq.Command {
	o.Lease = 10 * time.Millisecond
	if o.DeliveryLimit == 0 {
		o.DeliveryLimit = mq.NoDeliveryLimit
	}
	return []mq.Command{mq.DeclareQueue{Queue: workQueue, Options: o}}
}

// workAndDead declares the queue for dead letters too.
func workAndDead(o mq.QueueOptions) []mq.Command {
	o.DeadLetters = deadQueue
	return append([]mq.Command{mq.DeclareQueue{Queue: deadQueue, Options: mq.QueueOptions{Lease: 10 * time.Millisecond, DeliveryLimit: mq.NoDeliveryLimit}}}, work(o)...)
}

// told is what a queue says of itself.
func told(queue string, s mq.QueueStatistics) Audit {
	return Audit{Queues: map[string]mq.QueueStatistics{queue: s}}
}

// ruleTest is a history that breaks one rule, and one that differs as little as can be
// and breaks none. Want may name several rules if one cannot be broken alone.
type ruleTest struct {
	name   string
	want   []string
	broken saw
	sound  saw
}

func runRuleTests(t *testing.T, tests []ruleTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, test.broken.judged(), "broken")
			assert.Empty(t, test.sound.judged(), "sound")
		})
	}
}

func rule(names ...string) []string { return slices.Sorted(slices.Values(names)) }

// tell puts together what was sent and got.
func tell(o []mq.Command, parts ...any) saw {
	s := saw{declared: o}
	s.Transcript = new(Transcript)
	for _, part := range parts {
		switch part := part.(type) {
		case *enqueue:
			s.enqueues = append(s.enqueues, part)
		case *send:
			s.sends = append(s.sends, part)
		case delivery:
			s.deliveries = append(s.deliveries, part)
			s.receives = append(s.receives, asking(part))
		case receive:
			s.receives = append(s.receives, part)
		case settlement:
			s.settled = append(s.settled, part)
		case removal:
			s.removals = append(s.removals, part)
		case rebinding:
			s.bindings = append(s.bindings, part)
		case fetched:
			s.fetches = append(s.fetches, part)
		case Asked:
			s.Transcript.Asked = append(s.Transcript.Asked, part)
		case map[string]Making:
			s.Transcript.Made = part
		case Said:
			s.Transcript.Said = append(s.Transcript.Said, part)
		case Told:
			s.Transcript.Told = append(s.Transcript.Told, part)
		case Work:
			s.Transcript.Work = append(s.Transcript.Work, part)
		case Audit:
			s.Audit = part
		case func(*Case):
			part(&s.Case)
		default:
			panic("no part of a history")
		}
	}
	return s
}
