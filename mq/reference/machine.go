package reference

import (
	"slices"
	"strings"
	"time"

	"quorumlab/mq"
)

// Machine is the message queue once more. The zero Machine has nothing in it.
type Machine struct {
	now         time.Duration
	term        uint64
	reading     time.Duration
	queues      []*queue
	logs        []*log
	exchanges   []*exchange
	producers   []*producer
	places      uint64 // the least place of a queue to come
	generations uint64
}

// Tick lets the time pass that a stamp tells of. One of an earlier term than another tells
// nothing new, nor does one of term zero.
func (r *Machine) Tick(term uint64, now time.Duration) {
	if term == r.term && term > 0 && now > r.reading {
		r.now += now - r.reading
		r.reading = now
	}
	if term > r.term {
		r.term, r.reading = term, now
	}
	slices.SortFunc(r.queues, func(a, b *queue) int { return strings.Compare(a.name, b.name) })
	for _, q := range r.queues {
		r.expireQueue(q)
	}
	for _, l := range r.logs {
		r.expireLog(l)
	}
	r.producers = slices.DeleteFunc(r.producers, func(p *producer) bool {
		return r.now-p.heard >= 24*time.Hour
	})
}

// Apply carries out a command, at the time it is, and returns what its method Result
// would: nil if that is only that it was done, and if it was refused an mq.Code.
func (r *Machine) Apply(command mq.Command) any {
	switch c := command.(type) {
	case mq.DeclareQueue:
		return r.declareQueue(c)
	case mq.DeclareExchange:
		return r.declareExchange(c)
	case mq.DeleteExchange:
		return r.deleteExchange(c)
	case mq.Bind:
		return r.bind(c)
	case mq.Unbind:
		return r.unbind(c)
	case mq.Publish:
		return r.publish(c)
	case mq.DescribeProducer:
		return r.describeProducer(c)
	case mq.DeclareLog, mq.DeleteLog, mq.DescribeLog, mq.Append, mq.Fetch,
		mq.Join, mq.Heartbeat, mq.Leave, mq.Commit, mq.DescribeGroup:
		return r.applyToLog(c)
	}
	return r.applyToQueue(command)
}
