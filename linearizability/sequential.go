package linearizability

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"
)

// CheckSequential judges whether a history is sequentially consistent (Lamport,
// "How to Make a Multiprocessor Computer That Correctly Executes Multiprocess
// Programs", 1979): whether all operations can be put in one order that explains
// every answer and keeps the order of each client. Unlike linearizability it does
// not ask the order of different clients to agree with time, so a service may
// answer with old values, as long as each client sees time go forward. What is
// linearizable is sequentially consistent; the comparison shows what the
// difference is worth. The arguments, the errors and the report are as with
// [Check].
//
// It costs far more. Sequential consistency is not local: that each key is
// sequentially consistent does not mean that all are together, so they are judged
// together. To decide it is NP-complete even for one register of which no value is
// written twice (Gibbons and Korach 1997), and no monitor is known. Where monitors
// prove a history linearizable it is judged in O(n log n), with JudgeMonitor. Else it
// is searched, with JudgeSearch, depth first; a set of all that was seen keeps the
// search from visiting a situation twice, of which there may be as many as there are
// ways to cut off each client's operations: for k clients of n operations (n+1)^k,
// times the states that the service can be in. Give a time limit.
func CheckSequential(m Model, h History, timeout time.Duration) (Report, error) {
	if err := m.checkArguments(h, timeout); err != nil {
		return Report{}, err
	}
	h = h.expandConsumes()
	clock := startBudget(timeout)
	report := Report{Judge: JudgeMonitor, Sequential: true, model: m, recorded: len(h)}
	proved, err := m.provedLinearizable(h)
	if err != nil {
		return Report{}, err
	}
	if proved {
		report.Verdict = VerdictOK
		return report, nil
	}
	report.Judge = JudgeSearch
	h = h.without(func(i int) bool {
		op := &h[i]
		return op.Outcome == OutcomeFailed || op.Outcome == OutcomeUnknown && op.asksOnly()
	})
	report.Verdict, _ = m.searchSequential(h, clock)
	if report.Verdict == VerdictViolation {
		clock := startBudget(timeout)
		report.Core = m.shrinkSequential(h, clock)
		if verdict, order := m.searchSequential(report.Core, clock); verdict == VerdictViolation {
			report.Order = order
		}
	}
	return report, nil
}

// provedLinearizable reports whether monitors find linearizations of all objects,
// and these keep the order of each client. They do unless two operations of a
// client share an instant.
func (m Model) provedLinearizable(h History) (bool, error) {
	if m.monitor == nil || h.clientsTouch() {
		return false, nil
	}
	for _, p := range m.parts(h) {
		if found, err := m.watch(p); err != nil || found.verdict != VerdictOK {
			return false, err
		}
	}
	return true, nil
}

// clientsTouch reports whether a client calls in the instant of a return.
func (h History) clientsTouch() bool {
	for _, operations := range h.byClient() {
		for k := 1; k < len(operations); k++ {
			if h[operations[k]].Call == h[operations[k-1]].Return {
				return true
			}
		}
	}
	return false
}

// byClient lists the operations of each client in its order. If two were called in
// one instant, the first to let its client go on was first, or else the first in the
// history. One without an answer, from which its client has gone on, may take effect after what
// the client did next, and is listed by itself.
func (h History) byClient() [][]int {
	numbers := make(map[int]int)
	var clients [][]int
	for i := range h {
		c, known := numbers[h[i].Client]
		if !known {
			c = len(clients)
			numbers[h[i].Client] = c
			clients = append(clients, nil)
		}
		clients[c] = append(clients[c], i)
	}
	for _, operations := range clients {
		slices.SortStableFunc(operations, func(a, b int) int {
			return cmp.Or(cmp.Compare(h[a].Call, h[b].Call), cmp.Compare(h[a].goesOn(), h[b].goesOn()))
		})
	}
	for c, operations := range clients {
		last := operations[len(operations)-1]
		clients[c] = slices.DeleteFunc(operations, func(i int) bool {
			abandoned := i != last && h[i].Outcome == OutcomeUnknown
			if abandoned {
				clients = append(clients, []int{i})
			}
			return abandoned
		})
	}
	return clients
}

// asksOnly reports whether an operation can never change anything.
func (o *Operation) asksOnly() bool {
	switch o.Input.(type) {
	case Read, Poll, Contains:
		return true
	}
	return false
}

// changedNothing reports whether an answered operation has told that it changed
// nothing.
func (o *Operation) changedNothing() bool {
	switch o.Input.(type) {
	case Dequeue, Receive:
		return o.Output == nil
	}
	return o.asksOnly() || o.Output == false
}

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

// shrinkSequential leaves out what can be left out whatever the order in time is:
// what changed nothing, or else all that Model.units says, unless the reason for that
// is in time.
func (m Model) shrinkSequential(h History, clock budget) History {
	violates := func(h History) bool {
		part := budget{limited: true, end: time.Now().Add(max(clock.share(shrinkAttempts), 1))}
		if !clock.limited {
			part = clock
		}
		verdict, _ := m.searchSequential(h, part)
		return !clock.spent() && verdict == VerdictViolation
	}
	h = slices.Clone(h)
	h.sortByCall()
	timeless := m
	if slices.ContainsFunc(h, func(op Operation) bool {
		_, takes := op.Input.(Dequeue)
		return op.Output == false || takes && op.Outcome == OutcomeUnknown
	}) {
		timeless.units = singly(func(h History) []bool {
			quiet := make([]bool, len(h))
			for i := range h {
				quiet[i] = h[i].Outcome == OutcomeOK && h[i].changedNothing()
			}
			return quiet
		})
	}
	return timeless.leaveOut(h, violates)
}
