package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
	"quorumlab/scenarios/mqjudge"
)

// receiver is a client machine in the role of a Receiver.
type receiver struct {
	Receiver
	env      node.Env
	crew     *messagingCrew
	number   int
	load     Load
	setup    *setup
	consumer *mq.Consumer
	leases   bool // the queue leases its messages, or else they are gone
	started  bool
	jobs     []job
	done     []uint64 // what was acknowledged last, as far as the consumer is to remember it
}

// job is a message that is worked on.
type job struct {
	mq.Delivery
	began, due time.Duration
	renew      time.Duration // when to ask for more time, or zero
}

// next is when something is to be done for a job.
func (j job) next() time.Duration {
	if j.renew > 0 {
		return min(j.renew, j.due)
	}
	return j.due
}

func (r Receiver) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	b := &receiver{
		Receiver: r, env: env, crew: c, number: number, load: load,
		leases: c.topology.Queues[r.Queue].Contract != mq.AtMostOnce,
	}
	b.setup = newSetup(env, c, number, b.begin)
	b.consumer = mq.NewConsumer(env, mq.ConsumerConfig{
		ClientConfig: c.clientConfig(r.Reconnect), Queue: r.Queue, Consumer: mq.ConsumerID(number),
		Prefetch: max(load.Sessions, 1), Lease: r.Lease, Remember: r.Remember, Poll: r.Poll,
		Timers: [2]node.Timer{askTimer, settleTimer},
	}, mq.ConsumerEvents{Delivered: b.delivered, Repeated: b.repeated, Settled: b.settled, Failed: b.failed})
	return b
}

// Start implements node.Handler.
func (r *receiver) Start() { r.setup.begin() }

func (r *receiver) begin() {
	if !r.started {
		r.started = true
		r.consumer.Start()
	}
}

// failed declares everything again, since the service has forgotten it.
func (r *receiver) failed(err error) {
	if errors.Is(err, mq.ErrUnknownQueue) {
		r.setup.begin()
	}
}

// Receive implements node.Handler.
func (r *receiver) Receive(from node.ID, m node.Message) {
	if !r.setup.receive(from, m) {
		r.consumer.Receive(from, m)
	}
}

// Timeout implements node.Handler.
func (r *receiver) Timeout(t node.Timer) {
	switch t {
	case setupTimer:
		r.setup.session.Timeout()
	case workTimer:
		r.finish()
	default:
		r.consumer.Timeout(t)
	}
}

// Synced implements node.Handler.
func (r *receiver) Synced(node.Sync, error) {}

// delivered, repeated and settled write down what the consumer tells, for the judges.
func (r *receiver) delivered(d mq.Delivery) {
	r.told(mqjudge.Delivered{Delivery: d, Done: slices.Contains(r.done, d.Message)})
	r.work(d)
}

func (r *receiver) repeated(d mq.Delivery) {
	r.told(mqjudge.Delivered{Delivery: d, Repeated: true, Done: slices.Contains(r.done, d.Message)})
}

func (r *receiver) settled(l mq.Lease, how mq.Settlement, err error) {
	r.told(mqjudge.Settled{Lease: l, How: how, Code: mqjudge.CodeOf(err)})
}

func (r *receiver) told(what any) { r.crew.record.Tell(r.number, what) }

// work begins to work on a message.
func (r *receiver) work(d mq.Delivery) {
	now := r.env.Now()
	j := job{Delivery: d, began: r.crew.now(), due: now + r.crew.work(r.env, r.load)}
	if r.leases && !r.crew.draining() && r.Extend > 0 {
		if draw := r.draw("extend", string(d.Body), d.Attempt); draw.Float64() < r.Extend {
			j.due += time.Duration(2 * draw.Float64() * float64(r.lease()))
			j.renew = now + r.lease()/2
		}
	}
	r.jobs = append(r.jobs, j)
	r.wake()
}

// lease is for how long messages are leased to the receiver.
func (r *receiver) lease() time.Duration {
	return cmp.Or(r.Lease, r.crew.topology.Queues[r.Queue].Lease, mq.DefaultLease)
}

func (r *receiver) wake() {
	if len(r.jobs) == 0 {
		return
	}
	next := r.jobs[0].next()
	for _, j := range r.jobs {
		next = min(next, j.next())
	}
	r.env.SetTimer(workTimer, next-r.env.Now())
}

// finish ends the work that is due, and asks for more time for what takes long.
func (r *receiver) finish() {
	now := r.env.Now()
	var due, left []job
	for _, j := range r.jobs {
		if j.due <= now {
			due = append(due, j)
			continue
		}
		if j.renew > 0 && j.renew <= now {
			r.say(j.Lease, mq.Extending)
			j.renew = now + r.lease()/2
		}
		left = append(left, j)
	}
	r.jobs = left
	for _, j := range due {
		r.settle(j)
	}
	r.wake()
}

// settle decides what becomes of a message that was worked on. What is drawn depends
// on the message and on which delivery it is only.
func (r *receiver) settle(j job) {
	value := string(j.Body)
	r.crew.record.Work = append(r.crew.record.Work, mqjudge.Work{
		Machine: r.number, Queue: r.Queue, Value: value, Began: j.began, Ended: r.crew.now(),
	})
	choice := r.draw("settle", value, j.Attempt).Float64()
	switch poison := r.crew.record.Made[value].Poison; {
	case !r.leases:
		r.consumer.Forget(j.Lease)
	case r.crew.draining():
		r.say(j.Lease, mq.Acknowledging)
	case poison && r.CrashOnPoison:
		r.env.Exit(fmt.Errorf("cannot deal with %s", value))
	case poison, choice < r.Return:
		r.say(j.Lease, mq.Returning)
	case choice < r.Return+r.Reject:
		r.say(j.Lease, mq.Rejecting)
	case choice < r.Return+r.Reject+r.Forget:
		r.consumer.Forget(j.Lease)
	case choice < r.Return+r.Reject+r.Forget+r.Postpone:
		r.say(j.Lease, mq.Postponing)
	default:
		r.say(j.Lease, mq.Acknowledging)
	}
}

// say tells the consumer what becomes of a message, and writes it down for the judges.
func (r *receiver) say(l mq.Lease, how mq.Settlement) {
	said := mqjudge.Said{Machine: r.number, Queue: r.Queue, Lease: l, How: how}
	switch how {
	case mq.Extending:
		said.Timeout = r.lease()
		r.consumer.Extend(l, said.Timeout)
	case mq.Postponing:
		said.Timeout = r.PostponeBy
		r.consumer.Postpone(l, said.Timeout)
	default:
		if how == mq.Acknowledging && !slices.Contains(r.done, l.Message) {
			r.done = append(r.done, l.Message)
			r.done = r.done[max(0, len(r.done)-r.Remember):]
		}
		r.consumer.Settle(l, how)
	}
	r.crew.record.Said = append(r.crew.record.Said, said)
}

func (r *receiver) draw(what, value string, attempt uint32) *rand.Rand {
	return stream(r.crew.seed, fmt.Sprintf("%s %s %d", what, value, attempt))
}
