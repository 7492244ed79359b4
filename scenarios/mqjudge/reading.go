package mqjudge

import (
	"cmp"
	"errors"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// errOfOthers is said of each of several leases of which one at least was not good, so
// that none was used.
var errOfOthers = errors.New("one of several leases is not good")

// attemptKey is by what attempts are recognized that are the same: a producer that numbers
// what it sends means one message by one value, under whatever number it sends it.
type attemptKey struct {
	producer mq.ProducerID
	place    string // queue, or log
	value    string
}

// outcomeOf is what a client knows of a command that changes something.
func (a *Asked) outcomeOf(err error) linearizability.Outcome {
	switch {
	case a.End == 0:
		return linearizability.OutcomeUnknown
	case a.Refused || err != nil:
		return linearizability.OutcomeFailed
	}
	return linearizability.OutcomeOK
}

func (m *Evidence) publish(a *Asked, c mq.Publish, stored map[attemptKey]*enqueue, kept map[attemptKey]*send) {
	published, err := c.Result(a.Answer)
	copies := int(published.Copies)
	if published.Forgotten || a.outcomeOf(err) != linearizability.OutcomeOK {
		copies = -1
	}
	for _, target := range m.Topology.targets(c.Exchange, c.Key) {
		_, isLog := m.Topology.Logs[target]
		for i, body := range c.Messages {
			e := enqueue{
				interval: a.interval(), machine: a.Machine, queue: target, value: string(body), position: i,
				number: c.Number, outcome: a.outcomeOf(err),
				exchange: c.Exchange, key: c.Key, copies: copies,
			}
			key := attemptKey{c.Number.Producer, target, e.value}
			if !isLog {
				m.enqueue(e, key, stored)
			} else {
				partition := mq.Partition(c.Key, max(1, m.Topology.Logs[target].Partitions))
				m.send(send{e, partition, -1}, key, kept)
			}
		}
	}
}

func (m *Evidence) append(a *Asked, c mq.Append, kept map[attemptKey]*send) {
	appended, err := c.Result(a.Answer)
	for i, r := range c.Records {
		s := send{enqueue{
			interval: a.interval(), machine: a.Machine, queue: c.Log, value: string(r.Body), position: i,
			number: c.Number, outcome: a.outcomeOf(err), key: r.Key, copies: -1,
		}, c.Partition, -1}
		if s.outcome == linearizability.OutcomeOK && !appended.Forgotten {
			s.offset = int64(appended.First) + int64(i)
		}
		m.send(s, attemptKey{c.Number.Producer, c.Log, s.value}, kept)
	}
}

func (m *Evidence) enqueue(e enqueue, key attemptKey, stored map[attemptKey]*enqueue) {
	if earlier := stored[key]; earlier != nil && e.numbered() {
		earlier.number = e.number
		earlier.merge(e)
		return
	}
	stored[key] = &e
	m.enqueues = append(m.enqueues, &e)
}

func (m *Evidence) send(s send, key attemptKey, kept map[attemptKey]*send) {
	if earlier := kept[key]; earlier != nil && s.numbered() {
		earlier.number = s.number
		earlier.merge(s.enqueue)
		if earlier.offset < 0 {
			earlier.offset = s.offset
		}
		return
	}
	kept[key] = &s
	m.sends = append(m.sends, &s)
}

// numbered reports whether the producer numbers what it sends.
func (e *enqueue) numbered() bool { return e.number.Producer != 0 }

// merge takes another attempt of the same producer.
func (e *enqueue) merge(again enqueue) {
	switch {
	case e.outcome == linearizability.OutcomeOK:
	case again.outcome == linearizability.OutcomeOK:
		e.outcome, e.end, e.ended, e.copies = again.outcome, again.end, again.ended, again.copies
	case again.outcome == linearizability.OutcomeUnknown:
		e.outcome, e.end = again.outcome, 0
	}
}

// content notes what was sent under a number.
func (m *Evidence) content(n mq.Number, c mq.Command) {
	content := string(mq.Encode(c))
	if before, any := m.contents[n]; any && before != content {
		content = ""
	}
	m.contents[n] = content
}

// describe takes the word of the service that a producer's numbers are used: by what, if
// several things were sent under a number, it does not say.
func (m *Evidence) describe(a *Asked, c mq.DescribeProducer, stored map[attemptKey]*enqueue, kept map[attemptKey]*send) {
	state, err := c.Result(a.Answer)
	if a.outcomeOf(err) != linearizability.OutcomeOK {
		return
	}
	told := enqueue{interval: a.interval(), outcome: linearizability.OutcomeOK, copies: -1}
	used := func(e *enqueue) bool {
		return e.number.Producer == c.Producer && e.number.Sequence <= state.Highest && m.contents[e.number] != "" && e.outcome == linearizability.OutcomeUnknown
	}
	for _, e := range stored {
		if used(e) {
			e.merge(told)
		}
	}
	for _, s := range kept {
		if used(&s.enqueue) {
			s.merge(told)
		}
	}
}

func (m *Evidence) receive(a *Asked, c mq.Receive) {
	r := receive{interval: a.interval(), queue: c.Queue, max: c.Max}
	received, err := c.Result(a.Answer)
	if a.End != 0 && (a.Refused || err != nil) {
		return // nothing was received, and nothing is said about what is there
	}
	r.known, r.now = a.End != 0, received.Now
	for _, d := range received.Deliveries {
		delivered := delivery{
			interval: r.interval, machine: a.Machine, queue: c.Queue, lease: d.Lease, now: received.Now,
			length: cmp.Or(c.Lease, m.Topology.Queues[c.Queue].Lease, mq.DefaultLease), value: string(d.Body),
			origin: c.Queue, number: d.Message, publish: d.Published, key: d.Key, told: received.Lease,
		}
		if d.Death != nil {
			delivered.origin, delivered.number, delivered.reason = d.Death.Queue, d.Death.Message, d.Death.Reason
			delivered.died = d.Death.Deliveries
		}
		m.deliveries = append(m.deliveries, delivered)
		r.numbers = append(r.numbers, d.Message)
	}
	m.receives = append(m.receives, r)
}

func (m *Evidence) settle(a *Asked, queue string, leases []mq.Lease, how mq.Settlement, result func([]byte) error) {
	for _, l := range leases {
		s := settlement{interval: a.interval(), machine: a.Machine, queue: queue, lease: l, how: how, known: a.End != 0}
		if s.known {
			s.err = result(a.Answer)
		}
		if s.err != nil && len(leases) > 1 {
			s.err = errOfOthers
		}
		m.settled = append(m.settled, s)
	}
}

func (m *Evidence) extend(a *Asked, c mq.Extend) {
	before := len(m.settled)
	var now time.Duration
	m.settle(a, c.Queue, c.Leases, mq.Extending, func(answer []byte) error {
		extended, err := c.Result(answer)
		now = extended.Now
		return err
	})
	for i := range m.settled[before:] {
		m.settled[before+i].timeout, m.settled[before+i].now = c.Timeout, now
	}
}

func (m *Evidence) remove(a *Asked, r removal, err error) {
	if a.outcomeOf(err) != linearizability.OutcomeFailed {
		r.interval, r.known = a.interval(), a.End != 0
		m.removals = append(m.removals, r)
	}
}

func (m *Evidence) rebind(a *Asked, b mq.Bind, bound bool, err error) {
	if a.outcomeOf(err) != linearizability.OutcomeFailed {
		m.bindings = append(m.bindings, rebinding{a.interval(), b, bound})
	}
}

func (m *Evidence) fetch(a *Asked, c mq.Fetch) {
	f, err := c.Result(a.Answer)
	if a.End == 0 || a.Refused || err != nil {
		return
	}
	m.fetches = append(m.fetches, fetched{a.interval(), a.Machine, c.Log, c.Partition, c.Offset, f})
}
