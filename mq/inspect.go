package mq

import (
	"fmt"
	"strings"
)

// String tells in a few words what the queues and logs hold, for those who watch.
func (m *Machine) String() string {
	var parts []string
	for _, q := range m.queues.sorted {
		text := fmt.Sprintf("%s: %d ready, %d leased", q.name, q.ready, len(q.held))
		if q.Redelivered > 0 {
			text += fmt.Sprintf(", %d of %d deliveries again", q.Redelivered, q.Delivered)
		}
		parts = append(parts, text)
	}
	for _, l := range m.logs.sorted {
		text := l.name + ":"
		for i := range l.partitions {
			text += fmt.Sprintf(" %d to %d", l.partitions[i].start, l.partitions[i].end)
		}
		for _, g := range l.groups.sorted {
			text += fmt.Sprintf(", group %s of %d", g.name, len(g.members))
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "nothing declared"
	}
	return strings.Join(parts, "; ")
}
