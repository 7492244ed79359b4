package mq

func (m *Machine) restoreLogs(r *reader) (pieces [][]int) {
	var previous string
	for n := r.count(); n > 0 && !r.failed; n-- {
		name := r.name(&previous)
		options := decodeLogOptions(r)
		if _, taken := m.queues.get(name); taken || options.check() != nil || options != options.filled() {
			r.fail()
			return nil
		}
		l := newLog(name, options)
		var lengths []int
		for i := range l.partitions {
			p := &l.partitions[i]
			p.start, p.end = r.number(), r.number()
			if p.end < p.start || p.end-p.start > uint64(len(r.rest)) {
				r.fail()
				return nil
			}
			if p.start < p.end {
				lengths = append(lengths, r.lengths((p.end-1)/segmentSize-p.start/segmentSize+1)...)
			}
		}
		l.restoreGroups(m, r)
		pieces = append(pieces, lengths)
		m.logs.add(l)
	}
	return pieces
}

func (l *log) restoreGroups(m *Machine, r *reader) {
	var previous string
	for n := r.count(); n > 0 && !r.failed; n-- {
		g := &group{name: r.name(&previous), generation: r.number(), committed: make([]committed, len(l.partitions))}
		for range r.count() {
			x := groupMember{id: ConsumerID(r.number()), timeout: r.duration(), deadline: r.duration()}
			late := x.deadline < 0 || x.deadline > m.clock.now+MaxSessionTimeout
			if x.timeout <= 0 || x.timeout > MaxSessionTimeout || late ||
				len(g.members) > 0 && x.id <= g.members[len(g.members)-1].id {
				r.fail()
				break
			}
			g.members = append(g.members, x)
		}
		for i := range g.committed {
			g.committed[i] = committed{known: r.bool(), offset: r.number()}
		}
		if g.generation == 0 || g.generation > m.generation {
			r.fail()
		}
		l.groups.add(g)
	}
}

func (l *log) restorePieces(m *Machine, r *reader, lengths []int) bool {
	for i := range l.partitions {
		p := &l.partitions[i]
		end := p.end
		p.first = p.start / segmentSize
		for p.end = p.start; p.end < end; {
			piece := &reader{rest: r.piece(lengths[0])}
			lengths = lengths[1:]
			encoded := piece.rest
			var key string
			for once := true; p.end < end && (once || p.end%segmentSize != 0); once = false {
				record := Record{Offset: p.end, Published: piece.duration()}
				if k := piece.bytes(); string(k) != key {
					key = string(k)
				}
				record.Key, record.Body = key, piece.bytes()
				if piece.failed || record.Published < 0 || record.Published > m.clock.now {
					return false
				}
				p.append(record)
			}
			if !piece.done() {
				return false
			}
			p.list[len(p.list)-1].set(encoded)
		}
	}
	return !r.failed
}
