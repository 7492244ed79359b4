package sim

import (
	"fmt"
	"slices"

	"quorumlab/node"
)

// Downfall strikes whoever comes to lead while it lasts, some time after it came to
// lead and for some time, so that leaders fall before they have done what they began.
// A fault at a set time seldom meets a leader that is new.
type Downfall struct {
	Span
	// By says what befalls a leader: ByCrash, ByPause or ByIsolation.
	By Blow `json:"by"`
	// After is how long after it came to lead.
	After Distribution `json:"after"`
	// Length is for how long, but not beyond the end of the fault.
	Length Distribution `json:"length"`
	// Direction says which way nothing passes, seen from one who is isolated; empty
	// means both.
	Direction Direction `json:"direction,omitempty"`
	// Spared is with how many others, drawn at random, its links stay sound.
	Spared int `json:"spared,omitempty"`
}

// Blow is what a Downfall does to a leader.
type Blow string

// The blows.
const (
	ByCrash     Blow = "crash"
	ByPause     Blow = "pause"
	ByIsolation Blow = "isolation" // from other servers; clients still reach it
)

// Kind implements Fault.
func (Downfall) Kind() string { return "downfall" }

// Label implements Fault.
func (Downfall) Label() string { return "leaders fall" }

func (f Downfall) String() string {
	how := string(f.By)
	if f.Spared > 0 {
		how += fmt.Sprintf(" from all but %d", f.Spared)
	}
	if f.Direction != BothWays {
		how += " " + string(f.Direction)
	}
	return fmt.Sprintf("%v after a server comes to lead, %s of it for %v, %v", f.After, how, f.Length, f.Span)
}

func (f Downfall) validate() error {
	err := allValid(f.Span.validate(), named("after", f.After.Validate()), named("length", f.Length.Validate()), f.Direction.validate())
	isolation := f.By == ByIsolation
	switch {
	case err != nil:
	case !slices.Contains([]Blow{ByCrash, ByPause, ByIsolation}, f.By):
		err = fmt.Errorf("by: %q is none of %q, %q, %q", string(f.By), ByCrash, ByPause, ByIsolation)
	case f.Spared < 0:
		err = fmt.Errorf("spared: %d is negative", f.Spared)
	case !isolation && f.Direction != BothWays:
		err = fmt.Errorf("direction: only %q has one", ByIsolation)
	case !isolation && f.Spared > 0:
		err = fmt.Errorf("spared: only %q spares any", ByIsolation)
	}
	return err
}

func (f Downfall) begin(w *World, s *stream) effect {
	d := &downfall{fault: f, world: w, draws: *s, struck: make(map[*machine]machineSet)}
	for _, m := range w.servers {
		d.isNew(m) // those who lead already are spared
	}
	w.downfalls = append(w.downfalls, d)
	return effect{machine: d.onMachine, link: d.onLink, end: func() {
		d.over = true
		w.downfalls = slices.DeleteFunc(w.downfalls, func(other *downfall) bool { return other == d })
	}}
}

// downfall is a Downfall under way.
type downfall struct {
	fault  Downfall
	world  *World
	draws  stream
	term   uint64                  // the highest in which anybody was seen to lead
	struck map[*machine]machineSet // the leaders that are down, and who is spared
	over   bool
}

// isNew reports whether a machine leads in a term that is newer than all before.
func (d *downfall) isNew(m *machine) bool {
	leader, ok := m.handler.(node.Leader)
	if !ok {
		return false
	}
	term, leads := leader.Leads()
	if !leads || term <= d.term {
		return false
	}
	d.term = term
	return true
}

// look sees whether a machine whose handler was called has come to lead.
func (d *downfall) look(m *machine) {
	if m.healed || !d.isNew(m) {
		return
	}
	length := d.fault.Length.sample(&d.draws)
	spared := make(machineSet, len(d.world.machines))
	for _, other := range d.world.choose(&d.draws, min(1+d.fault.Spared, len(d.world.servers)), m) {
		spared[other.index] = true
	}
	d.world.after(d.fault.After.sample(&d.draws), func() {
		d.strike(m, spared)
		d.world.after(length, func() { d.release(m) })
	})
}

func (d *downfall) strike(m *machine, spared machineSet) {
	if _, again := d.struck[m]; !again && !d.over {
		d.struck[m] = spared
		d.world.refresh()
	}
}

func (d *downfall) release(m *machine) {
	if _, down := d.struck[m]; down && !d.over {
		delete(d.struck, m)
		d.world.refresh()
	}
}

func (d *downfall) onMachine(m *machine, c *machineCondition) {
	if _, down := d.struck[m]; down {
		c.down = c.down || d.fault.By == ByCrash
		c.paused = c.paused || d.fault.By == ByPause
	}
}

func (d *downfall) onLink(from, to *machine, c *linkCondition) {
	if d.fault.By != ByIsolation || from.id >= firstClient || to.id >= firstClient {
		return
	}
	if spared, down := d.struck[from]; down && !spared.has(to) && d.fault.Direction != Inward {
		c.cut = true
	}
	if spared, down := d.struck[to]; down && !spared.has(from) && d.fault.Direction != Outward {
		c.cut = true
	}
}
