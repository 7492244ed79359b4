package mq

import (
	"encoding/binary"
	"time"
)

// LogOptions are the properties of a log.
type LogOptions struct {
	// Partitions is into how many parts the log is divided, each with an order of its
	// own: 1 to MaxPartitions. Zero is one.
	Partitions uint32
	// RetainCount is how many records a partition keeps. Zero is any number.
	RetainCount uint64
	// RetainAge is how long a record is kept. Zero is for ever.
	RetainAge time.Duration
}

// MaxPartitions is into how many parts a log may be divided.
const MaxPartitions = 1024

func (o LogOptions) check() *Error {
	if o.Partitions > MaxPartitions {
		return refuse(ErrBadOption, "Partitions %d: must be at most %d", o.Partitions, MaxPartitions)
	}
	return checkDuration("RetainAge", o.RetainAge, maxAge)
}

func (o LogOptions) filled() LogOptions {
	o.Partitions = max(o.Partitions, 1)
	return o
}

func (o LogOptions) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(o.Partitions))
	b = binary.AppendUvarint(b, o.RetainCount)
	return appendDuration(b, o.RetainAge)
}

func decodeLogOptions(r *reader) LogOptions {
	return LogOptions{Partitions: r.number32(), RetainCount: r.number(), RetainAge: r.duration()}
}

// log is records that stay when they are read.
type log struct {
	name       string
	options    LogOptions
	partitions []partition
	groups     named[*group]
}

func newLog(name string, options LogOptions) *log {
	return &log{name: name, options: options, partitions: make([]partition, options.Partitions)}
}

func (l *log) getName() string { return l.name }

// append adds a record to a partition and returns its offset.
func (l *log) append(m *Machine, partition uint32, r Record) uint64 {
	p := &l.partitions[partition]
	r.Offset, r.Published = p.end, m.clock.now
	p.append(r)
	if keep := l.options.RetainCount; keep > 0 && p.end-p.start > keep {
		p.trim(p.end - keep)
	}
	if l.options.RetainAge > 0 {
		m.dueAt(m.clock.now + l.options.RetainAge)
	}
	return r.Offset
}

// expire gives up what is too old, and members of groups that were not heard of.
func (l *log) expire(m *Machine) {
	if age := l.options.RetainAge; age > 0 {
		for i := range l.partitions {
			p := &l.partitions[i]
			for p.start < p.end && p.at(p.start).Published+age <= m.clock.now {
				p.trim(p.start + 1)
			}
		}
	}
	for _, g := range l.groups.sorted {
		g.expire(m)
	}
}

// due returns when expire has something to do.
func (l *log) due() time.Duration {
	due := never
	if age := l.options.RetainAge; age > 0 {
		for i := range l.partitions {
			if p := &l.partitions[i]; p.start < p.end {
				due = min(due, p.at(p.start).Published+age)
			}
		}
	}
	for _, g := range l.groups.sorted {
		due = min(due, g.due())
	}
	return due
}

// isLog reports whether a log has that name.
func (m *Machine) isLog(name string) bool {
	_, ok := m.logs.get(name)
	return ok
}

// log returns the log of that name.
func (m *Machine) log(name string) (*log, *Error) {
	if l, ok := m.logs.get(name); ok {
		return l, nil
	}
	if _, ok := m.queues.get(name); ok {
		return nil, refuse(ErrWrongType, "%q is a queue", name)
	}
	return nil, refuse(ErrUnknownQueue, "%q", name)
}

// partition returns a partition of a log.
func (m *Machine) partition(name string, number uint32) (*log, *partition, *Error) {
	l, err := m.log(name)
	if err != nil {
		return nil, nil, err
	}
	if number >= l.options.Partitions {
		return nil, nil, refuse(ErrUnknownPartition, "%d of log %q: must be below %d", number, name, l.options.Partitions)
	}
	return l, &l.partitions[number], nil
}

// DeclareLog makes a log, unless it is there already with the same options. Logs and
// queues have their names from the same set.
//
// Errors: ErrBadName, ErrBadOption, ErrMismatch.
type DeclareLog struct {
	change
	Log     string
	Options LogOptions
}

func (c DeclareLog) kind() kind { return kindDeclareLog }

func (c DeclareLog) appendTo(b []byte) []byte { return c.Options.appendTo(appendBytes(b, c.Log)) }

// Result reads the answer.
func (c DeclareLog) Result(answer []byte) (Declared, error) { return readDeclared(answer) }

func (c DeclareLog) apply(m *Machine) ([]byte, *Error) {
	if err := checkName("Log", c.Log); err != nil {
		return nil, err
	}
	if err := c.Options.check(); err != nil {
		return nil, err
	}
	options := c.Options.filled()
	if l, there := m.logs.get(c.Log); there {
		if l.options != options {
			return nil, refuse(ErrMismatch, "log %q has options %+v", c.Log, l.options)
		}
		return declaredAnswer(false), nil
	}
	if _, there := m.queues.get(c.Log); there {
		return nil, refuse(ErrMismatch, "%q is a queue", c.Log)
	}
	m.logs.add(newLog(c.Log, options))
	return declaredAnswer(true), nil
}

// DeleteLog deletes a log with its records, groups and bindings.
//
// Errors: ErrUnknownQueue, ErrWrongType.
type DeleteLog struct {
	change
	Log string
}

func (c DeleteLog) kind() kind               { return kindDeleteLog }
func (c DeleteLog) appendTo(b []byte) []byte { return appendBytes(b, c.Log) }

// Result reads the answer.
func (c DeleteLog) Result(answer []byte) error { return readDone(answer) }

func (c DeleteLog) apply(m *Machine) ([]byte, *Error) {
	if _, err := m.log(c.Log); err != nil {
		return nil, err
	}
	m.unbindAll(c.Log)
	m.logs.remove(c.Log)
	return doneAnswer, nil
}

// DescribeLog asks for a log's properties.
//
// Errors: ErrUnknownQueue, ErrWrongType.
type DescribeLog struct {
	question
	Log string
}

// LogState is the answer.
type LogState struct {
	Options    LogOptions // with the defaults filled in
	Partitions []Range
}

// Range is which offsets a partition has: from Start on, and below End.
type Range struct {
	Start, End uint64
}

func (c DescribeLog) kind() kind               { return kindDescribeLog }
func (c DescribeLog) appendTo(b []byte) []byte { return appendBytes(b, c.Log) }

// Result reads the answer.
func (c DescribeLog) Result(answer []byte) (LogState, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return LogState{}, err
	}
	state := LogState{Options: decodeLogOptions(r)}
	for len(r.rest) > 0 {
		state.Partitions = append(state.Partitions, Range{Start: r.number(), End: r.number()})
	}
	if err := r.finish(); err != nil {
		return LogState{}, err
	}
	return state, nil
}

func (c DescribeLog) apply(m *Machine) ([]byte, *Error) {
	l, err := m.log(c.Log)
	if err != nil {
		return nil, err
	}
	b := l.options.appendTo([]byte{0})
	for i := range l.partitions {
		b = binary.AppendUvarint(b, l.partitions[i].start)
		b = binary.AppendUvarint(b, l.partitions[i].end)
	}
	return b, nil
}
