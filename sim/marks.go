package sim

import (
	"maps"
	"reflect"

	"quorumlab/node"
)

// Marks returns how often each situation was reached that handlers have marked
// (see node.Mark). A mark that was made on a machine that an active fault
// concerns counts a second time, as "mark during kind": "snapshot installed
// during partition", for example.
func (w *World) Marks() map[string]int { return maps.Clone(w.marks) }

// mark counts a situation on a machine.
func (w *World) mark(m *machine, mark node.Mark) {
	if w.marks == nil {
		w.marks = make(map[string]int)
	}
	w.marks[string(mark)]++
	for _, a := range w.active {
		if a.effect.concerns(m) {
			w.marks[string(mark)+" during "+a.fault.Kind()]++
		}
	}
}

// concerns reports whether an effect changes anything for a machine or for one of
// its links.
func (e effect) concerns(m *machine) bool {
	if m.healed {
		return false
	}
	if c := (machineCondition{}); e.machine != nil {
		if e.machine(m, &c); !reflect.DeepEqual(c, machineCondition{}) {
			return true
		}
	}
	if e.link == nil {
		return false
	}
	for _, peer := range m.world.machines {
		var out, in linkCondition
		e.link(m, peer, &out)
		e.link(peer, m, &in)
		if out != (linkCondition{}) || in != (linkCondition{}) {
			return true
		}
	}
	return false
}
