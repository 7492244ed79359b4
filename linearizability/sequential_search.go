package linearizability

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// sequential is a search for an order that keeps that of each client.
type sequential struct {
	Model
	h        History
	clients  [][]int
	objects  []int // by operation
	next     []int // by client, how many of its operations are in the order
	values   []any // by object
	left     int   // answered operations that are not in the order
	order    []int
	longest  []int
	seen     map[string]struct{}
	numbers  map[any]uint32 // of values
	clock    budget
	steps    int
	before   uint64 // heap
	givenUp  bool
	undoable []undo
}

// undo is what the object was before an operation of a client.
type undo struct {
	client, object int
	value          any
}

// searchSequential looks for an order. With a violation it returns the longest that
// explains answers, of those that it tried.
func (m Model) searchSequential(h History, clock budget) (Verdict, []int) {
	s := &sequential{
		Model: m, h: h, clients: h.byClient(), clock: clock, longest: []int{},
		seen: make(map[string]struct{}), numbers: make(map[any]uint32), before: heapBytes(),
	}
	s.next = make([]int, len(s.clients))
	numbers := make(map[object]int)
	for i := range h {
		o := m.objectOf(&h[i])
		number, known := numbers[o]
		if !known {
			number = len(s.values)
			numbers[o], s.values = number, append(s.values, m.initial)
		}
		s.objects = append(s.objects, number)
		if h[i].Outcome == OutcomeOK {
			s.left++
		}
	}
	// Clients that call early are tried first: most services are nearly in time.
	found := s.extend()
	switch {
	case found:
		return VerdictOK, s.order
	case s.givenUp:
		return VerdictUnknown, nil
	}
	return VerdictViolation, s.longest
}

// extend tries to complete the order. What has told that it changed nothing is
// taken as soon as its answer fits, and nothing else is tried instead: wherever it
// stands in a completion, it can be moved to the front.
func (s *sequential) extend() bool {
	mark := len(s.order)
	for progress := true; progress; {
		progress = false
		for c := range s.clients {
			for op := s.head(c); op != nil && op.Outcome == OutcomeOK && op.changedNothing() && s.place(c); op = s.head(c) {
				progress = true
			}
		}
	}
	if s.left == 0 {
		return true
	}
	if len(s.order) > len(s.longest) {
		s.longest = slices.Clone(s.order)
	}
	if s.isNew() && !s.exhausted() {
		for _, c := range s.byCall() {
			if !s.place(c) {
				continue
			}
			if s.extend() {
				return true
			}
			s.takeBack()
			if s.givenUp {
				break
			}
		}
	}
	for len(s.order) > mark {
		s.takeBack()
	}
	return false
}

// head returns a client's next operation, or nil.
func (s *sequential) head(c int) *Operation {
	if s.next[c] == len(s.clients[c]) {
		return nil
	}
	return &s.h[s.clients[c][s.next[c]]]
}

// byCall lists the clients that have something left by the calls of that.
func (s *sequential) byCall() []int {
	var clients []int
	for c := range s.clients {
		if s.head(c) != nil {
			clients = append(clients, c)
		}
	}
	slices.SortStableFunc(clients, func(a, b int) int { return cmp.Compare(s.head(a).Call, s.head(b).Call) })
	return clients
}

// place puts a client's next operation next in the order, if its answer fits. One
// of unknown outcome that would change nothing there need not be anywhere.
func (s *sequential) place(c int) bool {
	op := s.head(c)
	i := s.clients[c][s.next[c]]
	object := s.objects[i]
	value, answer := s.apply(s.values[object], op.Input)
	if op.Outcome == OutcomeOK && !op.isAnsweredBy(answer) || op.Outcome != OutcomeOK && value == s.values[object] {
		return false
	}
	s.undoable = append(s.undoable, undo{c, object, s.values[object]})
	s.values[object] = value
	s.order = append(s.order, i)
	s.next[c]++
	if op.Outcome == OutcomeOK {
		s.left--
	}
	return true
}

func (s *sequential) takeBack() {
	last := len(s.order) - 1
	u := s.undoable[last]
	s.undoable = s.undoable[:last]
	s.values[u.object] = u.value
	s.next[u.client]--
	if s.h[s.order[last]].Outcome == OutcomeOK {
		s.left++
	}
	s.order = s.order[:last]
}

// isNew reports whether the search is here for the first time: what is left, and
// what the objects are.
func (s *sequential) isNew() bool {
	here := make([]byte, 0, 4*(len(s.next)+len(s.values)))
	for _, n := range s.next {
		here = binary.LittleEndian.AppendUint32(here, uint32(n))
	}
	for _, v := range s.values {
		number, known := s.numbers[v]
		if !known {
			number = uint32(len(s.numbers))
			s.numbers[v] = number
		}
		here = binary.LittleEndian.AppendUint32(here, number)
	}
	if _, known := s.seen[string(here)]; known {
		return false
	}
	s.seen[string(here)] = struct{}{}
	return true
}

// exhausted reports whether time or memory are used up.
func (s *sequential) exhausted() bool {
	if s.steps++; s.steps%64 == 0 {
		s.givenUp = s.givenUp || heapBytes() > s.before+MaxSearchMemory || s.clock.spent()
	}
	return s.givenUp
}
