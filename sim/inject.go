package sim

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// activeFault is a fault that has begun and not ended.
type activeFault struct {
	fault  Fault
	effect effect
}

// Inject schedules faults. It panics if one is not well formed; check what comes
// from a user with Schedule.Validate.
func (w *World) Inject(schedule Schedule) {
	if err := schedule.Validate(); err != nil {
		panic("sim: " + err.Error())
	}
	for _, f := range schedule {
		start, end := f.Window()
		under := &activeFault{fault: f}
		w.At(start, func() { w.beginFault(under) })
		if end > start {
			w.At(end, func() { w.endFault(under) })
		}
	}
}

// Begin lets a fault begin now, and returns what ends it. Its own times do not
// count. It is for a script that does not know beforehand how long it lasts. It
// panics if the fault is not well formed.
func (w *World) Begin(f Fault) (end func()) {
	if err := f.validate(); err != nil {
		panic("sim: " + err.Error())
	}
	under := &activeFault{fault: f}
	w.beginFault(under)
	return func() {
		if slices.Contains(w.active, under) {
			w.endFault(under)
		}
	}
}

func (w *World) beginFault(under *activeFault) {
	w.recordFault(FaultBegan, under.fault)
	s := streamOf(w.config.Seed, purposeFault, identity(under.fault))
	under.effect = under.fault.begin(w, &s)
	if under.effect.machine == nil && under.effect.link == nil {
		return // over in an instant: what it does is done
	}
	w.active = append(w.active, under)
	w.refreshWhat(under.effect)
}

func (w *World) endFault(under *activeFault) {
	w.active = slices.DeleteFunc(w.active, func(a *activeFault) bool { return a == under })
	w.recordFault(FaultEnded, under.fault)
	if under.effect.end != nil {
		under.effect.end()
	}
	w.refreshWhat(under.effect)
}

func (w *World) recordFault(kind Kind, f Fault) {
	if w.record(kind, 0, 0, identity(f)) {
		w.current.Note = f
		w.publish()
	}
}

// identity is a number that stands for a fault's content.
func identity(f Fault) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%T%+v", f, f)
	return h.Sum64()
}

// refresh brings machines and links into the condition that the active faults
// have them in. It is called whenever that may have changed.
func (w *World) refresh() {
	w.refreshLinks()
	w.refreshMachines(anyMachine)
}

// refreshWhat is refresh after an effect came or went, which leaves all that it
// does not concern as it was.
func (w *World) refreshWhat(changed effect) {
	if changed.link != nil {
		w.refreshLinks()
	}
	if changed.machine != nil {
		w.refreshMachines(anyMachine)
	}
}

func (w *World) refreshLinks() {
	for _, m := range w.machines {
		for i := range m.links {
			w.refreshLink(m, w.machines[i])
		}
	}
	w.letGo()
}

// refreshMachines refreshes the machines that are concerned.
func (w *World) refreshMachines(concerned func(m *machine) bool) {
	for _, m := range w.machines {
		if concerned(m) {
			w.refreshMachine(m)
		}
	}
}

func anyMachine(*machine) bool { return true }

func (w *World) refreshLink(from, to *machine) {
	c := w.config.Network.condition()
	if !from.healed || !to.healed {
		for _, a := range w.active {
			if a.effect.link != nil {
				a.effect.link(from, to, &c)
			}
		}
	}
	from.links[to.index].change(c)
}

func (w *World) refreshMachine(m *machine) {
	c := machineCondition{clock: steadyClock}
	if !m.healed {
		for _, a := range w.active {
			if a.effect.machine != nil {
				a.effect.machine(m, &c)
			}
		}
	}
	c.down = c.down || m.stopped
	before := m.condition
	m.condition = c
	if c.clock != before.clock {
		m.setClock(c.clock)
	}
	if before.disk.wiped && !c.disk.wiped {
		m.disk.wipe()
	}
	switch {
	case c.down && !before.down:
		w.crash(m)
	case !c.down && before.down:
		w.boot(m)
	}
	if before.paused && !c.paused {
		w.resume(m)
	}
}
