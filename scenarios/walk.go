package scenarios

import (
	"fmt"
	"math/rand/v2"
	"time"

	"quorumlab/mq"
)

// walk draws commands that have something to do with each other. What they depend on
// besides each other, time above all, they leave alone: leases are long, and nothing
// becomes old.
type walk struct {
	rand   *rand.Rand
	prefix string // of all names
	texts  int    // messages so far

	begun    int          // of the declarations that come first
	producer mq.Number    // the last number that was used
	numbered []mq.Command // that were carried out under a number, the last ones
	leases   []walkedLease
	member   mq.Heartbeat // of whom a Join told last
}

// walkedLease is a lease that was given.
type walkedLease struct {
	queue    string
	consumer mq.ConsumerID
	mq.Lease
}

func newWalk(r *rand.Rand, number int) *walk {
	life := r.Uint64() | 1<<63 // apart from the names of producers in other roles
	return &walk{rand: r, prefix: fmt.Sprintf("walk.%d.%x.", number, life), producer: mq.Number{Producer: mq.ProducerID(life)}}
}

func (w *walk) one(names ...string) string { return w.prefix + pick(w.rand, names...) }

// chance reports true as often as once in n times.
func (w *walk) chance(n int) bool { return w.rand.IntN(n) == 0 }

func (w *walk) consumer() mq.ConsumerID { return mq.ConsumerID(1 + w.rand.IntN(2)) }

func (w *walk) key() string {
	return pick(w.rand, "a", "b", "a.b", "a.b.c", "a/b", "a/b/c", "/b", "$a/b", "")
}

func (w *walk) pattern() string {
	return pick(w.rand, "a", "b", "a.*", "a.#", "#.b", "#", "a/+", "a/#", "+/b", "+", "$a/#", "a.b")
}

func (w *walk) options() mq.QueueOptions {
	return mq.QueueOptions{
		Contract:      pick(w.rand, mq.AtLeastOnce, mq.AtLeastOnce, mq.AtLeastOnce, mq.AtMostOnce, mq.EffectivelyOnce, mq.EffectivelyOnce),
		Lease:         mq.MaxLease / 2,
		DeliveryLimit: pick(w.rand, uint32(1), 2, 3, mq.NoDeliveryLimit),
		DeadLetters:   pick(w.rand, "", w.prefix+"dead", w.prefix+"dead"),
		MaxLength:     pick(w.rand, uint64(0), 0, 3, 6),
		Overflow:      pick(w.rand, mq.DropHead, mq.RejectPublish),
	}
}

// graves are the options of the queue for dead letters, which may give some up in turn.
func (w *walk) graves() mq.QueueOptions {
	return mq.QueueOptions{
		Lease: mq.MaxLease / 2, MaxLength: pick(w.rand, uint64(0), 0, 2), Overflow: pick(w.rand, mq.DropHead, mq.RejectPublish),
	}
}

// chained are options of a queue whose dead letters may go where they die again.
func (w *walk) chained() mq.QueueOptions {
	o := w.options()
	if w.chance(4) {
		o.DeadLetters = w.prefix + "q"
	}
	return o
}

func (w *walk) bodies() (all [][]byte) {
	for range 1 + w.rand.IntN(3) {
		w.texts++
		body := fmt.Appendf(nil, "%d", w.texts)
		if w.chance(20) { // its length takes two bytes
			body = fmt.Appendf(nil, "%0200d", w.texts)
		}
		all = append(all, body)
	}
	return all
}

// number returns the next number, none, or now and then one that is not to be had.
func (w *walk) number() mq.Number {
	n := w.producer
	switch w.rand.IntN(10) {
	case 0, 1:
		return mq.Number{}
	case 2: // it was something else
	case 3:
		n.Sequence += 2
	default:
		n.Sequence++
	}
	return n
}

