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

func (r *Machine) log(name string) *log {
	for _, l := range r.logs {
		if l.name == name {
			return l
		}
	}
	return nil
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
		return r.deleteLog(c)
	case mq.DescribeLog:
		return r.describeLog(c)
	case mq.Append:
		return r.appendAll(c)
	case mq.Fetch:
		return r.fetch(c)
	case mq.Join:
		return r.join(c)
	case mq.Commit:
		return r.commit(c)
	case mq.Heartbeat:
		return r.heartbeat(c)
	case mq.Leave:
		return r.leave(c)
	case mq.DescribeGroup:
		return r.describeGroup(c)
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

func (r *Machine) deleteLog(c mq.DeleteLog) any {
	l, refusal := r.logOf(c.Log)
	if refusal != nil {
		return refusal
	}
	r.unbindAll(c.Log)
	r.logs = slices.DeleteFunc(r.logs, func(x *log) bool { return x == l })
	return nil
}

func (r *Machine) describeLog(c mq.DescribeLog) any {
	l, refusal := r.logOf(c.Log)
	if refusal != nil {
		return refusal
	}
	state := mq.LogState{Options: l.options}
	for _, p := range l.partitions {
		state.Partitions = append(state.Partitions, mq.Range{Start: p.start, End: uint64(len(p.records))})
	}
	return state
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

func (r *Machine) append(l *log, partition uint32, key, body string) uint64 {
	p := l.partitions[partition]
	offset := uint64(len(p.records))
	p.records = append(p.records, mq.Record{Offset: offset, Published: r.now, Key: key, Body: []byte(body)})
	if keep := l.options.RetainCount; keep > 0 && offset+1 > keep {
		p.start = max(p.start, offset+1-keep)
	}
	return offset
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

func (r *Machine) expireLog(l *log) {
	for _, p := range l.partitions {
		for l.options.RetainAge > 0 && p.start < uint64(len(p.records)) &&
			r.now-p.records[p.start].Published >= l.options.RetainAge {
			p.start++
		}
	}
	slices.SortFunc(l.groups, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	for _, g := range l.groups {
		r.expireMembers(g)
	}
}
