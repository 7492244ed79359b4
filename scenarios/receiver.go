package scenarios

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/mq"
	"quorumlab/node"
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
}

// job is a message that is worked on.
type job struct {
	mq.Delivery
	began, due time.Duration
}

func (r Receiver) boot(env node.Env, c *messagingCrew, number int, load Load) node.Handler {
	b := &receiver{
		Receiver: r, env: env, crew: c, number: number, load: load,
		leases: c.topology.queues[r.Queue].Contract != mq.AtMostOnce,
	}
	b.setup = newSetup(env, c, b.begin)
	b.consumer = mq.NewConsumer(env, mq.ConsumerConfig{
		ClientConfig: c.clientConfig(r.Reconnect), Queue: r.Queue, Consumer: mq.ConsumerID(number),
		Prefetch: max(load.Sessions, 1), Lease: r.Lease, Remember: r.Remember, Poll: r.Poll,
		Timers: [2]node.Timer{askTimer, settleTimer},
	}, mq.ConsumerEvents{Delivered: b.work, Failed: b.failed})
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

// work begins to work on a message.
func (r *receiver) work(d mq.Delivery) {
	now := r.env.Now()
	length := r.crew.work(r.env, r.load)
	r.jobs = append(r.jobs, job{d, r.crew.now(), now + length})
	r.wake()
}

func (r *receiver) wake() {
	if len(r.jobs) == 0 {
		return
	}
	next := r.jobs[0].due
	for _, j := range r.jobs {
		next = min(next, j.due)
	}
	r.env.SetTimer(workTimer, next-r.env.Now())
}

// finish ends the work that is due.
func (r *receiver) finish() {
	now := r.env.Now()
	var due, left []job
	for _, j := range r.jobs {
		if j.due <= now {
			due = append(due, j)
		} else {
			left = append(left, j)
		}
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
	r.crew.record.worked = append(r.crew.record.worked, worked{
		machine: r.number, queue: r.Queue, value: value, began: j.began, end: r.crew.now(),
	})
	choice := r.draw(value, j.Attempt).Float64()
	switch poison := r.crew.record.made[value].poison; {
	case !r.leases:
		r.consumer.Forget(j.Lease)
	case r.crew.draining():
		r.consumer.Settle(j.Lease, mq.Acknowledging)
	case poison && r.CrashOnPoison:
		r.env.Exit(fmt.Errorf("cannot deal with %s", value))
	case poison, choice < r.Return:
		r.consumer.Settle(j.Lease, mq.Returning)
	case choice < r.Return+r.Reject:
		r.consumer.Settle(j.Lease, mq.Rejecting)
	case choice < r.Return+r.Reject+r.Forget:
		r.consumer.Forget(j.Lease)
	default:
		r.consumer.Settle(j.Lease, mq.Acknowledging)
	}
}

func (r *receiver) draw(value string, attempt uint32) *rand.Rand {
	return stream(r.crew.seed, fmt.Sprintf("settle %s %d", value, attempt))
}