// next draws a command.
func (w *walk) next() mq.Command {
	declarations := []mq.Command{
		mq.DeclareQueue{Queue: w.prefix + "dead", Options: w.graves()},
		mq.DeclareQueue{Queue: w.prefix + "q", Options: w.options()},
		mq.DeclareQueue{Queue: w.prefix + "r", Options: w.chained()},
		mq.DeclareLog{Log: w.prefix + "l", Options: mq.LogOptions{Partitions: 3, RetainCount: pick(w.rand, uint64(0), 4)}},
		mq.DeclareExchange{Exchange: w.prefix + "x", Type: mq.Topic},
		mq.DeclareExchange{Exchange: w.prefix + "y", Type: mq.MQTT},
		mq.Bind{Exchange: w.prefix + "x", Queue: w.one("q", "l"), Pattern: w.pattern()},
	}
	if w.begun < len(declarations) {
		w.begun++
		return declarations[w.begun-1]
	}
	if w.chance(12) { // what was deleted comes back
		return declarations[w.rand.IntN(len(declarations))]
	}
	if w.chance(16) {
		return w.bad()
	}
	switch w.rand.IntN(6) {
	case 0, 1:
		return w.ofLogs()
	case 2:
		return w.ofExchanges()
	}
	return w.ofQueues()
}

// bad draws a command that is refused whatever has happened, and changes nothing.
func (w *walk) bad() mq.Command {
	return pick[mq.Command](w.rand,
		mq.Publish{Key: w.prefix + "l", Messages: w.bodies()},
		mq.Receive{Queue: w.prefix + "l", Max: 1},
		mq.Receive{Queue: w.queue(), Max: mq.MaxBatch + 1},
		mq.Fetch{Log: w.prefix + "q", Max: 1},
		mq.Fetch{Log: w.prefix + "l", Partition: 9, Max: 1},
		mq.Append{Log: w.prefix + "l", Partition: 9, Number: w.number(), Records: make([]mq.Record, 1)},
		mq.Append{Log: w.prefix + "none", Number: w.number(), Records: make([]mq.Record, 1)},
		mq.DeclareQueue{},
		mq.DeclareLog{Log: w.prefix + "dead"},
		mq.Bind{Exchange: w.prefix + "x", Queue: w.queue(), Pattern: "a.b#"},
		mq.Publish{Exchange: w.prefix + "y", Key: "a/#", Number: w.number(), Messages: w.bodies()},
	)
}

func (w *walk) queue() string { return w.one("q", "q", "q", "r", "r", "dead") }

func (w *walk) ofQueues() mq.Command {
	switch w.rand.IntN(16) {
	case 0, 1, 2:
		return mq.Publish{Key: w.queue(), Number: w.number(), Messages: w.bodies()}
	case 3:
		if n := len(w.numbered); n > 0 { // once more, as after an answer that got lost
			return w.numbered[max(0, n-1-w.rand.IntN(20))]
		}
		return mq.DescribeProducer{Producer: w.producer.Producer}
	case 4, 5, 6:
		return mq.Receive{Queue: w.queue(), Consumer: w.consumer(), Max: 1 + w.rand.IntN(3), Lease: pick(w.rand, 0, 3*time.Hour)}
	case 7:
		return mq.Statistics{Queue: w.queue()}
	case 8:
		switch w.rand.IntN(4) {
		case 0:
			return mq.DeleteQueue{Queue: w.one("q", "r", "dead", "dead", "dead")}
		case 1, 2:
			return mq.Purge{Queue: w.queue()}
		}
		return mq.DescribeProducer{Producer: w.producer.Producer}
	}
	return w.settle()
}

// settle draws what is said about one lease or two, most of which are good.
func (w *walk) settle() mq.Command {
	if len(w.leases) == 0 {
		return mq.Statistics{Queue: w.queue()}
	}
	some := func() walkedLease { return w.leases[max(0, len(w.leases)-1-w.rand.IntN(8))] }
	first := some()
	leases := []mq.Lease{first.Lease}
	if second := some(); second.queue == first.queue && second.consumer == first.consumer && w.chance(2) {
		leases = append(leases, second.Lease)
	}
	if w.chance(12) {
		leases[0].Attempt = uint32(w.rand.IntN(4))
	}
	if w.chance(6) {
		first.consumer = 3 - first.consumer
	}
	switch w.rand.IntN(8) {
	case 0, 1:
		return mq.Acknowledge{Queue: first.queue, Consumer: first.consumer, Leases: leases}
	case 2, 3, 4:
		return mq.Return{Queue: first.queue, Consumer: first.consumer, Leases: leases}
	case 5:
		return mq.Reject{Queue: first.queue, Consumer: first.consumer, Leases: leases}
	}
	return mq.Extend{
		Queue: first.queue, Consumer: first.consumer, Leases: leases, Timeout: pick(w.rand, 0, 0, 3*time.Hour, 7*time.Hour, mq.MaxLease),
	}
}

