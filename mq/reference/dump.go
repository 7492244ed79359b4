package reference

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// String writes all that is in queues, logs and exchanges, as the tests of package mq do of
// the true machine.
func (r *Machine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "time %v\n", r.now)
	slices.SortFunc(r.queues, func(a, b *queue) int { return cmp.Compare(a.name, b.name) })
	for _, q := range r.queues {
		fmt.Fprintf(&b, "queue %s %+v %+v next %d\n", q.name, q.options, q.counters, q.next)
		for _, m := range q.messages {
			fmt.Fprintf(&b, "%d %s %q %v deliveries %d", m.place, m.key, m.body, m.published, m.deliveries)
			if m.held {
				fmt.Fprintf(&b, " held by %d until %v", m.consumer, m.deadline)
			}
			if m.death != nil {
				fmt.Fprintf(&b, " %+v", *m.death)
			}
			b.WriteByte('\n')
		}
	}
	for _, l := range r.logs {
		fmt.Fprintf(&b, "log %s %+v\n", l.name, l.options)
		for i, p := range l.partitions {
			fmt.Fprintf(&b, "partition %d from %d:", i, p.start)
			for _, x := range p.records[p.start:] {
				fmt.Fprintf(&b, " %d %s %q %v", x.Offset, x.Key, x.Body, x.Published)
			}
			b.WriteByte('\n')
		}
		slices.SortFunc(l.groups, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
		for _, g := range l.groups {
			fmt.Fprintf(&b, "group %s generation %d:", g.name, g.generation)
			for _, m := range g.members {
				fmt.Fprintf(&b, " %d until %v", m.id, m.deadline)
			}
			for _, c := range g.committed {
				fmt.Fprintf(&b, " %v %d", c.Committed, c.Offset)
			}
			b.WriteByte('\n')
		}
	}
	slices.SortFunc(r.exchanges, func(a, b *exchange) int { return cmp.Compare(a.name, b.name) })
	for _, x := range r.exchanges {
		fmt.Fprintf(&b, "exchange %s %v:", x.name, x.kind)
		slices.SortFunc(x.bindings, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
		for _, t := range x.bindings {
			fmt.Fprintf(&b, " %q to %s", t[0], t[1])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
