package mqjudge

import (
	"cmp"
	"maps"
	"slices"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// groups judges what groups promise: that every record is dealt with, that a
// partition has one owner in a generation, and that offsets never go back.
func (j judge) groups() {
	j.owners()
	names := slices.SortedFunc(maps.Keys(j.CommitsFirst), func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Log, b.Log), cmp.Compare(a.Name, b.Name))
	})
	attempts := j.sendAttempts()
	for _, name := range names {
		worked := make(map[string]int)
		for _, w := range j.Transcript.Work {
			if w.Queue == name.Log && w.Group == name.Name {
				worked[w.Value]++
			}
		}
		for _, s := range j.sends {
			n := worked[s.value]
			first := j.CommitsFirst[name]
			switch {
			case s.queue != name.Log || s.outcome == linearizability.OutcomeFailed:
			case first && n > attempts[linearizability.Message{Key: partitionKey(s.queue, s.partition), Value: s.value}]:
				j.blame(duplicateRecord, "group %s, which commits first, has dealt with %s %d times", name.Name, s.value, n)
			case !first && n == 0 && s.outcome == linearizability.OutcomeOK && j.Drained && !j.retains(s.queue):
				j.blame(lostRecord, "group %s has committed offsets up to the end of log %s and never dealt with %s, at offset %d",
					name.Name, name.Log, s.value, s.offset)
			}
		}
	}
}

// owner is who a partition belongs to in a generation.
type owner struct {
	Group
	generation uint64
	partition  uint32
}

// owners goes through what members of groups were told.
func (j judge) owners() {
	member := make(map[owner]mq.ConsumerID)
	type progress struct {
		offset uint64
		end    int64
	}
	committed := make(map[owner][]progress) // of generation zero: in all
	newest := make(map[Group][]progress)
	for _, a := range j.Transcript.Asked {
		if a.End == 0 || a.Refused || j.alone(a.Machine) {
			continue
		}
		switch c := a.Command.(type) {
		case mq.Join:
			joined, err := c.Result(a.Answer)
			if err != nil {
				continue
			}
			group := Group{c.Log, c.Group}
			newest[group] = append(newest[group], progress{joined.Generation, a.End})
			for _, p := range joined.Partitions {
				o := owner{group, joined.Generation, p.Partition}
				if other, any := member[o]; any && other != c.Member {
					j.blame(groupExclusion, "partition %d of log %s belongs to members %d and %d of group %s in generation %d",
						p.Partition, c.Log, other, c.Member, c.Group, joined.Generation)
				}
				member[o] = c.Member
				for _, before := range committed[owner{group, 0, p.Partition}] {
					if before.end < a.Call && (!p.Committed || p.Offset < before.offset) {
						j.blame(committedOffset, "group %s had committed offset %d of %s, and member %d was told %d",
							c.Group, before.offset, partitionKey(c.Log, p.Partition), c.Member, p.Offset)
					}
				}
			}
		case mq.Commit:
			if c.Result(a.Answer) != nil {
				continue
			}
			group := Group{c.Log, c.Group}
			o := owner{group, 0, c.Partition}
			committed[o] = append(committed[o], progress{c.Offset, a.End})
			for _, join := range newest[group] {
				if join.end < a.Call && join.offset > c.Generation {
					j.blame(groupExclusion, "group %s took a commit of generation %d when it had reached generation %d", c.Group, c.Generation, join.offset)
				}
			}
		}
	}
}
