package mq

import "encoding/binary"

// Commit says that a group has dealt with all records of a partition below an
// offset. Whether it says so before or after it has dealt with them is what makes
// the difference between at most once and at least once.
//
// Offsets never go back: a lower one is true as well, and changes nothing. It comes from
// a client that has given its session up, when a copy of what it had asked for before
// arrives after what it has asked for since.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrUnknownMember, ErrStaleGeneration,
// ErrUnknownPartition, ErrNotAssigned, ErrOffsetOutOfRange.
type Commit struct {
	change
	Log        string
	Group      string
	Member     ConsumerID
	Generation uint64
	Partition  uint32
	Offset     uint64 // of the first record that is not dealt with
}

func (c Commit) kind() kind { return kindCommit }

func (c Commit) membership() membership {
	return membership{Log: c.Log, Group: c.Group, Member: c.Member, Generation: c.Generation}
}

func (c Commit) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(c.membership().appendTo(b), uint64(c.Partition))
	return binary.AppendUvarint(b, c.Offset)
}

func decodeCommit(r *reader) Commit {
	m := decodeMembership(r)
	return Commit{
		Log: m.Log, Group: m.Group, Member: m.Member, Generation: m.Generation,
		Partition: r.number32(), Offset: r.number(),
	}
}

// Result reads the answer.
func (c Commit) Result(answer []byte) error { return readDone(answer) }

func (c Commit) apply(m *Machine) ([]byte, *Error) {
	_, p, err := m.partition(c.Log, c.Partition)
	if err != nil {
		return nil, err
	}
	g, i, err := m.find(c.membership())
	if err != nil {
		return nil, err
	}
	if first, count := g.share(i); c.Partition < first || c.Partition >= first+count {
		return nil, refuse(ErrNotAssigned, "%d in generation %d of group %q", c.Partition, g.generation, c.Group)
	}
	if c.Offset > p.end {
		return nil, refuse(ErrOffsetOutOfRange, "Offset %d: must be at most %d", c.Offset, p.end)
	}
	offset := &g.committed[c.Partition]
	offset.offset, offset.known = max(offset.offset, c.Offset), true
	return doneAnswer, nil
}

// DescribeGroup asks for a group's state.
//
// Errors: ErrUnknownQueue, ErrWrongType.
type DescribeGroup struct {
	question
	Log   string
	Group string
}

// GroupState is the answer. A group that nobody ever joined is empty.
type GroupState struct {
	Generation uint64
	Members    []ConsumerID
	Partitions []PartitionOffset
}

func (c DescribeGroup) kind() kind { return kindDescribeGroup }

func (c DescribeGroup) appendTo(b []byte) []byte { return appendBytes(appendBytes(b, c.Log), c.Group) }

// Result reads the answer.
func (c DescribeGroup) Result(answer []byte) (GroupState, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return GroupState{}, err
	}
	state := GroupState{Generation: r.number()}
	for range r.count() {
		state.Members = append(state.Members, ConsumerID(r.number()))
	}
	state.Partitions = decodePartitionOffsets(r)
	if err := r.finish(); err != nil {
		return GroupState{}, err
	}
	return state, nil
}

func (c DescribeGroup) apply(m *Machine) ([]byte, *Error) {
	l, err := m.log(c.Log)
	if err != nil {
		return nil, err
	}
	g, ok := l.groups.get(c.Group)
	if !ok {
		g = &group{}
	}
	b := binary.AppendUvarint([]byte{0}, g.generation)
	b = binary.AppendUvarint(b, uint64(len(g.members)))
	for _, x := range g.members {
		b = binary.AppendUvarint(b, uint64(x.id))
	}
	return g.appendOffsets(b, 0, uint32(len(g.committed))), nil
}
