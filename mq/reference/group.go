package reference

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/mq"
)

type group struct {
	name       string
	generation uint64
	members    []member // by id
	committed  []mq.PartitionOffset
}

type member struct {
	id                mq.ConsumerID
	timeout, deadline time.Duration
}

func (r *Machine) member(log, group string, id mq.ConsumerID, generation uint64, check bool) (*group, int, any) {
	l, refusal := r.logOf(log)
	if refusal != nil {
		return nil, 0, refusal
	}
	for _, g := range l.groups {
		for i, m := range g.members {
			if g.name != group || m.id != id {
				continue
			}
			if check && generation != g.generation {
				return nil, 0, mq.ErrStaleGeneration
			}
			return g, i, nil
		}
	}
	return nil, 0, mq.ErrUnknownMember
}

func (r *Machine) join(c mq.Join) any {
	l, refusal := r.logOf(c.Log)
	if refusal != nil {
		return refusal
	}
	if c.Group == "" {
		return mq.ErrBadName
	}
	if c.SessionTimeout < 0 || c.SessionTimeout > 30*time.Minute {
		return mq.ErrBadOption
	}
	timeout := c.SessionTimeout
	if timeout == 0 {
		timeout = 45 * time.Second
	}
	i := slices.IndexFunc(l.groups, func(g *group) bool { return g.name == c.Group })
	if i < 0 {
		i = len(l.groups)
		g := &group{name: c.Group}
		for p := range l.partitions {
			g.committed = append(g.committed, mq.PartitionOffset{Partition: uint32(p)})
		}
		l.groups = append(l.groups, g)
	}
	g := l.groups[i]
	joining := member{id: c.Member, timeout: timeout, deadline: r.now + timeout}
	at := slices.IndexFunc(g.members, func(m member) bool { return m.id == c.Member })
	if at >= 0 {
		g.members[at] = joining
	} else {
		g.members = append(g.members, joining)
		slices.SortFunc(g.members, func(a, b member) int { return cmp.Compare(a.id, b.id) })
		r.rebalance(g)
	}
	joined := mq.Joined{Generation: g.generation}
	for p := range l.partitions {
		if g.owner(p) == c.Member {
			joined.Partitions = append(joined.Partitions, g.committed[p])
		}
	}
	return joined
}

func (r *Machine) heartbeat(c mq.Heartbeat) any {
	g, i, refusal := r.member(c.Log, c.Group, c.Member, c.Generation, true)
	if refusal != nil {
		return refusal
	}
	g.members[i].deadline = r.now + g.members[i].timeout
	return nil
}

func (r *Machine) leave(c mq.Leave) any {
	g, i, refusal := r.member(c.Log, c.Group, c.Member, 0, false)
	if refusal != nil {
		return refusal
	}
	g.members = slices.Delete(g.members, i, i+1)
	r.rebalance(g)
	return nil
}

func (r *Machine) commit(c mq.Commit) any {
	_, p, refusal := r.partitionOf(c.Log, c.Partition)
	if refusal != nil {
		return refusal
	}
	g, _, refusal := r.member(c.Log, c.Group, c.Member, c.Generation, true)
	if refusal != nil {
		return refusal
	}
	if g.owner(int(c.Partition)) != c.Member {
		return mq.ErrNotAssigned
	}
	if c.Offset > uint64(len(p.records)) {
		return mq.ErrOffsetOutOfRange
	}
	if before := g.committed[c.Partition]; before.Committed && c.Offset < before.Offset {
		return nil // what was dealt with stays so
	}
	g.committed[c.Partition] = mq.PartitionOffset{Partition: c.Partition, Committed: true, Offset: c.Offset}
	return nil
}

func (r *Machine) describeGroup(c mq.DescribeGroup) any {
	l, refusal := r.logOf(c.Log)
	if refusal != nil {
		return refusal
	}
	var state mq.GroupState
	for _, g := range l.groups {
		if g.name == c.Group {
			state.Generation, state.Partitions = g.generation, g.committed
			for _, m := range g.members {
				state.Members = append(state.Members, m.id)
			}
		}
	}
	return state
}

// owner returns who has a partition: they are dealt out one by one, to each member
// in turn, and each then takes as many of the row as it was dealt.
func (g *group) owner(partition int) mq.ConsumerID {
	dealt := make([]int, len(g.members))
	for p := range g.committed {
		dealt[p%len(g.members)]++
	}
	i := 0
	for partition >= dealt[i] {
		partition -= dealt[i]
		i++
	}
	return g.members[i].id
}

func (r *Machine) rebalance(g *group) {
	r.generations++
	g.generation = r.generations
}

func (r *Machine) expireMembers(g *group) {
	var alive []member
	for _, m := range g.members {
		if m.deadline > r.now {
			alive = append(alive, m)
		}
	}
	if len(alive) < len(g.members) {
		g.members = alive
		r.rebalance(g)
	}
}
