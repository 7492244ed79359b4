package linearizability

import (
	"cmp"
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
