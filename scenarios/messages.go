package scenarios

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// messages are what a transcript tells of each message, in the terms of the judges.
type messages struct {
	enqueues   []*enqueue
	sends      []*send
	deliveries []delivery
	receives   []receive
	settled    []settlement
	fetches    []fetched
	contents   map[mq.Number]string // what was sent under each number; empty if that differs
	removals   []removal
	bindings   []rebinding
}

// interval is when something was asked for and answered, in the order of all that
// happened at clients. End is 0 if there was no answer.
type interval struct {
	call, end     int64
	called, ended time.Duration
}

func (a asked) interval() interval { return interval{a.call, a.end, a.called, a.ended} }

// enqueue is an attempt to store a message in a queue. Attempts under the same number
// of the same producer are one.
type enqueue struct {
	interval
	machine  int
	queue    string
	value    string
	position int // in its batch
	numbered bool
	outcome  linearizability.Outcome

	exchange, key string
	copies        int // to how many it went, as its publisher was told, or -1
}

// send is an attempt to store a record in a log.
type send struct {
	enqueue
	partition uint32
	offset    int64 // -1 if it is not known
}

// delivery is a message that a client was handed. Origin and number say which message
// it was before it became a dead letter.
type delivery struct {
	interval
	machine int
	queue   string
	lease   mq.Lease
	length  time.Duration // of the lease, as declared or asked for
	told    time.Duration // of the lease, as the answer says
	now     time.Duration // the service's time
	publish time.Duration // when it was stored, by the service's time
	key     string
	value   string
	origin  string
	number  uint64
	reason  mq.Reason // why it is a dead letter, or zero
	died    uint32    // after how many deliveries
}

// receive is a question for messages.
type receive struct {
	interval
	queue   string
	max     int
	known   bool          // it was answered
	now     time.Duration // the service's time
	numbers []uint64      // of the messages
}

// settlement is what a client said about a lease.
type settlement struct {
	interval
	machine int
	queue   string
	lease   mq.Lease
	how     mq.Settlement
	known   bool // it was answered
	err     error
	timeout time.Duration // if it asks for another
	now     time.Duration // the service's time when it was granted another
}

// removal is a purge or the deletion of a queue that was not refused.
type removal struct {
	interval
	queue    string
	whole    bool // the queue with all that is in it
	known    bool // it was answered
	messages uint64
}

// rebinding is a change of a binding that was not refused.
type rebinding struct {
	interval
	mq.Bind
	bound bool
}

// errOfOthers is said of each of several leases of which one at least was not good, so
// that none was used.
var errOfOthers = errors.New("one of several leases is not good")

// fetched is an answered question for records.
type fetched struct {
	interval
	machine   int
	log       string
	partition uint32
	offset    uint64
	mq.Fetched
}

// read works out what a transcript tells.
func (c *messagingCrew) read() *messages {
	m := &messages{}
	stored := make(map[attemptKey]*enqueue)
	kept := make(map[attemptKey]*send)
	m.contents = make(map[mq.Number]string)
	for i := range c.record.asked {
		a := &c.record.asked[i]
		if c.walks(a.machine) {
			continue // by themselves
		}
		switch command := a.command.(type) {
		case mq.Publish:
			m.content(command.Number, command)
			m.publish(a, command, c.topology, stored, kept)
		case mq.Append:
			m.content(command.Number, command)
			m.append(a, command, kept)
		case mq.DescribeProducer:
			m.describe(a, command, stored, kept)
		case mq.Receive:
			m.receive(a, command, c.topology)
		case mq.Acknowledge:
			m.settle(a, command.Queue, command.Leases, mq.Acknowledging, command.Result)
		case mq.Return:
			m.settle(a, command.Queue, command.Leases, mq.Returning, command.Result)
		case mq.Reject:
			m.settle(a, command.Queue, command.Leases, mq.Rejecting, command.Result)
		case mq.Extend:
			m.extend(a, command)
		case mq.Purge:
			removed, err := command.Result(a.answer)
			m.remove(a, removal{queue: command.Queue, messages: removed.Messages}, err)
		case mq.DeleteQueue:
			removed, err := command.Result(a.answer)
			m.remove(a, removal{queue: command.Queue, messages: removed.Messages, whole: true}, err)
			m.rebind(a, mq.Bind{Queue: command.Queue}, false, err)
		case mq.Bind:
			_, err := command.Result(a.answer)
			m.rebind(a, command, true, err)
		case mq.Unbind:
			m.rebind(a, mq.Bind(command), false, command.Result(a.answer))
		case mq.Fetch:
			m.fetch(a, command)
		}
	}
	m.route(c.topology)
	return m
}

