package mq

import (
	"cmp"
	"slices"
	"time"
)

// group is consumers who share the partitions of a log, and how far they have come.
// Whenever the membership changes a new generation begins, and the partitions are
// divided anew.
type group struct {
	name       string
	generation uint64
	members    []groupMember // by id
	committed  []committed   // by partition
}

// groupMember is a consumer that is in the group as long as it is heard of.
type groupMember struct {
	id       ConsumerID
	timeout  time.Duration
	deadline time.Duration
}

// committed is an offset, if one was committed.
type committed struct {
	offset uint64
	known  bool
}

// DefaultSessionTimeout is for how long a member may be silent (session.timeout.ms
// of Kafka).
const (
	DefaultSessionTimeout = 45 * time.Second
	MaxSessionTimeout     = 30 * time.Minute
)

func (g *group) getName() string { return g.name }

func (g *group) search(id ConsumerID) (int, bool) {
	return slices.BinarySearchFunc(g.members, id, func(m groupMember, id ConsumerID) int {
		return cmp.Compare(m.id, id)
	})
}

// rebalance begins a new generation. Its number is higher than that of any before,
// in whatever group, so none is ever mistaken for one of a group that was deleted.
func (g *group) rebalance(m *Machine) {
	m.generation++
	g.generation = m.generation
}

// expire removes the members that were not heard of in time.
func (g *group) expire(m *Machine) {
	before := len(g.members)
	g.members = slices.DeleteFunc(g.members, func(x groupMember) bool { return x.deadline <= m.clock.now })
	if len(g.members) < before {
		g.rebalance(m)
	}
}

func (g *group) due() time.Duration {
	due := never
	for _, x := range g.members {
		due = min(due, x.deadline)
	}
	return due
}

// share returns the partitions of the member at position i: a run of consecutive
// ones, as long as that of any other or shorter by one (Kafka's range assignor).
func (g *group) share(i int) (first, count uint32) {
	partitions, members := uint32(len(g.committed)), uint32(len(g.members))
	each, more := partitions/members, partitions%members
	at := uint32(i)
	return at*each + min(at, more), each + min(1, max(more, at)-at)
}

// find returns a group and the position in it of a member of its generation.
func (m *Machine) find(c membership) (*group, int, *Error) {
	l, err := m.log(c.Log)
	if err != nil {
		return nil, 0, err
	}
	g, ok := l.groups.get(c.Group)
	if !ok {
		return nil, 0, refuse(ErrUnknownMember, "%d: log %q has no group %q", c.Member, c.Log, c.Group)
	}
	i, ok := g.search(c.Member)
	switch {
	case !ok:
		return nil, 0, refuse(ErrUnknownMember, "%d of group %q", c.Member, c.Group)
	case c.Generation != g.generation:
		return nil, 0, refuse(ErrStaleGeneration, "%d of group %q: the newest is %d", c.Generation, c.Group, g.generation)
	}
	return g, i, nil
}
