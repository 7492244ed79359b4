package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// logs judges logs: by the errors that are known of them, and for linearizability.
func (j messageJudge) logs() {
	if len(j.crew.topology.logs) == 0 {
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
	if j.crew.drained && check.Unseen > 0 {
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

func (j messageJudge) sendAttempts() map[linearizability.Message]int {
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
func (j messageJudge) logHistory() linearizability.History {
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
func (j messageJudge) startOf(log string, partition uint32) int64 {
	if l := j.crew.audit.logs[log]; int(partition) < len(l.Partitions) {
		return int64(l.Partitions[partition].Start)
	}
	return 0
}

func (j messageJudge) retains(log string) bool {
	o := j.crew.topology.logs[log]
	return o.RetainAge > 0 || o.RetainCount > 0
}

// logAnswers is the history of a log to be judged for linearizability.
func (j messageJudge) logAnswers() linearizability.History {
	var h linearizability.History
	for _, s := range j.sends {
		var offset any
		if s.offset >= 0 {
			offset = s.offset
		}
		h = append(h, s.operation(partitionKey(s.queue, s.partition), linearizability.Send{Value: s.value}, s.outcome, offset))
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

// groups judges what groups promise: that every record is dealt with, that a
// partition has one owner in a generation, and that offsets never go back.
func (j messageJudge) groups() {
	j.owners()
	promised := make(map[groupName]Follower)
	for _, role := range j.crew.Roles {
		if f, ok := role.(Follower); ok && f.Group != "" {
			promised[groupName{f.Log, f.Group}] = f
		}
	}
	names := make([]groupName, 0, len(promised))
	for name := range promised {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b groupName) int { return cmp.Or(cmp.Compare(a.log, b.log), cmp.Compare(a.group, b.group)) })
	attempts := j.sendAttempts()
	for _, name := range names {
		worked := make(map[string]int)
		for _, w := range j.crew.record.worked {
			if w.queue == name.log && w.group == name.group {
				worked[w.value]++
			}
		}
		for _, s := range j.sends {
			n := worked[s.value]
			first := promised[name].CommitFirst
			switch {
			case s.queue != name.log || s.outcome == linearizability.OutcomeFailed:
			case first && n > attempts[linearizability.Message{Key: partitionKey(s.queue, s.partition), Value: s.value}]:
				j.blame(duplicateRecord, "group %s, which commits first, has dealt with %s %d times", name.group, s.value, n)
			case !first && n == 0 && s.outcome == linearizability.OutcomeOK && j.crew.drained && !j.retains(s.queue):
				j.blame(lostRecord, "group %s has committed offsets up to the end of log %s and never dealt with %s, at offset %d",
					name.group, name.log, s.value, s.offset)
			}
		}
	}
}

// owner is who a partition belongs to in a generation.
type owner struct {
	groupName
	generation uint64
	partition  uint32
}

// owners goes through what members of groups were told.
func (j messageJudge) owners() {
	member := make(map[owner]mq.ConsumerID)
	type progress struct {
		offset uint64
		end    int64
	}
	committed := make(map[owner][]progress) // of generation zero: in all
	newest := make(map[groupName][]progress)
	for _, a := range j.crew.record.asked {
		if a.end == 0 || a.refused || j.crew.walks(a.machine) {
			continue
		}
		switch c := a.command.(type) {
		case mq.Join:
			joined, err := c.Result(a.answer)
			if err != nil {
				continue
			}
			group := groupName{c.Log, c.Group}
			newest[group] = append(newest[group], progress{joined.Generation, a.end})
			for _, p := range joined.Partitions {
				o := owner{group, joined.Generation, p.Partition}
				if other, any := member[o]; any && other != c.Member {
					j.blame(groupExclusion, "partition %d of log %s belongs to members %d and %d of group %s in generation %d",
						p.Partition, c.Log, other, c.Member, c.Group, joined.Generation)
				}
				member[o] = c.Member
				for _, before := range committed[owner{group, 0, p.Partition}] {
					if before.end < a.call && (!p.Committed || p.Offset < before.offset) {
						j.blame(committedOffset, "group %s had committed offset %d of %s, and member %d was told %d",
							c.Group, before.offset, partitionKey(c.Log, p.Partition), c.Member, p.Offset)
					}
				}
			}
		case mq.Commit:
			if c.Result(a.answer) != nil {
				continue
			}
			group := groupName{c.Log, c.Group}
			o := owner{group, 0, c.Partition}
			committed[o] = append(committed[o], progress{c.Offset, a.end})
			for _, join := range newest[group] {
				if join.end < a.call && join.offset > c.Generation {
					j.blame(groupExclusion, "group %s took a commit of generation %d when it had reached generation %d", c.Group, c.Generation, join.offset)
				}
			}
		}
	}
}
