package comparison

import (
	"reflect"
	"slices"
	"time"

	"quorumlab/node"
	"quorumlab/paxos"
	"quorumlab/raft"
	"quorumlab/sim"
)

// counter counts what goes on among servers between two moments.
type counter struct {
	servers     int
	from, until time.Duration

	messages int            // sent by servers to each other
	bytes    int            // in these
	byType   map[string]int // these, by the name of their type
	handled  []int          // messages that each server was handed, by clients too
	syncs    int            // that ended
	refused  int            // answers that something could not be stored, or is missing
	copies   int            // of commands, in messages by which leaders have them stored

	names map[reflect.Type]string
}

func newCounter(servers int, from, until time.Duration) *counter {
	return &counter{
		servers: servers, from: from, until: until,
		byType: make(map[string]int), handled: make([]int, servers), names: make(map[reflect.Type]string),
	}
}

// observe begins to look at a world.
func (c *counter) observe(w *sim.World) {
	w.Observe(sim.ObserverFunc(c.count), sim.Sent, sim.Delivered, sim.Synced)
}

func (c *counter) count(e *sim.Event) {
	if e.At < c.from || e.At > c.until {
		return
	}
	switch {
	case e.Kind == sim.Sent && c.server(e.Machine) && c.server(e.Peer):
		c.messages++
		c.bytes += sizeOf(e.Message)
		c.byType[c.typeOf(e.Message)]++
		switch m := e.Message.(type) {
		case raft.AppendEntries:
			c.copies += len(m.Entries)
		case paxos.Accept:
			c.copies += len(m.Requests)
		case raft.AppendEntriesReply:
			if !m.Success {
				c.refused++
			}
		case paxos.Nack, paxos.Missing:
			c.refused++
		}
	case e.Kind == sim.Delivered && c.server(e.Machine):
		c.handled[e.Machine-1]++
	case e.Kind == sim.Synced && e.Err == nil:
		c.syncs++
	}
}

func (c *counter) server(id node.ID) bool { return id >= 1 && int(id) <= c.servers }

// busiest is how many messages the server was handed that was handed most.
func (c *counter) busiest() float64 { return float64(slices.Max(c.handled)) }

// typeOf is the name of a message's type, without its package.
func (c *counter) typeOf(m node.Message) string {
	t := reflect.TypeOf(m)
	name, ok := c.names[t]
	if !ok {
		name = t.Name()
		c.names[t] = name
	}
	return name
}

// sizeOf is how long a message is, as the simulator has it.
func sizeOf(m node.Message) int {
	if s, ok := m.(node.Sizer); ok {
		return s.Size()
	}
	return 64
}
