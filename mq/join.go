package mq

import (
	"encoding/binary"
	"slices"
	"time"
)

// Join makes a consumer a member of a group, which is made if it is not there, and
// tells it which partitions are its own. A member joins again to learn what a
// rebalancing has made of them; that by itself causes none.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrBadName, ErrBadOption.
type Join struct {
	change
	Log    string
	Group  string
	Member ConsumerID
	// SessionTimeout is for how long the member may be silent, up to
	// MaxSessionTimeout. Zero is DefaultSessionTimeout.
	SessionTimeout time.Duration
}

// Joined is the answer to Join.
type Joined struct {
	Generation uint64
	Partitions []PartitionOffset // the member's own
}

// PartitionOffset is how far a group has come in a partition.
type PartitionOffset struct {
	Partition uint32
	Committed bool // an offset was committed
	Offset    uint64
}

func (c Join) kind() kind { return kindJoin }

func (c Join) appendTo(b []byte) []byte {
	b = appendBytes(appendBytes(b, c.Log), c.Group)
	return appendDuration(binary.AppendUvarint(b, uint64(c.Member)), c.SessionTimeout)
}

// Result reads the answer.
func (c Join) Result(answer []byte) (Joined, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Joined{}, err
	}
	joined := Joined{Generation: r.number(), Partitions: decodePartitionOffsets(r)}
	if err := r.finish(); err != nil {
		return Joined{}, err
	}
	return joined, nil
}

func (c Join) apply(m *Machine) ([]byte, *Error) {
	l, err := m.log(c.Log)
	if err != nil {
		return nil, err
	}
	if err := checkName("Group", c.Group); err != nil {
		return nil, err
	}
	if err := checkDuration("SessionTimeout", c.SessionTimeout, MaxSessionTimeout); err != nil {
		return nil, err
	}
	timeout := c.SessionTimeout
	if timeout == 0 {
		timeout = DefaultSessionTimeout
	}
	g, ok := l.groups.get(c.Group)
	if !ok {
		g = &group{name: c.Group, committed: make([]committed, len(l.partitions))}
		l.groups.add(g)
	}
	i, ok := g.search(c.Member)
	if !ok {
		g.members = slices.Insert(g.members, i, groupMember{id: c.Member})
		g.rebalance(m)
	}
	g.members[i].timeout = timeout
	g.members[i].deadline = m.clock.now + timeout
	m.dueAt(g.members[i].deadline)
	first, count := g.share(i)
	return g.appendOffsets(binary.AppendUvarint([]byte{0}, g.generation), first, count), nil
}

// appendOffsets appends how far the group has come in a run of partitions.
func (g *group) appendOffsets(b []byte, first, count uint32) []byte {
	b = binary.AppendUvarint(b, uint64(count))
	for p := first; p < first+count; p++ {
		b = binary.AppendUvarint(b, uint64(p))
		b = appendBool(b, g.committed[p].known)
		b = binary.AppendUvarint(b, g.committed[p].offset)
	}
	return b
}

func decodePartitionOffsets(r *reader) []PartitionOffset {
	var offsets []PartitionOffset
	for range r.count() {
		offsets = append(offsets, PartitionOffset{Partition: r.number32(), Committed: r.bool(), Offset: r.number()})
	}
	return offsets
}

// membership names a member of a group in a generation.
type membership struct {
	change
	Log        string
	Group      string
	Member     ConsumerID
	Generation uint64
}

func (c membership) appendTo(b []byte) []byte {
	b = appendBytes(appendBytes(b, c.Log), c.Group)
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(c.Member)), c.Generation)
}

func decodeMembership(r *reader) membership {
	return membership{Log: r.string(), Group: r.string(), Member: ConsumerID(r.number()), Generation: r.number()}
}

// Heartbeat says that a member is alive.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrUnknownMember, ErrStaleGeneration; after
// the latter two the member has to join again.
type Heartbeat struct {
	change
	Log        string
	Group      string
	Member     ConsumerID
	Generation uint64
}

func (c Heartbeat) kind() kind               { return kindHeartbeat }
func (c Heartbeat) appendTo(b []byte) []byte { return membership(c).appendTo(b) }

// Result reads the answer.
func (c Heartbeat) Result(answer []byte) error { return readDone(answer) }

func (c Heartbeat) apply(m *Machine) ([]byte, *Error) {
	g, i, err := m.find(membership(c))
	if err != nil {
		return nil, err
	}
	g.members[i].deadline = m.clock.now + g.members[i].timeout
	m.dueAt(g.members[i].deadline)
	return doneAnswer, nil
}

// Leave ends a membership.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrUnknownMember.
type Leave struct {
	change
	Log    string
	Group  string
	Member ConsumerID
}

func (c Leave) kind() kind { return kindLeave }

func (c Leave) appendTo(b []byte) []byte {
	return binary.AppendUvarint(appendBytes(appendBytes(b, c.Log), c.Group), uint64(c.Member))
}

// Result reads the answer.
func (c Leave) Result(answer []byte) error { return readDone(answer) }

func (c Leave) apply(m *Machine) ([]byte, *Error) {
	l, err := m.log(c.Log)
	if err != nil {
		return nil, err
	}
	g, ok := l.groups.get(c.Group)
	i := 0
	if ok {
		i, ok = g.search(c.Member)
	}
	if !ok {
		return nil, refuse(ErrUnknownMember, "%d of group %q", c.Member, c.Group)
	}
	g.members = slices.Delete(g.members, i, i+1)
	g.rebalance(m)
	return doneAnswer, nil
}