// attemptKey is by what attempts are recognized that are the same.
type attemptKey struct {
	number mq.Number
	place  string // queue, or log
	value  string
}

// outcomeOf is what a client knows of a command that changes something.
func (a *asked) outcomeOf(err error) linearizability.Outcome {
	switch {
	case a.end == 0:
		return linearizability.OutcomeUnknown
	case a.refused || err != nil:
		return linearizability.OutcomeFailed
	}
	return linearizability.OutcomeOK
}

func (m *messages) publish(a *asked, c mq.Publish, t topology, stored map[attemptKey]*enqueue, kept map[attemptKey]*send) {
	published, err := c.Result(a.answer)
	copies := int(published.Copies)
	if published.Forgotten || a.outcomeOf(err) != linearizability.OutcomeOK {
		copies = -1
	}
	for _, target := range t.targets(c.Exchange, c.Key) {
		_, isLog := t.logs[target]
		for i, body := range c.Messages {
			e := enqueue{
				interval: a.interval(), machine: a.machine, queue: target, value: string(body), position: i,
				numbered: c.Number.Producer != 0, outcome: a.outcomeOf(err),
				exchange: c.Exchange, key: c.Key, copies: copies,
			}
			key := attemptKey{c.Number, target, e.value}
			if !isLog {
				m.enqueue(e, key, stored)
			} else {
				partition := mq.Partition(c.Key, max(1, t.logs[target].Partitions))
				m.send(send{e, partition, -1}, key, kept)
			}
		}
	}
}

func (m *messages) append(a *asked, c mq.Append, kept map[attemptKey]*send) {
	appended, err := c.Result(a.answer)
	for i, r := range c.Records {
		s := send{enqueue{
			interval: a.interval(), machine: a.machine, queue: c.Log, value: string(r.Body), position: i,
			numbered: c.Number.Producer != 0, outcome: a.outcomeOf(err), key: r.Key, copies: -1,
		}, c.Partition, -1}
		if s.outcome == linearizability.OutcomeOK && !appended.Forgotten {
			s.offset = int64(appended.First) + int64(i)
		}
		m.send(s, attemptKey{c.Number, c.Log, s.value}, kept)
	}
}

func (m *messages) enqueue(e enqueue, key attemptKey, stored map[attemptKey]*enqueue) {
	if earlier := stored[key]; earlier != nil && e.numbered {
		earlier.merge(e)
		return
	}
	stored[key] = &e
	m.enqueues = append(m.enqueues, &e)
}

func (m *messages) send(s send, key attemptKey, kept map[attemptKey]*send) {
	if earlier := kept[key]; earlier != nil && s.numbered {
		earlier.merge(s.enqueue)
		if earlier.offset < 0 {
			earlier.offset = s.offset
		}
		return
	}
	kept[key] = &s
	m.sends = append(m.sends, &s)
}

// merge takes another attempt under the same number.
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
func (m *messages) content(n mq.Number, c mq.Command) {
	content := string(mq.Encode(c))
	if before, any := m.contents[n]; any && before != content {
		content = ""
	}
	m.contents[n] = content
}

