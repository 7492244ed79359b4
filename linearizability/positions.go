package linearizability

import (
	"cmp"
	"math"
	"slices"
)

// positions judges objects whose operations take numbered positions, one after
// the other from 0: the additions of 1 to a counter, whose answer is their
// position, and the sends to a log. Other operations look at positions: a read of
// v comes after position v-1 is taken and before v is.
//
// Position k is taken at some moment t(k). Operations bound it. From below: by the
// call of the operation that took k, and by the call of one that found k still
// free. From above: by the return of the one that took k, and by the return of one
// that found k taken. The moments must not decrease. So they exist iff no lower
// bound at a position j exceeds an upper bound at a position k ≥ j, and if none
// does, t(k) = the greatest lower bound up to k will do. All who look then find a
// moment in their interval: those that found k free at their call, those that
// found it taken at t(k) or at their call, whichever is later.
//
// Gaps are positions that were taken, because a later one was, but by none that
// knows. Operations of unknown outcome must fill them, and those that were only
// acknowledged. Operation i fits into gap k iff i.Call ≤ the least upper bound from
// k on, h(k), and i.Return ≥ the greatest lower bound up to k, l(k); both only grow
// with k. So of the operations called by h(k), gap k may as well take that which
// returns first. For take a solution in which it takes b, and a returns first. If a
// is in a later gap m, exchange them: b.Call ≤ h(k) ≤ h(m), b.Return ≥ a.Return ≥
// l(m), and a.Return ≥ l(m) ≥ l(k). If a is in no gap, it need not be in one, so it
// never returned; nor did b, then, and b need not be in one either. The moment of
// gap k is the greatest of l(k) and of the calls of the fillers so far: none of
// these is after the filler's own return, or it would have been called by an earlier
// h, and returned first. What was acknowledged and is in no gap takes a position
// behind all that are known, with no upper bounds, the first to return first. What has
// an unknown outcome and is left over never happens: no answer counts it.
type positions struct {
	part
	taker   []int32 // by position, the operation that is known to have taken it, or none
	lower   []bound // also of positions behind those that are known to be taken
	upper   []bound
	waiting []int32 // may take any gap: of unknown outcome, or only acknowledged
	fillers []int32 // by gap, the one that fills it
	gaps    []int32 // positions
	visits  []visit
}

// bound is a moment and the operation that it is of, or none.
type bound struct {
	at int64
	op int32
}

// visit is an operation that only looks. It happens at its call or when the
// position after is taken, whichever is later, and on ties at its slot: position k
// is slot 2k+1.
type visit struct {
	op    int32
	after int32 // position, or none
	slot  int64
}

// newPositions is for n positions that are known to be taken, and for operations
// some of which may take positions behind these.
func newPositions(p part, n, behind int64) *positions {
	s := &positions{part: p, taker: make([]int32, n), lower: make([]bound, n+behind), upper: make([]bound, n)}
	for k := range s.lower {
		s.lower[k] = bound{math.MinInt64, none}
	}
	for k := range s.taker {
		s.taker[k], s.upper[k] = none, bound{math.MaxInt64, none}
	}
	return s
}

// notBefore says that position k was not taken before an operation's call.
// Positions beyond the last cannot be taken.
func (s *positions) notBefore(k int64, i int32) {
	if k < int64(len(s.lower)) && (s.lower[k].op == none || s.at(i).Call > s.lower[k].at) {
		s.lower[k] = bound{s.at(i).Call, i}
	}
}

// notAfter says that position k was taken when an operation returned.
func (s *positions) notAfter(k int64, i int32) {
	op := s.at(i)
	if op.Outcome == OutcomeOK && (s.upper[k].op == none || op.Return < s.upper[k].at) {
		s.upper[k] = bound{op.Return, i}
	}
}

// take says who took position k.
func (s *positions) take(k int64, i int32) {
	s.taker[k] = i
	s.notBefore(k, i)
	s.notAfter(k, i)
}

// clash is a proof that the moments do not exist: at position low something was
// called after, at position high or above it, something had returned. With short,
// it is instead that not enough operations were called before high's return to
// fill the gaps up to low. With missed, it is that too many operations had been
// acknowledged when the late one was called, for it to find position low free.
type clash struct {
	low, high   int32 // positions
	late, early int32 // operations
	short       bool
	missed      bool
}

// solve finds the moments, or why there are none.
func (s *positions) solve() (moments []int64, why *clash) {
	for k, i := range s.taker {
		if i == none {
			s.gaps = append(s.gaps, int32(k))
		}
	}
	slices.SortStableFunc(s.waiting, func(a, b int32) int { return cmp.Compare(s.at(a).Call, s.at(b).Call) })
	s.fillers = make([]int32, 0, min(len(s.waiting), len(s.gaps)))
	t := timing{positions: s, moments: make([]int64, len(s.taker)), moment: math.MinInt64, latest: -1, called: soonest{part: s.part}}
	earliest := s.earliestUppers()
	for k := range s.taker {
		high := earliest[k]
		if low := s.lower[k]; low.op != none && high != none && low.at > s.upper[high].at {
			return nil, &clash{low: int32(k), high: high, late: low.op, early: s.upper[high].op}
		}
		t.later(k)
		if s.taker[k] == none {
			t.callUntil(high)
			if t.called.empty() {
				return nil, &clash{low: int32(k), high: high, late: none, early: s.upper[high].op, short: true}
			}
			if why := t.fill(); why != nil {
				return nil, why
			}
		}
		t.moments[k] = t.moment
	}
	return t.end()
}

