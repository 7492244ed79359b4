package linearizability

import (
	"cmp"
	"math"
	"slices"
)

// A sweep looks for a linearization of one object from the first event to the last,
// as "just-in-time linearization" does (Lowe, "Testing for Linearizability", 2017,
// §4). It carries along all that the object may be by now: a value, and which of the
// operations under way have taken effect already. An operation takes effect when it
// has to, at its return, and others under way may do so just before. How much there
// is to carry depends on how many operations are under way at once, not on how long
// the history is; Porcupine needs memory that grows with the square of that.
//
// It is for long histories that no monitor takes, and only says ok, with an order
// that is replayed as that of any monitor. It gives up if there is too much to carry,
// and if it finds nothing Porcupine is asked, whose rejection counts.
type sweep struct {
	Model
	h       History // normalised
	slots   [maxUnderWay]int32
	quiet   [maxUnderWay]bool // what changes nothing
	now     []situation
	values  []any
	numbers map[any]uint32
	steps   []orderStep
	limit   int // of steps
}

const (
	// maxUnderWay bounds the operations under way at once.
	maxUnderWay = 64
	// maxSituations bounds what is carried along.
	maxSituations = 1 << 14
	// leastSwept is the least length of a history that is swept.
	leastSwept = 2000
)

// possible is what the object may be: the number of its value, and a bit for each
// slot whose operation has taken effect.
type possible struct {
	value uint32
	done  uint64
}

// situation is a possibility, and the last step of an order that leads to it.
type situation struct {
	possible
	step int32
}

// orderStep is an operation in an order, and the step before it.
type orderStep struct{ before, op int32 }

// sweep looks for an order of a normalised history.
func (m Model) sweep(h History, clock budget) (order []int32, found bool) {
	s := &sweep{
		Model: m, h: h, now: []situation{{step: none}}, values: []any{m.initial},
		numbers: map[any]uint32{m.initial: 0}, limit: 64*len(h) + maxSituations,
	}
	for k := range s.slots {
		s.slots[k] = none
	}
	for n, e := range s.events() {
		if n%1024 == 0 && clock.spent() {
			return nil, false
		}
		if e.isReturn && !s.settle(e.op) || !e.isReturn && !s.begin(e.op) {
			return nil, false
		}
	}
	for at := s.now[0].step; at != none; at = s.steps[at].before {
		order = append(order, s.steps[at].op)
	}
	slices.Reverse(order)
	return order, true
}

// isSwept reports whether the history is long, and a sweep finds an order that is
// one.
func (m Model) isSwept(h History, clock budget) bool {
	if len(h) < leastSwept || len(h) > math.MaxInt32/128 {
		return false
	}
	order, found := m.sweep(h, clock)
	if !found {
		return false
	}
	return m.replay(m.whole(h), order) == nil
}

// whole is all of a history of one object.
func (m Model) whole(h History) part {
	places := make([]int32, len(h))
	for i := range places {
		places[i] = int32(i)
	}
	return part{whole: h, places: places}
}

// event is a call or a return.
type event struct {
	at       int64
	isReturn bool
	op       int32
}

// events lists all in time; calls before the returns of the same instant.
func (s *sweep) events() []event {
	events := make([]event, 0, 2*len(s.h))
	for i := range s.h {
		events = append(events, event{s.h[i].Call, false, int32(i)})
		if s.h[i].Outcome == OutcomeOK {
			events = append(events, event{s.h[i].Return, true, int32(i)})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int {
		late := func(e event) int {
			if e.isReturn {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(late(a), late(b)))
	})
	return events
}

// begin gives an operation a slot, if there is one.
func (s *sweep) begin(i int32) bool {
	k := slices.Index(s.slots[:], none)
	if k < 0 {
		return false
	}
	s.slots[k] = i
	s.quiet[k] = s.h[i].Outcome == OutcomeOK && s.h[i].changedNothing()
	if s.quiet[k] {
		for n := range s.now {
			s.now[n] = s.askNow(s.now[n])
		}
	}
	return true
}

// settle makes sure that an operation that returns has taken effect, in every way
// that this can be, and frees its slot.
func (s *sweep) settle(i int32) bool {
	slot := slices.Index(s.slots[:], i)
	bit := uint64(1) << slot
	seen := make(map[possible]bool, 2*len(s.now))
	var settled []situation
	pending := s.now
	for len(pending) > 0 {
		at := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if seen[at.possible] {
			continue
		}
		seen[at.possible] = true
		if at.done&bit != 0 {
			at.done &^= bit
			settled = append(settled, at)
			continue
		}
		for k, op := range s.slots {
			if op == none || at.done&(1<<k) != 0 || s.quiet[k] {
				continue
			}
			if next, fits := s.take(at, k); fits {
				pending = append(pending, next)
			}
		}
		if len(seen) > maxSituations || len(s.steps) > s.limit {
			return false
		}
	}
	s.slots[slot] = none
	s.now = settled
	return len(settled) > 0
}

// take lets the operation of a slot take effect, if its answer fits. One of unknown
// outcome need not if it would change nothing.
func (s *sweep) take(at situation, slot int) (next situation, fits bool) {
	op := &s.h[s.slots[slot]]
	value, answer := s.apply(s.values[at.value], op.Input)
	if op.Outcome == OutcomeOK && !op.isAnsweredBy(answer) {
		return situation{}, false
	}
	number, known := s.numbers[value]
	if !known {
		number = uint32(len(s.values))
		s.numbers[value], s.values = number, append(s.values, value)
	}
	if op.Outcome != OutcomeOK && number == at.value {
		return situation{}, false
	}
	s.steps = append(s.steps, orderStep{at.step, s.slots[slot]})
	return s.askNow(situation{possible{number, at.done | 1<<slot}, int32(len(s.steps) - 1)}), true
}

// askNow lets all that changes nothing take effect where its answer fits: it can do
// no harm.
func (s *sweep) askNow(at situation) situation {
	for k, i := range s.slots {
		if i == none || at.done&(1<<k) != 0 || !s.quiet[k] {
			continue
		}
		if _, answer := s.apply(s.values[at.value], s.h[i].Input); s.h[i].isAnsweredBy(answer) {
			s.steps = append(s.steps, orderStep{at.step, i})
			at = situation{possible{at.value, at.done | 1<<k}, int32(len(s.steps) - 1)}
		}
	}
	return at
}
