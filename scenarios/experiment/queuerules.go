package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

const queueRulesStory = `What queues promise of a single message, rule by rule, measured on one queue by itself.

- delivery-limit: every delivery is returned, until the queue gives the message up. It becomes a dead letter or, with /drop,
  is discarded. A limit of RabbitMQ's counts returns, and so lets a message be delivered once more than here.
- return-place=K/N: of N messages the first K are received, and the first of them comes back: returned, or when its lease runs out. It is the
  next that is delivered, with the redelivered mark.
- double-ack: a second acknowledgement is an error, and so is one of a delivery that never was.
- visibility-timeout: when a message that was received, and not deleted, can be received again. A changed timeout counts from the
  change, and no message is held for more than twelve hours.
- total-queue: the two histories of Jepsen's own test of its checker, put to ours. ok counts values that were dequeued and had been attempted.

Worth a thought: a consumer gets every message on its twentieth delivery. What has become of the other nineteen consumers?`

var queueRules = Experiment{
	Name:   "queue-rules",
	Title:  "what queues promise of a message: limits, places, marks, timeouts, and how losses are counted",
	Source: "RabbitMQ documentation, Quorum Queues; Amazon SQS Developer Guide, visibility timeout; Jepsen, checker_test.clj, total-queue-test",
	Story:  queueRulesStory,
	Trials: 1,
	Cases: []string{"delivery-limit", "delivery-limit/drop", "delivery-limit=3", "return-place=3/5", "double-ack",
		"visibility-timeout", "visibility-timeout=0s", "visibility-timeout=12h", "visibility-timeout=30s,change=5s,at=10s", "visibility-bounds",
		"total-queue/sane", "total-queue/pathological"},
	Family: "delivery-limit=N[/drop], return-place=K/N, visibility-timeout=T[,change=T,at=T] with T from 0s to 12h, whole seconds",
	parse:  parseQueueRule,
}

// rule is a promise: numbers with names, and what they have to be.
type rule struct {
	facts   []fact
	measure func(values []float64) error
}

type fact struct {
	metric  string
	promise float64
}

func parseQueueRule(name string) (c Case, err error) {
	var r rule
	kind, argument, given := strings.Cut(name, "=")
	plain, drop := strings.CutSuffix(name, "/drop")
	switch {
	case plain == "delivery-limit":
		r = deliveryLimit(0, drop)
	case kind == "delivery-limit":
		text, drop := strings.CutSuffix(argument, "/drop")
		limit, err := parseCount("delivery-limit", text, 1, 10_000)
		if err != nil {
			return c, err
		}
		r = deliveryLimit(limit, drop)
	case kind == "return-place" && given:
		first, second, _ := strings.Cut(argument, "/")
		n, err := parseCount("N", second, 1, mq.MaxBatch)
		if err != nil {
			return c, err
		}
		k, err := parseCount("K", first, 1, n)
		if err != nil {
			return c, err
		}
		r = returnPlace(k, n)
	case name == "double-ack":
		r = doubleAck
	case name == "visibility-timeout":
		r = visibilityTimeout(0, -1, 0)
	case name == "visibility-bounds":
		r = visibilityBounds
	case kind == "visibility-timeout":
		if r, err = parseVisibility(name); err != nil {
			return c, err
		}
	case name == "total-queue/sane":
		r = totalQueue(sane, 2, 1, 2, 0, 0, 0, 1, 1)
	case name == "total-queue/pathological":
		r = totalQueue(pathological, 3, 2, 1, 1, 1, 1, 0, 0)
	default:
		return c, errors.New("it is unknown")
	}
	return Case{limit: 1, width: len(r.facts), measure: func(_ uint64, values []float64) error { return r.measure(values) }, rows: r.rows}, nil
}

func (r rule) rows(s Sample) (rows []Row) {
	for i, f := range r.facts {
		rows = append(rows, exactly(f.metric, s.Mean(i), f.promise))
	}
	return rows
}

// deliveryLimit has every delivery of a message come back: by being returned, and then,
// of another message, by the end of its lease. A limit of zero is the default.
func deliveryLimit(limit int, drop bool) rule {
	expected := float64(limit)
	if limit == 0 {
		expected = 20
	}
	return rule{
		[]fact{
			{"deliveries, each returned", expected}, {"deliveries, each lease run out", expected},
			{"dead letters", 2 * number(!drop)}, {"discarded", 2 * number(drop)}, {"left in the queue", 0},
		},
		func(values []float64) error {
			o := mq.QueueOptions{DeliveryLimit: uint32(limit), DeadLetters: "dead"}
			if drop {
				o.DeadLetters = ""
			}
			b := newBench(o, 2)
			for i := range 2 {
				for deliveries := b.receive(1, 0); len(deliveries) > 0 && string(deliveries[0].Body) == fmt.Sprint("message ", i+1); deliveries = b.receive(1, 0) {
					values[i]++
					if i == 0 {
						b.giveBack(deliveries[0])
					} else {
						b.now += mq.DefaultLease
					}
					if values[i] > 20_000 {
						return errors.New("the queue never gives a message up")
					}
				}
				if i == 0 { // the second message was received in vain; it is the first delivery of the second round
					values[1]++
					b.now += mq.DefaultLease
				}
			}
			dead, err := b.statistics("dead")
			if err != nil {
				return err
			}
			work, err := b.statistics("work")
			values[2], values[3], values[4] = float64(dead.Ready), float64(work.Discarded), float64(work.Ready+work.Leased)
			return err
		},
	}
}

