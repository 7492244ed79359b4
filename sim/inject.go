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
	sound := w.config.Network.condition()
	effects := w.linkEffects()
	var c linkCondition // of one link after the other: it is allocated, as the effects take its address
	for _, from := range w.machines {
		for i := range from.links {
			to := w.machines[i]
			c = sound
			if !from.healed || !to.healed {
				for _, change := range effects {
					change(from, to, &c)
				}
			}
			from.links[i].change(c)
		}
	}
	w.letGo()
}

// linkEffects returns what the active faults do to links.
func (w *World) linkEffects() (effects []func(from, to *machine, c *linkCondition)) {
	for _, a := range w.active {
		if a.effect.link != nil {
			effects = append(effects, a.effect.link)
		}
	}
	return effects
}

// refreshMachines refreshes the machines that are concerned.
func (w *World) refreshMachines(concerned func(m *machine) bool) {
	var c machineCondition // of one machine after the other
	for _, m := range w.machines {
		if concerned(m) {
			w.conditionOf(m, &c)
			w.change(m, c)
		}
	}
}

func anyMachine(*machine) bool { return true }

// conditionOf finds out the condition in which a machine ought to be.
func (w *World) conditionOf(m *machine, c *machineCondition) {
	*c = machineCondition{clock: steadyClock}
	if !m.healed {
		for _, a := range w.active {
			if a.effect.machine != nil {
				a.effect.machine(m, c)
			}
		}
	}
	c.down = c.down || m.stopped
}

// change brings a machine into another condition.
func (w *World) change(m *machine, c machineCondition) {
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
