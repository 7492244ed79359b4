package linearizability

import "math"

// judgeCounter is the monitor of a counter to which nothing but 1 is added: the
// answer to an addition is its position, if it has one. For the algorithm see
// positions.
//
// In a core the answers are lowered. To leave out the addition at position k
// lowers all later answers by 1, and a linearization stays one if it is left out
// and they are lowered. So a core can leave out all additions but the few that
// matter, and among the gaps all but the first few.
func judgeCounter(p part) finding {
	s, found := collectAdditions(p)
	if s == nil {
		return found
	}
	moments, why := s.solve()
	if why != nil && why.missed {
		return s.missed(*why, nil)
	}
	if why != nil {
		return finding{verdict: VerdictViolation, core: s.coreOfCounter(*why), renumbered: true}
	}
	return finding{verdict: VerdictOK, order: s.order(moments)}
}

// collectAdditions enters all operations, or else finds at once what is wrong, or
// that the monitor cannot judge.
func collectAdditions(p part) (*positions, finding) {
	additions, behind, ones := countAdditions(p)
	if !ones {
		return nil, finding{}
	}
	needed, wrong := neededAdditions(p, additions)
	if needed < 0 {
		return nil, wrong
	}
	s := newPositions(p, needed, behind)
	s.visits = make([]visit, 0, int64(p.len())-additions)
	for i := range p.len() {
		op := p.at(i)
		_, isAdd := op.Input.(Add)
		switch {
		case op.Outcome == OutcomeFailed:
		case op.Outcome == OutcomeUnknown || op.Output == nil:
			if isAdd {
				s.waiting = append(s.waiting, i)
			}
		case isAdd:
			k := op.Output.(int64)
			if s.taker[k] != none {
				return nil, finding{verdict: VerdictViolation, core: p.renumber([]placed{{i, 0}, {s.taker[k], 0}}, nil), renumbered: true}
			}
			s.take(k, i)
		default:
			v := op.Output.(int64)
			if v > 0 {
				s.notAfter(v-1, i)
			}
			s.notBefore(v, i)
			s.visits = append(s.visits, visit{i, int32(v - 1), 2 * v})
		}
	}
	return s, finding{}
}

// countAdditions returns how many additions may have happened, how many of them happened
// and do not say what they found, and whether each is of one.
func countAdditions(p part) (additions, behind int64, ones bool) {
	for i := range p.len() {
		op := p.at(i)
		add, isAdd := op.Input.(Add)
		if !isAdd || op.Outcome == OutcomeFailed {
			continue
		}
		additions++
		if op.Outcome == OutcomeOK && op.Output == nil {
			behind++
		}
		if add.Delta != 1 {
			return 0, 0, false
		}
	}
	return additions, behind, true
}

// neededAdditions returns how many additions have happened at least, by what was
// answered. It is negative if an answer cannot be, of so many that there are, or is so
// high that the monitor cannot judge.
func neededAdditions(p part, additions int64) (needed int64, wrong finding) {
	highest := none // the operation that says so
	for i := range p.len() {
		op := p.at(i)
		if op.Outcome != OutcomeOK || op.Output == nil {
			continue
		}
		answer := op.Output.(int64)
		switch {
		case answer < 0:
			return -1, finding{verdict: VerdictViolation, core: p.pick([]int32{i})}
		case answer == math.MaxInt64:
			return -1, finding{} // the next addition would wrap around
		}
		if _, isAdd := op.Input.(Add); isAdd {
			answer++
		}
		if answer > needed {
			needed, highest = answer, i
		}
	}
	if needed > additions {
		return -1, finding{verdict: VerdictViolation, core: coreOfExcess(p, highest, needed), renumbered: true}
	}
	return needed, finding{}
}

// coreOfExcess is for an answer that counts more additions than were ever called:
// all the others whose position is known are left out.
func coreOfExcess(p part, highest int32, needed int64) History {
	known := make(map[int64]bool)
	var unknown []int32 // and what was only acknowledged
	for i := range p.len() {
		op := p.at(i)
		if _, isAdd := op.Input.(Add); !isAdd || op.Outcome == OutcomeFailed || i == highest {
			continue
		}
		if op.Outcome == OutcomeUnknown || op.Output == nil {
			unknown = append(unknown, i)
		} else if op.Output.(int64) < needed {
			known[op.Output.(int64)] = true
		}
	}
	gaps := needed - int64(len(known))
	if _, isAdd := p.at(highest).Input.(Add); isAdd {
		gaps-- // its own position, or its twin's
		if known[needed-1] {
			gaps++
		}
	}
	return p.renumber([]placed{{highest, gaps}}, unknown)
}

// coreOfCounter makes a core of a clash. See judgeCounter on answers.
func (s *positions) coreOfCounter(why clash) History {
	_, earlyAdds := s.at(why.early).Input.(Add)
	if why.short {
		// Of the positions only the gaps up to low are left, which are too many for
		// those that were called.
		gaps := s.gapsUpTo(why.low)
		return s.renumber([]placed{{why.early, gaps}}, s.calledBy(why.early))
	}
	_, lateAdds := s.at(why.late).Input.(Add)
	switch {
	case lateAdds:
		// It is the first addition, so what counts it is later.
		return s.renumber([]placed{{why.late, 0}, {why.early, 1}}, nil)
	case earlyAdds:
		return s.renumber([]placed{{why.late, 0}, {why.early, 0}}, nil)
	}
	// Two reads, the later of which is lower. An addition stands between.
	reads := []placed{{why.late, 0}, {why.early, 1}}
	for k := why.low; k <= why.high; k++ {
		if i := s.taker[k]; i != none {
			return s.renumber(append(reads, placed{i, 0}), nil)
		}
	}
	return s.renumber(reads, s.calledBy(why.early))
}

// missed makes a finding of a clash in which too much had been acknowledged. If it
// is more than there are gaps before low, that and the late operation are a core,
// with what else shows that the late one happened. Else some gaps needed others to
// fill them, and all of the history is the core.
func (s *positions) missed(why clash, shown []int32) finding {
	gaps := s.gapsUpTo(why.low-1) + max(int64(why.low)-int64(len(s.upper)), 0)
	var early []int32
	for _, i := range s.waiting {
		if s.at(i).end() < s.at(why.late).Call && int64(len(early)) <= gaps {
			early = append(early, i)
		}
	}
	if int64(len(early)) > gaps {
		moved := []placed{{why.late, gaps}}
		for _, i := range shown {
			moved = append(moved, placed{i, gaps})
		}
		return finding{verdict: VerdictViolation, core: s.renumber(moved, early), renumbered: true}
	}
	all := make([]int32, s.len())
	for i := range all {
		all[i] = int32(i)
	}
	return finding{verdict: VerdictViolation, core: s.pick(all)}
}
