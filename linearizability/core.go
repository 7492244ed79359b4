package linearizability

import "slices"

// shrinkAttempts divides the time for shrinking: a step may take this part of
// what is left. A smaller history can be harder to judge, and one hard step must
// not eat up the time of all others.
const shrinkAttempts = 8

// shrink finds a core of a violation: it takes the sound steps that the package
// documentation lists, as long as what remains is a violation. The result is in
// the order of calls.
func (m Model) shrink(h History, clock budget) History {
	violates := func(h History) bool {
		return !clock.spent() && m.decide(m.normalize(h), clock.share(shrinkAttempts)) == VerdictViolation
	}
	h = m.normalize(shortestPast(h, violates))
	h.sortByCall()
	return m.leaveOut(h, violates)
}

// shortestPast finds the moment when the violation was complete, and returns what
// clients had seen by then. A past that contains a violating past violates too,
// so bisection finds it.
func shortestPast(h History, violates func(History) bool) History {
	var returns []int64
	for _, op := range h {
		if op.Outcome == OutcomeOK {
			returns = append(returns, op.Return)
		}
	}
	slices.Sort(returns)
	returns = slices.Compact(returns)
	// The past at returns[high] is taken to violate; at the last return it is as
	// good as the whole history.
	low, high := 0, len(returns)-1
	for low < high {
		middle := (low + high) / 2
		if violates(h.until(returns[middle])) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return h.until(returns[high])
}

// until returns what clients had seen at time t: what was called later is left
// out, and what was still open has no answer yet.
//
// The past of a linearizable history is linearizable. Take a linearization and
// cut it off behind the last operation that had returned by t. What it then
// contains was called by t, for an operation called later cannot stand before one
// that had returned by t. Operations still open at t may be in it or not, as is
// right for unknown outcomes.
//
// A Write or an Enqueue, or what else is only acknowledged, has no answer to lose. If
// it was open at t it keeps its outcome and return, which say no more than that it is
// called by t: it returns after all calls, and if the cut took it away it can be put
// back at the end.
func (h History) until(t int64) History {
	past := make(History, 0, len(h))
	for _, op := range h {
		if op.Call > t {
			continue
		}
		if op.Outcome == OutcomeOK && op.Return > t && !op.answersNothing() {
			op.Outcome, op.Output, op.Return = OutcomeUnknown, nil, 0
		}
		past = append(past, op)
	}
	return past
}

// leaveOut leaves out units by delta debugging (Zeller and Hildebrandt,
// "Simplifying and Isolating Failure-Inducing Input", 2002): in large chunks
// first, then in smaller ones, in the end one at a time. What goes may set others
// free, a read its write for instance, so it ends only when a whole round of single
// units has changed nothing.
func (m Model) leaveOut(h History, violates func(History) bool) History {
	units := m.units(h)
	for size := max(len(h)/2, 1); ; size = max(size/2, 1) {
		changed := false
		for start := 0; start < len(h); {
			end := min(start+size, len(h))
			chosen := make(map[int32]bool)
			for _, unit := range units[start:end] {
				chosen[unit] = unit != 0
			}
			rest := h.without(func(i int) bool { return chosen[units[i]] })
			if len(rest) < len(h) && violates(rest) {
				h, units, changed = rest, m.units(rest), true
				continue
			}
			start = end
		}
		if size == 1 && !changed {
			return h
		}
	}
}
