package mqjudge

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// Operation is one operation of a client.
type Operation struct {
	linearizability.Operation
	// Called and Ended are when that was in virtual time, and Made is when the client came
	// to want it.
	Called, Made, Ended time.Duration
	// Machine is the number of the client, and Number says which of its messages it sends;
	// zero if it sends none.
	Machine, Number int
}

// Operations are all that clients did, in the order in which they called.
func (m *Evidence) Operations() []Operation {
	l := listing{Evidence: m, made: make(map[string]bool)}
	for _, e := range m.enqueues {
		l.add(e.interval, e.machine, e.queue, linearizability.Enqueue{Value: e.value}, e.outcome, nil)
		l.name(e.value)
	}
	for _, s := range m.sends {
		l.add(s.interval, s.machine, partitionKey(s.queue, s.partition), linearizability.Send{Value: s.value}, s.outcome, s.answer())
		l.name(s.value)
	}
	for _, d := range m.deliveries {
		var input linearizability.Input = linearizability.Receive{}
		if m.Topology.Queues[d.queue].Contract == mq.AtMostOnce {
			input = linearizability.Dequeue{}
		}
		l.add(d.interval, d.machine, d.queue, input, linearizability.OutcomeOK, d.value)
	}
	l.settlements()
	for _, f := range m.fetches {
		for _, r := range f.Records {
			l.add(f.interval, f.machine, partitionKey(f.log, f.partition), linearizability.Poll{Offset: int64(r.Offset)}, linearizability.OutcomeOK, string(r.Body))
		}
	}
	slices.SortStableFunc(l.all, func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) })
	numberClients(l.all)
	return l.all
}

// listing puts a list of operations together.
type listing struct {
	*Evidence
	all  []Operation
	made map[string]bool // messages whose making is told of
}

func (l *listing) add(i interval, machine int, key string, input linearizability.Input, outcome linearizability.Outcome, output any) {
	ended := i.ended
	if i.end == 0 {
		ended = l.End
	}
	l.all = append(l.all, Operation{
		Operation: i.operation(key, input, outcome, output), Called: i.called, Made: i.called, Ended: ended, Machine: machine,
	})
}

// name tells how the message came to be that was added last, if it is its first attempt.
func (l *listing) name(value string) {
	if making := l.Transcript.Made[value]; !l.made[value] {
		l.made[value] = true
		o := &l.all[len(l.all)-1]
		o.Made, o.Number = making.At, making.Number
	}
}

func (l *listing) settlements() {
	values := l.values()
	for _, s := range l.settled {
		outcome, value := linearizability.OutcomeUnknown, values[queueMessage{s.queue, s.lease.Message}]
		if s.known {
			outcome = linearizability.OutcomeOK
		}
		switch s.how {
		case mq.Extending:
		case mq.Returning:
			l.add(s.interval, s.machine, s.queue, linearizability.Expire{Value: value}, outcome, s.err == nil)
		default:
			l.add(s.interval, s.machine, s.queue, linearizability.Acknowledge{Value: value}, outcome, s.err == nil)
		}
	}
}

// numberClients gives operations clients: a machine is as many as it has operations
// under way at a time, and one of unknown outcome is under way for ever.
func numberClients(all []Operation) {
	type slot struct {
		machine, client int
		free            int64
	}
	var slots []slot
	clients := 0
	for i := range all {
		o := &all[i]
		at := slices.IndexFunc(slots, func(s slot) bool { return s.machine == o.Machine && s.free < o.Call })
		if at < 0 {
			clients++
			at = len(slots)
			slots = append(slots, slot{machine: o.Machine, client: clients})
		}
		o.Client = slots[at].client
		slots[at].free = o.Return
		if o.Outcome == linearizability.OutcomeUnknown {
			slots = slices.Delete(slots, at, at+1)
		}
	}
}
