package mq

import (
	"fmt"
	"strings"
)

// Dump writes all that is in queues, logs and exchanges, for comparison with the
// reference.
func (m *Machine) Dump() string {
	var b strings.Builder
	fmt.Fprintf(&b, "time %v\n", m.clock.now)
	for _, q := range m.queues.sorted {
		fmt.Fprintf(&b, "queue %s %+v %+v next %d\n", q.name, q.options, q.Counters, q.next)
		for place := range q.next {
			if msg := q.segments.at(place); msg != nil {
				fmt.Fprintf(&b, "%d %s %q %v deliveries %d", place, msg.key, msg.body, msg.published, msg.deliveries)
				if msg.state == leased {
					fmt.Fprintf(&b, " held by %d until %v", msg.consumer, msg.deadline)
				}
				if msg.death != nil {
					fmt.Fprintf(&b, " %+v", *msg.death)
				}
				b.WriteByte('\n')
			}
		}
	}
	for _, l := range m.logs.sorted {
		fmt.Fprintf(&b, "log %s %+v\n", l.name, l.options)
		for i := range l.partitions {
			p := &l.partitions[i]
			fmt.Fprintf(&b, "partition %d from %d:", i, p.start)
			for offset := p.start; offset < p.end; offset++ {
				r := p.at(offset)
				fmt.Fprintf(&b, " %d %s %q %v", r.Offset, r.Key, r.Body, r.Published)
			}
			b.WriteByte('\n')
		}
		for _, g := range l.groups.sorted {
			fmt.Fprintf(&b, "group %s generation %d:", g.name, g.generation)
			for _, x := range g.members {
				fmt.Fprintf(&b, " %d until %v", x.id, x.deadline)
			}
			for _, c := range g.committed {
				fmt.Fprintf(&b, " %v %d", c.known, c.offset)
			}
			b.WriteByte('\n')
		}
	}
	for _, x := range m.exchanges.sorted {
		fmt.Fprintf(&b, "exchange %s %v:", x.name, x.kind)
		for _, t := range x.bindings {
			fmt.Fprintf(&b, " %q to %s", t.pattern, t.name())
		}
		b.WriteByte('\n')
	}
	return b.String()
}
