package linearizability

// judgeLog is the monitor of a log to which no value is sent twice: then offsets
// are positions, and a poll that was answered tells where its value is. For the
// algorithm see positions. A send of unknown outcome whose value was polled is
// known to have happened, and where.
//
// In a core offsets are lowered: to leave out the value at offset k lowers all
// higher offsets by 1, those that were answered and those that were asked for.
func judgeLog(p part) finding {
	l := log{part: p}
	for _, step := range []func() Verdict{l.collectSends, l.collectPolls, l.enter} {
		switch step() {
		case VerdictUnknown:
			return finding{}
		case VerdictViolation:
			return finding{verdict: VerdictViolation, core: l.core, renumbered: true}
		}
	}
	moments, why := l.positions.solve()
	if why != nil && why.missed {
		var shown []int32
		if _, isSend := l.at(why.late).Input.(Send); isSend {
			for _, e := range l.evidence(l.valueOf(why.late), 0) {
				shown = append(shown, e.op)
			}
		}
		return l.positions.missed(*why, shown)
	}
	if why != nil {
		return finding{verdict: VerdictViolation, core: l.coreOfClash(*why), renumbered: true}
	}
	return finding{verdict: VerdictOK, order: l.positions.order(moments)}
}

// sent is a value of the log.
type sent struct {
	send   int32 // operation
	poll   int32 // the first operation that was answered the value, or none
	offset int64 // or none
}

// log is the state of the algorithm. Its steps return VerdictOK to go on.
type log struct {
	part
	byValue   map[string]int32
	values    []sent
	needed    int64 // how long the log must have become
	highest   int32 // the value that says so
	positions *positions
	core      History
}

func (l *log) collectSends() Verdict {
	sends := 0
	for i := range l.len() {
		if _, isSend := l.at(i).Input.(Send); isSend {
			sends++
		}
	}
	l.byValue = make(map[string]int32, sends)
	l.values = make([]sent, 0, sends)
	for i := range l.len() {
		op := l.at(i)
		in, isSend := op.Input.(Send)
		if !isSend || op.Outcome == OutcomeFailed {
			continue
		}
		if _, known := l.byValue[in.Value]; known {
			return VerdictUnknown
		}
		v := int32(len(l.values))
		l.byValue[in.Value] = v
		l.values = append(l.values, sent{i, none, int64(none)})
		if offset, known := op.Output.(int64); known && op.Outcome == OutcomeOK {
			if offset < 0 {
				l.core = l.pick([]int32{i})
				return VerdictViolation
			}
			l.place(v, offset)
		}
	}
	return VerdictOK
}

func (l *log) place(v int32, offset int64) {
	l.values[v].offset = offset
	if offset >= l.needed {
		l.needed, l.highest = offset+1, v
	}
}

// collectPolls finds out which value is where. A value that nobody sent, or that
// is at two offsets, is a violation.
func (l *log) collectPolls() Verdict {
	for i := range l.len() {
		op := l.at(i)
		in, isPoll := op.Input.(Poll)
		if !isPoll || op.Outcome != OutcomeOK || op.Output == nil {
			continue
		}
		v, known := l.byValue[op.Output.(string)]
		if !known {
			l.core = l.pick([]int32{i})
			return VerdictViolation
		}
		value := &l.values[v]
		if value.offset == int64(none) {
			l.place(v, in.Offset)
		}
		if value.offset != in.Offset {
			l.core = l.twoOffsets(v, i)
			return VerdictViolation
		}
		if value.poll == none {
			value.poll = i
		}
	}
	return VerdictOK
}

// enter enters all operations as positions. Two values at one offset are a
// violation, and so is a log that is longer than it can be.
func (l *log) enter() Verdict {
	if l.needed > int64(len(l.values)) {
		l.core = l.coreOfExcess()
		return VerdictViolation
	}
	behind := int64(0)
	for _, value := range l.values {
		if value.offset == int64(none) && l.at(value.send).Outcome == OutcomeOK {
			behind++
		}
	}
	s := newPositions(l.part, l.needed, behind)
	l.positions = s
	s.visits = make([]visit, 0, int(l.len())-len(l.values))
	for v, value := range l.values {
		switch {
		case value.offset == int64(none):
			s.waiting = append(s.waiting, value.send)
		case s.taker[value.offset] != none:
			other := l.valueOf(s.taker[value.offset])
			l.core = l.renumber(append(l.evidence(int32(v), 0), l.evidence(other, 0)...), nil)
			return VerdictViolation
		default:
			s.take(value.offset, value.send)
		}
	}
	for i := range l.len() {
		op := l.at(i)
		in, isPoll := op.Input.(Poll)
		switch {
		case !isPoll || op.Outcome != OutcomeOK:
		case op.Output == nil:
			s.notBefore(in.Offset, i)
			s.visits = append(s.visits, visit{i, none, 2 * min(in.Offset, l.needed+behind)})
		default:
			s.notAfter(in.Offset, i)
			s.visits = append(s.visits, visit{i, int32(in.Offset), 2*in.Offset + 2})
		}
	}
	return VerdictOK
}

func (l *log) valueOf(send int32) int32 {
	return l.byValue[l.at(send).Input.(Send).Value]
}

// evidence shows that a value is at an offset: its send, and unless that was
// answered a poll.
func (l *log) evidence(v int32, offset int64) []placed {
	value := l.values[v]
	if op := l.at(value.send); op.Outcome == OutcomeOK && op.Output != nil {
		return []placed{{value.send, offset}}
	}
	return []placed{{value.send, offset}, {value.poll, offset}}
}

// twoOffsets is for a value that a poll found elsewhere than it should be.
func (l *log) twoOffsets(v int32, poll int32) History {
	was, is := int64(0), int64(1)
	if l.at(poll).Input.(Poll).Offset < l.values[v].offset {
		was, is = is, was
	}
	return l.renumber(append(l.evidence(v, was), placed{poll, is}), nil)
}

// coreOfExcess is for a log that became longer than values were sent: all values
// but the last whose offset is known are left out.
func (l *log) coreOfExcess() History {
	var unknown []int32
	taken := make(map[int64]bool)
	for _, value := range l.values {
		if value.offset == int64(none) {
			unknown = append(unknown, value.send)
		} else {
			taken[value.offset] = true
		}
	}
	return l.renumber(l.evidence(l.highest, l.needed-int64(len(taken))), unknown)
}

// coreOfClash makes a core of a clash. The late operation sent the value at low or
// found nothing there; the early one sent the value at high or polled it.
func (l *log) coreOfClash(why clash) History {
	high := l.valueOf(l.positions.taker[why.high])
	if why.short {
		gaps := l.positions.gapsUpTo(why.low)
		core := append(l.evidence(high, gaps), placed{why.early, gaps})
		return l.renumber(core, l.positions.calledBy(why.early))
	}
	top := int64(0)
	core := []placed{{why.late, 0}}
	if _, isSend := l.at(why.late).Input.(Send); isSend {
		core = append(core, l.evidence(l.valueOf(why.late), 0)...)
		if why.low < why.high {
			top = 1
		}
	}
	core = append(core, l.evidence(high, top)...)
	return l.renumber(append(core, placed{why.early, top}), nil)
}
