package sim

import (
	"fmt"
	"hash/fnv"
	"time"
)

// Fault is one thing that goes wrong for a while. Faults are plain values: they
// can be compared, printed, kept, and left out. What a fault draws at random
// depends on the seed and on the fault itself, not on its place in a schedule,
// so that leaving one out leaves the others as they were.
type Fault interface {
	fmt.Stringer
	// Label names the fault in a word or two, for a picture.
	Label() string
	// Window returns when it begins and ends; it never ends if End is zero.
	Window() Span
	// validate reports the first field that is wrong.
	validate() error
	// begin settles, when the fault begins, whom it befalls.
	begin(w *World, s *stream) effect
}

// Span is the time for which a fault lasts.
type Span struct {
	Start time.Duration
	End   time.Duration // zero: to the end of the run
}

// Between is the span from start to end.
func Between(start, end time.Duration) Span { return Span{start, end} }

// Window returns the span itself, for the faults that embed it.
func (s Span) Window() Span { return s }

func (s Span) validate() error {
	switch {
	case s.Start < 0:
		return fmt.Errorf("start: %v is negative", s.Start)
	case s.End != 0 && s.End <= s.Start:
		return fmt.Errorf("end: %v is not after the start, %v", s.End, s.Start)
	}
	return nil
}

func (s Span) String() string {
	if s.End == 0 {
		return fmt.Sprintf("from %v on", s.Start)
	}
	return fmt.Sprintf("%v to %v", s.Start, s.End)
}

// effect is a fault under way, whose targets are known. It says how the fault
// changes the condition of a machine or of a link; a world's condition at any
// moment is that of its configuration, changed by each active fault in turn.
// Faults that overlap therefore need not know of each other.
type effect interface {
	onMachine(m *machine, c *machineCondition)
	onLink(from, to *machine, c *linkCondition)
}

// machineCondition is how a machine stands at present, as faults have it.
type machineCondition struct {
	down bool
}

// Schedule is a list of faults.
type Schedule []Fault

// Validate reports the first fault, counted from zero, that is not well formed.
func (s Schedule) Validate() error {
	for i, f := range s {
		if err := f.validate(); err != nil {
			return fmt.Errorf("fault %d (%v): %w", i, f, err)
		}
	}
	return nil
}

// activeFault is a fault that has begun and not ended.
type activeFault struct {
	fault  Fault
	effect effect
}

// Inject schedules faults. It panics if one is not well formed; check what comes
// from a user with Validate.
func (w *World) Inject(schedule Schedule) {
	if err := schedule.Validate(); err != nil {
		panic("sim: " + err.Error())
	}
	for _, f := range schedule {
		span := f.Window()
		under := &activeFault{fault: f}
		w.At(span.Start, func() { w.beginFault(under) })
		if span.End != 0 {
			w.At(span.End, func() { w.endFault(under) })
		}
	}
}

func (w *World) beginFault(under *activeFault) {
	s := streamOf(w.config.Seed, purposeFault, identity(under.fault))
	under.effect = under.fault.begin(w, &s)
	w.active = append(w.active, under)
	w.recordFault(FaultBegan, under.fault)
	w.refresh()
}

func (w *World) endFault(under *activeFault) {
	for i, a := range w.active {
		if a == under {
			w.active = append(w.active[:i], w.active[i+1:]...)
			break
		}
	}
	w.recordFault(FaultEnded, under.fault)
	w.refresh()
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
// have them in.
func (w *World) refresh() {
	for _, m := range w.machines {
		for i := range m.links {
			peer := w.machines[i]
			c := linkCondition{Network: w.config.Network}
			for _, a := range w.active {
				a.effect.onLink(m, peer, &c)
			}
			m.links[i].linkCondition = c
		}
	}
	for _, m := range w.machines {
		before := m.condition
		m.condition = machineCondition{down: m.stopped}
		for _, a := range w.active {
			a.effect.onMachine(m, &m.condition)
		}
		switch {
		case m.condition.down && !before.down:
			w.crash(m)
		case !m.condition.down && before.down:
			w.boot(m)
		}
	}
}
