package mqjudge

import (
	"fmt"
	"slices"

	"quorumlab/linearizability"
)

// logs judges logs: by the errors that are known of them, and for linearizability.
func (j judge) logs() {
	if len(j.Topology.Logs) == 0 {
		return
	}
	for _, f := range j.fetches {
		for i, r := range f.Records {
			if r.Offset != f.offset+uint64(i) {
				j.blame("poll-skip", "C%d asked %s for offset %d on, and was answered %d in the place of %d",
					f.machine, partitionKey(f.log, f.partition), f.offset, r.Offset, f.offset+uint64(i))
				return
			}
		}
	}
	check, err := linearizability.CheckLog(j.logHistory())
	if err != nil {
		j.blame("History", "%v", err)
		return
	}
	attempts := j.sendAttempts()
	for _, e := range check.Errors() {
		if e.Name == "duplicate" { // who sends a record twice without a number gets it twice
			e.Operations = slices.DeleteFunc(e.Operations, func(op linearizability.Operation) bool {
				return attempts[linearizability.Message{Key: op.Key, Value: valueOf(op)}] > 1
			})
		}
		if len(e.Operations) > 0 {
			j.blame(e.Name, "%d operations, such as %v on %s", len(e.Operations), e.Operations[0], e.Operations[0].Key)
		}
	}
	if j.Drained && check.Unseen > 0 {
		j.blame("lost-write", "%d acknowledged sends lie behind the end of the log, or are not in it", check.Unseen)
	}
	for _, n := range attempts {
		if n > 1 {
			return
		}
	}
	j.linearizable(linearizability.Log(), j.logAnswers())
}

// valueOf is the record that an operation on a log is about.
func valueOf(op linearizability.Operation) string {
	switch in := op.Input.(type) {
	case linearizability.Send:
		return in.Value
	}
	value, _ := op.Output.(string)
	return value
}

func (j judge) sendAttempts() map[linearizability.Message]int {
	attempts := make(map[linearizability.Message]int)
	for _, s := range j.sends {
		if s.outcome != linearizability.OutcomeFailed {
			attempts[linearizability.Message{Key: partitionKey(s.queue, s.partition), Value: s.value}]++
		}
	}
	return attempts
}

// logHistory is the history for CheckLog. Sends that retention may have taken away
// before anybody polled them are left out. A follower that asks for another offset than the next is another
// client from then on.
func (j judge) logHistory() linearizability.History {
	polled := make(map[linearizability.Message]bool)
	for _, f := range j.fetches {
		for _, r := range f.Records {
			polled[linearizability.Message{Key: partitionKey(f.log, f.partition), Value: string(r.Body)}] = true
		}
	}
	attempts := j.sendAttempts()
	var h linearizability.History
	client := 1 << 20
	for _, s := range j.sends {
		key := partitionKey(s.queue, s.partition)
		m := linearizability.Message{Key: key, Value: s.value}
		if !polled[m] && s.offset >= 0 && s.offset < j.startOf(s.queue, s.partition) || !polled[m] && s.offset < 0 && j.retains(s.queue) {
			continue
		}
		op := s.operation(key, linearizability.Send{Value: s.value}, s.outcome, nil)
		op.Client = s.machine
		if s.offset >= 0 {
			op.Output = s.offset
		}
		op.Call, op.Return = inBatch(&s.enqueue)
		if s.outcome != linearizability.OutcomeOK || attempts[m] > 1 {
			client++
			op.Client = client
		}
		h = append(h, op)
	}
	next := make(map[string]uint64)
	who := make(map[string]int)
	for _, f := range j.fetches {
		key := partitionKey(f.log, f.partition)
		reader := fmt.Sprintf("%d %s", f.machine, key)
		if expected, any := next[reader]; !any || expected != f.offset {
			client++
			who[reader] = client
		}
		next[reader] = f.offset + uint64(len(f.Records))
		for i, r := range f.Records {
			op := f.operation(key, linearizability.Poll{Offset: int64(r.Offset)}, linearizability.OutcomeOK, string(r.Body))
			op.Client = who[reader]
			op.Call = f.call*spread + 2*int64(i)
			op.Return = op.Call + 1
			h = append(h, op)
		}
	}
	return h
}

// startOf is the first offset that a partition has in the end.
func (j judge) startOf(log string, partition uint32) int64 {
	if l := j.Audit.Logs[log]; int(partition) < len(l.Partitions) {
		return int64(l.Partitions[partition].Start)
	}
	return 0
}

func (j judge) retains(log string) bool {
	o := j.Topology.Logs[log]
	return o.RetainAge > 0 || o.RetainCount > 0
}

// logAnswers is the history of a log to be judged for linearizability.
func (j judge) logAnswers() linearizability.History {
	var h linearizability.History
	for _, s := range j.sends {
		h = append(h, s.operation(partitionKey(s.queue, s.partition), linearizability.Send{Value: s.value}, s.outcome, s.answer()))
	}
	for _, f := range j.fetches {
		key := partitionKey(f.log, f.partition)
		for _, r := range f.Records {
			h = append(h, f.operation(key, linearizability.Poll{Offset: int64(r.Offset)}, linearizability.OutcomeOK, string(r.Body)))
		}
		if len(f.Records) == 0 {
			h = append(h, f.operation(key, linearizability.Poll{Offset: int64(f.offset)}, linearizability.OutcomeOK, nil))
		}
	}
	return anonymous(h)
}