func (w *walk) ofExchanges() mq.Command {
	switch w.rand.IntN(12) {
	case 0:
		return mq.DeclareExchange{Exchange: w.one("x", "y", "z"), Type: pick(w.rand, mq.Direct, mq.Fanout, mq.Topic, mq.MQTT)}
	case 1:
		if w.chance(3) {
			return mq.DeleteExchange{Exchange: w.one("x", "y", "z")}
		}
		return mq.Unbind{Exchange: w.one("x", "y"), Queue: w.one("q", "r", "l"), Pattern: w.pattern()}
	case 2, 3, 4, 5:
		return mq.Bind{Exchange: w.one("x", "x", "y", "z"), Queue: w.one("q", "r", "l"), Pattern: w.pattern()}
	}
	return mq.Publish{
		Exchange: w.one("x", "x", "y", "z"), Key: w.key(), Mandatory: w.chance(3), Number: w.number(), Messages: w.bodies(),
	}
}

func (w *walk) ofLogs() mq.Command {
	log, partition := w.prefix+"l", uint32(w.rand.IntN(3))
	switch w.rand.IntN(16) {
	case 0, 1, 2:
		c := mq.Append{Log: log, Partition: partition, Number: w.number()}
		for _, body := range w.bodies() {
			c.Records = append(c.Records, mq.Record{Key: w.key(), Body: body})
		}
		return c
	case 3, 4, 5:
		return mq.Fetch{Log: log, Partition: partition, Offset: uint64(w.rand.IntN(8)), Max: 1 + w.rand.IntN(5)}
	case 6, 7:
		return mq.Join{Log: log, Group: pick(w.rand, "g", "g", "h"), Member: w.consumer(), SessionTimeout: mq.MaxSessionTimeout}
	case 8:
		return mq.Leave{Log: log, Group: w.member.Group, Member: w.member.Member}
	case 9:
		return w.member
	case 10, 11, 13, 14:
		return mq.Commit{
			Log: log, Group: w.member.Group, Member: w.member.Member, Generation: w.member.Generation,
			Partition: partition, Offset: uint64(w.rand.IntN(6)),
		}
	case 12:
		if w.chance(4) {
			return mq.DeleteLog{Log: log}
		}
		return mq.DescribeLog{Log: log}
	}
	return mq.DescribeGroup{Log: log, Group: pick(w.rand, "g", "h")}
}

// learn notes what later commands can refer to.
func (w *walk) learn(c mq.Command, answer []byte) {
	switch c := c.(type) {
	case mq.Receive:
		received, err := c.Result(answer)
		for _, d := range received.Deliveries {
			if err == nil {
				w.leases = append(w.leases, walkedLease{c.Queue, c.Consumer, d.Lease})
			}
		}
	case mq.Join:
		if joined, err := c.Result(answer); err == nil {
			w.member = mq.Heartbeat{Log: c.Log, Group: c.Group, Member: c.Member, Generation: joined.Generation}
		}
	case mq.Publish:
		published, err := c.Result(answer)
		w.used(c.Number, c, err == nil && !published.Duplicate)
	case mq.Append:
		appended, err := c.Result(answer)
		w.used(c.Number, c, err == nil && !appended.Duplicate)
	}
}

func (w *walk) used(n mq.Number, c mq.Command, carriedOut bool) {
	if n.Producer != 0 && carriedOut {
		w.producer = n
		w.numbered = append(w.numbered, c)
	}
}