// earliestUppers returns the earliest of the upper bounds from each position on.
func (s *positions) earliestUppers() []int32 {
	earliest := make([]int32, len(s.upper)+1)
	earliest[len(s.upper)] = none
	for k := len(s.upper) - 1; k >= 0; k-- {
		earliest[k] = earliest[k+1]
		if s.upper[k].op != none && (earliest[k] == none || s.upper[k].at < s.upper[earliest[k]].at) {
			earliest[k] = int32(k)
		}
	}
	return earliest
}

// timing gives one position after the other its moment.
type timing struct {
	*positions
	moments []int64
	moment  int64   // of the position before
	latest  int     // position of the greatest lower bound so far; negative: there was none
	called  soonest // those that wait and were called
	next    int     // the first of those that wait that was not
}

// later has the moment be no earlier than a position's lower bound.
func (t *timing) later(k int) {
	if t.lower[k].op != none && (t.latest < 0 || t.lower[k].at > t.lower[t.latest].at) {
		t.latest = k
		t.moment = max(t.moment, t.lower[k].at)
	}
}

// callUntil calls those that wait and may take a position whose upper bound is that of
// another.
func (t *timing) callUntil(high int32) {
	for t.next < len(t.waiting) && (high == none || t.at(t.waiting[t.next]).Call <= t.upper[high].at) {
		t.called.push(t.waiting[t.next])
		t.next++
	}
}

// fill has the one of those called that returns first take the next position.
func (t *timing) fill() *clash {
	i := t.called.pop()
	if t.latest >= 0 && t.at(i).end() < t.lower[t.latest].at {
		return &clash{low: int32(t.latest), high: none, late: t.lower[t.latest].op, early: i, missed: true}
	}
	t.fillers = append(t.fillers, i)
	t.moment = max(t.moment, t.at(i).Call)
	return nil
}

// end has those take the positions behind that returned and filled no gap. What does not
// return is last, and never happens.
func (t *timing) end() (moments []int64, why *clash) {
	t.callUntil(none)
	for !t.called.empty() && t.at(t.called.heap[0]).Outcome == OutcomeOK {
		t.later(len(t.taker))
		if why := t.fill(); why != nil {
			return nil, why
		}
		t.taker, t.moments = append(t.taker, none), append(t.moments, t.moment)
	}
	return t.moments, nil
}

// order merges those that look with those that take a position.
func (s *positions) order(moments []int64) []int32 {
	when := func(v visit) int64 {
		if v.after == none {
			return s.at(v.op).Call
		}
		return max(s.at(v.op).Call, moments[v.after])
	}
	slices.SortFunc(s.visits, func(a, b visit) int {
		return cmp.Or(cmp.Compare(when(a), when(b)), cmp.Compare(a.slot, b.slot), cmp.Compare(a.op, b.op))
	})
	order := make([]int32, 0, len(s.taker)+len(s.visits))
	visits, gap := s.visits, 0
	for k, i := range s.taker {
		for len(visits) > 0 && cmp.Or(cmp.Compare(when(visits[0]), moments[k]), cmp.Compare(visits[0].slot, int64(2*k+1))) < 0 {
			order = append(order, visits[0].op)
			visits = visits[1:]
		}
		if i == none {
			i = s.fillers[gap]
			gap++
		}
		order = append(order, i)
	}
	for _, v := range visits {
		order = append(order, v.op)
	}
	return order
}

// calledBy lists the waiting operations that were called when another returned.
func (s *positions) calledBy(early int32) []int32 {
	var called []int32
	for _, i := range s.waiting {
		if s.at(i).Call <= s.at(early).Return {
			called = append(called, i)
		}
	}
	return called
}

// gapsUpTo counts the gaps up to a position.
func (s *positions) gapsUpTo(k int32) int64 {
	n, found := slices.BinarySearch(s.gaps, k)
	if found {
		n++
	}
	return int64(n)
}

// placed is an operation with the position that it has in a core.
type placed struct {
	op       int32
	position int64
}

// renumber makes a core of operations with new positions, and others as they are.
// An operation may be named twice.
func (p part) renumber(moved []placed, same []int32) History {
	h := p.pick(same)
	seen := make(map[int32]bool)
	for _, m := range moved {
		if seen[m.op] {
			continue
		}
		seen[m.op] = true
		op := *p.at(m.op)
		switch {
		case op.Input.op() == (Poll{}).op():
			op.Input = Poll{m.position}
		case op.Outcome == OutcomeOK && op.Output != nil:
			op.Output = m.position
		}
		h = append(h, op)
	}
	h.sortByCall()
	return h
}
