package mqjudge

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// Operation is one operation of a client, when it called and ended, in virtual time, and
// when the client, a machine of this number, came to want it and as its which.
type Operation struct {
	linearizability.Operation
	Called, Made, Ended time.Duration
	Machine, Number     int
}

// Operations are all, as the result of a run has them.
func (m *Evidence) Operations() []Operation {
	var all []Operation
	add := func(i interval, machine int, key string, input linearizability.Input, outcome linearizability.Outcome, output any) {
		ended := i.ended
		if i.end == 0 {
			ended = m.End
		}
		all = append(all, Operation{
			Operation: i.operation(key, input, outcome, output), Called: i.called, Made: i.called, Ended: ended, Machine: machine,
		})
	}
	made := make(map[string]bool)
	name := func(value string) {
		o := &all[len(all)-1]
		if making := m.Transcript.Made[value]; !made[value] {
			made[value] = true
			o.Made, o.Number = making.At, making.Number
		}
	}
	for _, e := range m.enqueues {
		add(e.interval, e.machine, e.queue, linearizability.Enqueue{Value: e.value}, e.outcome, nil)
		name(e.value)
	}
	for _, s := range m.sends {
		var offset any
		if s.offset >= 0 {
			offset = s.offset
		}
		add(s.interval, s.machine, partitionKey(s.queue, s.partition), linearizability.Send{Value: s.value}, s.outcome, offset)
		name(s.value)
	}
	for _, d := range m.deliveries {
		var input linearizability.Input = linearizability.Receive{}
		if m.Topology.Queues[d.queue].Contract == mq.AtMostOnce {
			input = linearizability.Dequeue{}
		}
		add(d.interval, d.machine, d.queue, input, linearizability.OutcomeOK, d.value)
	}
	values := m.values()
	for _, s := range m.settled {
		outcome := linearizability.OutcomeUnknown
		if s.known {
			outcome = linearizability.OutcomeOK
		}
		value := values[queueMessage{s.queue, s.lease.Message}]
		if s.how == mq.Extending {
			continue
		}
		if s.how == mq.Returning {
			add(s.interval, s.machine, s.queue, linearizability.Expire{Value: value}, outcome, s.err == nil)
		} else {
			add(s.interval, s.machine, s.queue, linearizability.Acknowledge{Value: value}, outcome, s.err == nil)
		}
	}
	for _, f := range m.fetches {
		for _, r := range f.Records {
			add(f.interval, f.machine, partitionKey(f.log, f.partition), linearizability.Poll{Offset: int64(r.Offset)}, linearizability.OutcomeOK, string(r.Body))
		}
	}
	slices.SortStableFunc(all, func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) })
	numberClients(all)
	return all
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