// describe takes the word of the service that a producer's numbers are used: by what, if
// several things were sent under a number, it does not say.
func (m *messages) describe(a *asked, c mq.DescribeProducer, stored map[attemptKey]*enqueue, kept map[attemptKey]*send) {
	state, err := c.Result(a.answer)
	if a.outcomeOf(err) != linearizability.OutcomeOK {
		return
	}
	told := enqueue{interval: a.interval(), outcome: linearizability.OutcomeOK, copies: -1}
	for key, e := range stored {
		used := key.number.Producer == c.Producer && key.number.Sequence <= state.Highest && m.contents[key.number] != ""
		if used && e.outcome == linearizability.OutcomeUnknown {
			e.merge(told)
		}
	}
	for key, s := range kept {
		used := key.number.Producer == c.Producer && key.number.Sequence <= state.Highest && m.contents[key.number] != ""
		if used && s.outcome == linearizability.OutcomeUnknown {
			s.merge(told)
		}
	}
}

func (m *messages) receive(a *asked, c mq.Receive, t topology) {
	r := receive{interval: a.interval(), queue: c.Queue, max: c.Max}
	received, err := c.Result(a.answer)
	if a.end != 0 && (a.refused || err != nil) {
		return // nothing was received, and nothing is said about what is there
	}
	r.known, r.now = a.end != 0, received.Now
	for _, d := range received.Deliveries {
		delivered := delivery{
			interval: r.interval, machine: a.machine, queue: c.Queue, lease: d.Lease, now: received.Now,
			length: cmp.Or(c.Lease, t.queues[c.Queue].Lease, mq.DefaultLease), value: string(d.Body),
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

func (m *messages) settle(a *asked, queue string, leases []mq.Lease, how mq.Settlement, result func([]byte) error) {
	for _, l := range leases {
		s := settlement{interval: a.interval(), machine: a.machine, queue: queue, lease: l, how: how, known: a.end != 0}
		if s.known {
			s.err = result(a.answer)
		}
		if s.err != nil && len(leases) > 1 {
			s.err = errOfOthers
		}
		m.settled = append(m.settled, s)
	}
}

func (m *messages) extend(a *asked, c mq.Extend) {
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

func (m *messages) remove(a *asked, r removal, err error) {
	if a.outcomeOf(err) != linearizability.OutcomeFailed {
		r.interval, r.known = a.interval(), a.end != 0
		m.removals = append(m.removals, r)
	}
}

func (m *messages) rebind(a *asked, b mq.Bind, bound bool, err error) {
	if a.outcomeOf(err) != linearizability.OutcomeFailed {
		m.bindings = append(m.bindings, rebinding{a.interval(), b, bound})
	}
}

func (m *messages) fetch(a *asked, c mq.Fetch) {
	f, err := c.Result(a.answer)
	if a.end == 0 || a.refused || err != nil {
		return
	}
	m.fetches = append(m.fetches, fetched{a.interval(), a.machine, c.Log, c.Partition, c.Offset, f})
}

// queueMessage names a message of a queue.
type queueMessage struct {
	queue  string
	number uint64
}

// byMessage returns the deliveries of each message, in the order of attempts.
func (m *messages) byMessage() (names []queueMessage, all map[queueMessage][]delivery) {
	all = make(map[queueMessage][]delivery)
	for _, d := range m.deliveries {
		name := queueMessage{d.queue, d.lease.Message}
		if all[name] == nil {
			names = append(names, name)
		}
		all[name] = append(all[name], d)
	}
	slices.SortFunc(names, func(a, b queueMessage) int {
		return cmp.Or(cmp.Compare(a.queue, b.queue), cmp.Compare(a.number, b.number))
	})
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b delivery) int { return cmp.Compare(a.lease.Attempt, b.lease.Attempt) })
	}
	return names, all
}

// settlements returns what was said about each message.
func (m *messages) settlements() map[queueMessage][]settlement {
	all := make(map[queueMessage][]settlement)
	for _, s := range m.settled {
		name := queueMessage{s.queue, s.lease.Message}
		all[name] = append(all[name], s)
	}
	return all
}
