package reference

import (
	"cmp"
	"slices"
	"time"

	"quorumlab/mq"
)

type log struct {
	name       string
	options    mq.LogOptions
	partitions []*partition
	groups     []*group
}

type partition struct {
	start   uint64
	records []mq.Record // all that were ever appended
}

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

func (r *Machine) log(name string) *log {
	for _, l := range r.logs {
		if l.name == name {
			return l
		}
	}
	return nil
}

func (r *Machine) expireLog(l *log) {
	for _, p := range l.partitions {
		for l.options.RetainAge > 0 && p.start < uint64(len(p.records)) &&
			r.now-p.records[p.start].Published >= l.options.RetainAge {
			p.start++
		}
	}
	slices.SortFunc(l.groups, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	for _, g := range l.groups {
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
}

func (r *Machine) rebalance(g *group) {
	r.generations++
	g.generation = r.generations
}

func (r *Machine) append(l *log, partition uint32, key, body string) uint64 {
	p := l.partitions[partition]
	offset := uint64(len(p.records))
	p.records = append(p.records, mq.Record{Offset: offset, Published: r.now, Key: key, Body: []byte(body)})
	if keep := l.options.RetainCount; keep > 0 && offset+1 > keep {
		p.start = max(p.start, offset+1-keep)
	}
	return offset
}

// logOf returns the log that a command is about, or what it is refused with.
func (r *Machine) logOf(name string) (*log, any) {
	if l := r.log(name); l != nil {
		return l, nil
	}
	if r.queue(name) != nil {
		return nil, mq.ErrWrongType
	}
	return nil, mq.ErrUnknownQueue
}

func (r *Machine) partitionOf(name string, number uint32) (*log, *partition, any) {
	l, refusal := r.logOf(name)
	if refusal != nil {
		return nil, nil, refusal
	}
	if int(number) >= len(l.partitions) {
		return nil, nil, mq.ErrUnknownPartition
	}
	return l, l.partitions[number], nil
}

func (r *Machine) applyToLog(command mq.Command) any {
	switch c := command.(type) {
	case mq.DeclareLog:
		return r.declareLog(c)
	case mq.DeleteLog:
		l, refusal := r.logOf(c.Log)
		if refusal != nil {
			return refusal
		}
		r.unbindAll(c.Log)
		r.logs = slices.DeleteFunc(r.logs, func(x *log) bool { return x == l })
		return nil
	case mq.DescribeLog:
		l, refusal := r.logOf(c.Log)
		if refusal != nil {
			return refusal
		}
		state := mq.LogState{Options: l.options}
		for _, p := range l.partitions {
			state.Partitions = append(state.Partitions, mq.Range{Start: p.start, End: uint64(len(p.records))})
		}
		return state
	case mq.Append:
		return r.appendAll(c)
	case mq.Fetch:
		return r.fetch(c)
	case mq.Join:
		return r.join(c)
	case mq.Commit:
		return r.commit(c)
	case mq.Heartbeat:
		g, i, refusal := r.member(c.Log, c.Group, c.Member, c.Generation, true)
		if refusal != nil {
			return refusal
		}
		g.members[i].deadline = r.now + g.members[i].timeout
		return nil
	case mq.Leave:
		g, i, refusal := r.member(c.Log, c.Group, c.Member, 0, false)
		if refusal != nil {
			return refusal
		}
		g.members = slices.Delete(g.members, i, i+1)
		r.rebalance(g)
		return nil
	case mq.DescribeGroup:
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
	panic("reference: no command of a log")
}

func (r *Machine) declareLog(c mq.DeclareLog) any {
	o := c.Options
	if c.Log == "" {
		return mq.ErrBadName
	}
	if o.Partitions > mq.MaxPartitions || o.RetainAge < 0 || o.RetainAge > 10*365*24*time.Hour {
		return mq.ErrBadOption
	}
	if o.Partitions == 0 {
		o.Partitions = 1
	}
	if l := r.log(c.Log); l != nil && l.options == o {
		return mq.Declared{}
	} else if l != nil || r.queue(c.Log) != nil {
		return mq.ErrMismatch
	}
	l := &log{name: c.Log, options: o}
	for range o.Partitions {
		l.partitions = append(l.partitions, &partition{})
	}
	r.logs = append(r.logs, l)
	slices.SortFunc(r.logs, func(a, b *log) int { return cmp.Compare(a.name, b.name) })
	return mq.Declared{Created: true}
}

func (r *Machine) appendAll(c mq.Append) any {
	if len(c.Records) == 0 || len(c.Records) > mq.MaxBatch {
		return mq.ErrTooMany
	}
	for _, x := range c.Records {
		if len(x.Key)+len(x.Body) > mq.MaxMessageBytes {
			return mq.ErrTooLarge
		}
	}
	return r.once(c.Number, c, mq.Appended{}, func() any {
		l, p, refusal := r.partitionOf(c.Log, c.Partition)
		if refusal != nil {
			return refusal
		}
		first := uint64(len(p.records))
		for _, x := range c.Records {
			r.append(l, c.Partition, x.Key, string(x.Body))
		}
		return mq.Appended{First: first}
	})
}

func (r *Machine) fetch(c mq.Fetch) any {
	_, p, refusal := r.partitionOf(c.Log, c.Partition)
	if refusal != nil {
		return refusal
	}
	end := uint64(len(p.records))
	if c.Max < 1 || c.Max > mq.MaxBatch {
		return mq.ErrTooMany
	}
	if c.Offset < p.start || c.Offset > end {
		return mq.ErrOffsetOutOfRange
	}
	fetched := mq.Fetched{Range: mq.Range{Start: p.start, End: end}}
	for _, x := range p.records[c.Offset:] {
		if len(fetched.Records) < c.Max {
			fetched.Records = append(fetched.Records, x)
		}
	}
	return fetched
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
	g.committed[c.Partition] = mq.PartitionOffset{Partition: c.Partition, Committed: true, Offset: c.Offset}
	return nil
}
