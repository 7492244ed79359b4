package sim

import (
	"maps"
	"reflect"
	"slices"

	"quorumlab/node"
)

// Marks returns how often each situation was reached that handlers have marked
// (see node.Mark). A mark that was made on a machine that active faults concern
// also counts for each of their kinds, as "mark during kind": "snapshot installed
// during partition", for example.
func (w *World) Marks() map[string]int { return maps.Clone(w.marks) }

// mark counts a situation on a machine.
func (w *World) mark(m *machine, mark node.Mark) {
	if w.marks == nil {
		w.marks = make(map[string]int)
	}
	w.marks[string(mark)]++
	var kinds []string // a situation counts once for each, however many faults there are
	for _, a := range w.active {
		if kind := a.fault.Kind(); !slices.Contains(kinds, kind) && a.effect.concerns(m) {
			kinds = append(kinds, kind)
			w.marks[string(mark)+" during "+kind]++
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
