package scenarios

import (
	"fmt"
	"maps"
	"time"

	"quorumlab/node"
	"quorumlab/sim"
)

// closeUp is what happened in a part of a run, event by event, and what became of the
// servers.
type closeUp struct {
	first, last uint64 // numbers of the events
	events      []sim.Event
	names       []string // of the timers that expired, by event
	senders     map[uint64]time.Duration
	base        []state // of each server before the first event
	states      []state
	entries     []entryChange

	world   *sim.World
	servers int
	calls   []int // by server: the event that its handler was called for, as an index
	number  uint64
	known   []map[uint64]logEntry // by server and place
	before  []view
	texts   []string // by server, as it described itself last
	extras  []string // by server, what its state machine held last

	machines *machineTap
	based    bool
}

// state is what a server is after an event.
type state struct {
	Event  int    `json:"e"` // counted from 0
	Server int    `json:"m"` // likewise
	View   view   `json:"v"`
	Text   string `json:"t"`           // as the server describes itself
	Extra  string `json:"q,omitempty"` // what its state machine holds, in words
}

// entryChange is a place of a server's log that holds something else after an event.
type entryChange struct {
	Event  int      `json:"e"`
	Server int      `json:"m"`
	Place  uint64   `json:"i"`
	Entry  logEntry `json:"x"`
}

// closeUp repeats the run and looks closely at the events with the given numbers.
func (r *Result) closeUp(first, last uint64) *closeUp {
	servers := r.Scenario.Servers + r.Scenario.Spares
	c := &closeUp{
		first: first, last: last, servers: servers, senders: make(map[uint64]time.Duration),
		calls: make([]int, servers), known: make([]map[uint64]logEntry, servers), before: make([]view, servers), texts: make([]string, servers),
		extras: make([]string, servers),
	}
	for i := range c.known {
		c.known[i] = make(map[uint64]logEntry)
	}
	r.watched(c)
	if !c.based {
		c.takeBase()
	}
	return c
}

func (c *closeUp) begin(w *sim.World, machines *machineTap) { c.world, c.machines = w, machines }

// Observe implements sim.Observer.
func (c *closeUp) Observe(e *sim.Event) {
	c.number = e.Number
	if e.Number < c.first {
		switch e.Kind {
		case sim.Sent:
			c.senders[e.MessageID] = e.At
		case sim.Delivered, sim.Dropped:
			delete(c.senders, e.MessageID)
		}
		return
	}
	if e.Number > c.last {
		return
	}
	if !c.based {
		c.takeBase()
	}
	c.events = append(c.events, *e)
	name := ""
	if e.Kind == sim.Expired {
		name = timerName(c.world.Handler(e.Machine), e.Timer)
	}
	c.names = append(c.names, name)
	if e.Machine == 0 || int(e.Machine) > c.servers {
		return
	}
	switch e.Kind {
	case sim.Delivered, sim.Expired, sim.Synced, sim.Started:
		c.calls[e.Machine-1] = len(c.events) - 1
	case sim.Crashed, sim.Exited:
		c.calls[e.Machine-1] = len(c.events) - 1
		c.add(e.Machine, nil)
	}
}

// baseEntries is how much of the end of a log is known when a close-up begins.
const baseEntries = 48

// takeBase notes what the servers are before the first event.
func (c *closeUp) takeBase() {
	c.based = true
	c.senders = maps.Clone(c.senders)
	for i := range c.servers {
		h := c.world.Handler(node.ID(i + 1))
		v := viewOf(h)
		c.before[i], c.texts[i], c.extras[i] = v, describeHandler(h), c.extra(node.ID(i+1), h)
		c.base = append(c.base, state{Event: -1, Server: i, View: v, Text: c.texts[i], Extra: c.extras[i]})
		if v.First > 0 {
			c.compare(i, h, v, max(v.First, v.Last+1-min(v.Last, baseEntries)), -1)
		}
	}
}

func (c *closeUp) look(id node.ID, h node.Handler) {
	if int(id) <= c.servers && c.based && c.number <= c.last {
		c.add(id, h)
	}
}

// add notes what a server is after the call it is in, if that is something else.
func (c *closeUp) add(id node.ID, h node.Handler) {
	i := int(id) - 1
	v, text, extra := viewOf(h), describeHandler(h), c.extra(id, h)
	event := c.calls[i]
	if v.First > 0 {
		// What is decided does not change, or should not: a few places of it are looked at.
		const margin = 8
		from := min(v.Committed, c.before[i].Committed)
		c.compare(i, h, v, max(v.First, from-min(from, margin), v.Last+1-min(v.Last, 1024)), event)
	}
	if v != c.before[i] || text != c.texts[i] || extra != c.extras[i] {
		c.states = append(c.states, state{Event: event, Server: i, View: v, Text: text, Extra: extra})
	}
	c.before[i], c.texts[i], c.extras[i] = v, text, extra
}

// compare notes which places of a log hold something else than before.
func (c *closeUp) compare(server int, h node.Handler, v view, from uint64, event int) {
	known := c.known[server]
	for place := max(from, 1); place <= v.Last; place++ {
		entry := entryOf(h, place)
		if old, any := known[place]; !any && entry == (logEntry{}) || any && old == entry {
			continue
		}
		known[place] = entry
		c.entries = append(c.entries, entryChange{event, server, place, entry})
	}
}

// extra is what the state machine of a server holds.
func (c *closeUp) extra(id node.ID, h node.Handler) string {
	if h == nil {
		return ""
	}
	return c.machines.describe(id)
}

func describeHandler(h node.Handler) string {
	if h == nil {
		return "down"
	}
	if s, ok := h.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", h)
}
