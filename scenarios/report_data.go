package scenarios

import (
	"fmt"
	"time"

	"quorumlab/sim"
)

// reportData is what the script of a page goes by, to show what the servers were at each
// event of one run, or of several that have one cursor.
type reportData struct {
	Start time.Duration `json:"start"` // nanoseconds
	End   time.Duration `json:"end"`
	Focus time.Duration `json:"focus"` // where the cursor is to begin with
	Runs  []runData     `json:"runs"`
}

// runData is one of the runs.
type runData struct {
	Name     string        `json:"name"`
	Servers  []string      `json:"servers"`
	Events   []reportEvent `json:"events"`
	Base     []state       `json:"base"`
	States   []state       `json:"states"`
	Entries  []entryChange `json:"entries"`
	HasLog   bool          `json:"hasLog"`
	HasExtra bool          `json:"hasExtra"`
}

// reportEvent is an event of the window.
type reportEvent struct {
	At      time.Duration `json:"t"`
	Text    string        `json:"x"`
	Message uint64        `json:"m,omitempty"` // pairs what becomes of a message
}

// data collects what the script of a page needs of a run.
func (c *closeUp) data(name string) runData {
	d := runData{Name: name, Events: []reportEvent{}, Base: c.base, States: c.states, Entries: c.entries}
	for i := range c.servers {
		d.Servers = append(d.Servers, sim.Name(identifiers(c.servers)[i]))
	}
	for i := range c.events {
		e := &c.events[i]
		d.Events = append(d.Events, reportEvent{e.At, eventText(e, c.names[i]), e.MessageID})
	}
	for _, list := range [][]state{c.base, c.states} {
		for _, s := range list {
			d.HasLog = d.HasLog || s.View.First > 0
			d.HasExtra = d.HasExtra || s.Extra != ""
		}
	}
	if d.States == nil {
		d.States = []state{}
	}
	if d.Entries == nil {
		d.Entries = []entryChange{}
	}
	return d
}

// eventText says on a line what happened, and to whom.
func eventText(e *sim.Event, timer string) string {
	who := sim.Name(e.Machine)
	switch e.Kind {
	case sim.Sent:
		return fmt.Sprintf("%s sends to %s: %s", who, sim.Name(e.Peer), describeMessage(e.Message))
	case sim.Delivered:
		if e.Duplicate {
			return fmt.Sprintf("%s receives from %s, as a second copy: %s", who, sim.Name(e.Peer), describeMessage(e.Message))
		}
		return fmt.Sprintf("%s receives from %s: %s", who, sim.Name(e.Peer), describeMessage(e.Message))
	case sim.Dropped:
		return fmt.Sprintf("lost from %s to %s (%v): %s", who, sim.Name(e.Peer), e.Reason, describeMessage(e.Message))
	case sim.Expired:
		return fmt.Sprintf("%s: %s expires", who, timer)
	case sim.Synced:
		if e.Err != nil {
			return fmt.Sprintf("%s: sync fails: %v", who, e.Err)
		}
		return who + ": what was written is durable"
	case sim.Started:
		return who + " boots"
	case sim.Crashed:
		return who + " crashes"
	case sim.Exited:
		return fmt.Sprintf("%s ends itself: %v", who, e.Err)
	case sim.Noted:
		return fmt.Sprintf("%s notes: %v", who, e.Note)
	}
	return fmt.Sprintf("%v: %v", e.Kind, e.Note)
}