// returnPlace receives the first k of n messages, and has the first come back.
func returnPlace(k, n int) rule {
	return rule{
		[]fact{
			{"redelivered mark of a first delivery", 0},
			{"delivered next after the return", 1}, {"its redelivered mark", 1}, {"its delivery count", 2},
			{"delivered next after the leases ran out", 1}, {"its redelivered mark, then", 1},
			{"messages out of order then", 0},
		},
		func(values []float64) error {
			b := newBench(mq.QueueOptions{}, n)
			held := b.receive(k, 0)
			if len(held) != k {
				return fmt.Errorf("%d messages were received, not %d", len(held), k)
			}
			values[0] = number(held[0].Redelivered())
			b.giveBack(held[0])
			again := b.receive(1, 0)
			if len(again) == 0 {
				return errors.New("nothing is delivered after the return")
			}
			values[1], values[2], values[3] = float64(again[0].Message), number(again[0].Redelivered()), float64(again[0].Attempt)
			b.now += mq.DefaultLease
			all := b.receive(n, 0)
			if len(all) == 0 {
				return errors.New("nothing is delivered after the leases ran out")
			}
			values[4], values[5] = float64(all[0].Message), number(all[0].Redelivered())
			for i := range all {
				values[6] += number(all[i].Message != uint64(i+1))
			}
			return nil
		},
	}
}

// doubleAck acknowledges a message twice.
var doubleAck = rule{
	[]fact{
		{"first acknowledgement is taken", 1}, {"second is refused", 1}, {"because the message is settled", 1},
		{"acknowledgement of a delivery that never was is refused", 1}, {"messages acknowledged", 1},
	},
	func(values []float64) error {
		b := newBench(mq.QueueOptions{}, 2)
		deliveries := b.receive(1, 0)
		if len(deliveries) == 0 {
			return errors.New("nothing is delivered")
		}
		acknowledge := func(l mq.Lease) error {
			c := mq.Acknowledge{Queue: "work", Consumer: 1, Leases: []mq.Lease{l}}
			return c.Result(b.apply(c))
		}
		values[0] = number(acknowledge(deliveries[0].Lease) == nil)
		err := acknowledge(deliveries[0].Lease)
		values[1], values[2] = number(err != nil), number(errors.Is(err, mq.ErrSettled))
		values[3] = number(acknowledge(mq.Lease{Message: 2, Attempt: 1}) != nil)
		work, err := b.statistics("work")
		values[4] = float64(work.Acknowledged)
		return err
	},
}

// parseSeconds reads a time of whole seconds, as SQS counts; a number alone is of
// seconds.
func parseSeconds(field, text string, most time.Duration) (time.Duration, error) {
	if _, err := strconv.Atoi(text); err == nil {
		text += "s"
	}
	d, err := parseDuration(field, text, 0, most)
	if err == nil && d%time.Second != 0 {
		err = fmt.Errorf("%s is %q: it has to be of whole seconds", field, text)
	}
	return d, err
}

// The histories of Jepsen's test.
var (
	sane = linearizability.History{
		{Client: 1, Call: 1, Input: linearizability.Enqueue{Value: "1"}, Outcome: linearizability.OutcomeUnknown},
		{Client: 2, Call: 2, Return: 3, Input: linearizability.Enqueue{Value: "2"}, Outcome: linearizability.OutcomeOK},
		{Client: 3, Call: 4, Return: 5, Input: linearizability.Dequeue{}, Output: "1", Outcome: linearizability.OutcomeOK},
		{Client: 3, Call: 6, Return: 7, Input: linearizability.Dequeue{}, Output: "2", Outcome: linearizability.OutcomeOK},
	}
	pathological = linearizability.History{
		{Client: 1, Call: 1, Input: linearizability.Enqueue{Value: "hung"}, Outcome: linearizability.OutcomeUnknown},
		{Client: 2, Call: 2, Return: 3, Input: linearizability.Enqueue{Value: "enqueued"}, Outcome: linearizability.OutcomeOK},
		{Client: 3, Call: 4, Return: 5, Input: linearizability.Enqueue{Value: "dup"}, Outcome: linearizability.OutcomeOK},
		{Client: 4, Call: 6, Input: linearizability.Dequeue{}, Outcome: linearizability.OutcomeUnknown},
		{Client: 5, Call: 7, Return: 8, Input: linearizability.Dequeue{}, Output: "wtf", Outcome: linearizability.OutcomeOK},
		{Client: 6, Call: 9, Return: 10, Input: linearizability.Dequeue{}, Output: "dup", Outcome: linearizability.OutcomeOK},
		{Client: 7, Call: 11, Return: 12, Input: linearizability.Dequeue{}, Output: "dup", Outcome: linearizability.OutcomeOK},
	}
)

// totalQueue counts what became of the values of a history. The promises are in the order
// of the metrics.
func totalQueue(h linearizability.History, promises ...float64) (r rule) {
	for i, metric := range []string{"attempted", "acknowledged", "ok", "lost", "unexpected", "duplicated", "recovered", "valid"} {
		r.facts = append(r.facts, fact{metric, promises[i]})
	}
	r.measure = func(values []float64) error {
		t, err := linearizability.CheckTotalQueue(h)
		if err != nil {
			return err
		}
		ok := t.Dequeued - len(t.Unexpected) - len(t.Duplicated)
		for i, n := range []int{t.Attempted, t.Acknowledged, ok, len(t.Lost), len(t.Unexpected), len(t.Duplicated), len(t.Recovered)} {
			values[i] = float64(n)
		}
		values[7] = number(len(t.Lost) == 0 && len(t.Unexpected) == 0)
		return nil
	}
	return r
}
