package mqjudge

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// Evidence is what a transcript tells of each message, in the terms of the judges.
type Evidence struct {
	Case
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

func (a Asked) interval() interval { return interval{a.Call, a.End, a.Called, a.Ended} }

// enqueue is an attempt to store a message in a queue. Attempts of the same producer are one
// if it numbers them.
type enqueue struct {
	interval
	machine  int
	queue    string
	value    string
	position int       // in its batch
	number   mq.Number // the last that it was sent under; zero: none
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

// answer is the offset that its client was told, or nil.
func (s *send) answer() any {
	if s.offset < 0 {
		return nil
	}
	return s.offset
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
func Read(c Case) *Evidence {
	m := &Evidence{Case: c}
	stored := make(map[attemptKey]*enqueue)
	kept := make(map[attemptKey]*send)
	m.contents = make(map[mq.Number]string)
	for i := range m.Transcript.Asked {
		a := &m.Transcript.Asked[i]
		if m.alone(a.Machine) {
			continue // by themselves
		}
		switch command := a.Command.(type) {
		case mq.Publish:
			m.content(command.Number, command)
			m.publish(a, command, stored, kept)
		case mq.Append:
			m.content(command.Number, command)
			m.append(a, command, kept)
		case mq.DescribeProducer:
			m.describe(a, command, stored, kept)
		case mq.Receive:
			m.receive(a, command)
		case mq.Acknowledge:
			m.settle(a, command.Queue, command.Leases, mq.Acknowledging, command.Result)
		case mq.Return:
			m.settle(a, command.Queue, command.Leases, mq.Returning, command.Result)
		case mq.Reject:
			m.settle(a, command.Queue, command.Leases, mq.Rejecting, command.Result)
		case mq.Extend:
			m.extend(a, command)
		case mq.Purge:
			removed, err := command.Result(a.Answer)
			m.remove(a, removal{queue: command.Queue, messages: removed.Messages}, err)
		case mq.DeleteQueue:
			removed, err := command.Result(a.Answer)
			m.remove(a, removal{queue: command.Queue, messages: removed.Messages, whole: true}, err)
			m.rebind(a, mq.Bind{Queue: command.Queue}, false, err)
		case mq.Bind:
			_, err := command.Result(a.Answer)
			m.rebind(a, command, true, err)
		case mq.Unbind:
			m.rebind(a, mq.Bind(command), false, command.Result(a.Answer))
		case mq.Fetch:
			m.fetch(a, command)
		}
	}
	m.route()
	return m
}

// queueMessage names a message of a queue.
type queueMessage struct {
	queue  string
	number uint64
}

// byMessage returns the deliveries of each message, in the order of attempts.
func (m *Evidence) byMessage() (names []queueMessage, all map[queueMessage][]delivery) {
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
func (m *Evidence) settlements() map[queueMessage][]settlement {
	all := make(map[queueMessage][]settlement)
	for _, s := range m.settled {
		name := queueMessage{s.queue, s.lease.Message}
		all[name] = append(all[name], s)
	}
	return all
}

// queueValue names a value of a queue.
type queueValue struct{ queue, value string }
