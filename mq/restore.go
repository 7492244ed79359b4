package mq

import (
	"slices"
)

// restore reads what follows the version. The machine is new. All that is read is
// checked, so that the machine cannot come into a state that commands do not lead
// to.
func (m *Machine) restore(r *reader) bool {
	m.clock.now = r.duration()
	m.clock.term = r.number()
	m.clock.reading = r.duration()
	m.nextPlace = r.number()
	m.generation = r.number()
	if m.clock.now < 0 || m.clock.now > endOfTime || m.nextPlace == 0 {
		return false
	}
	queuePieces := m.restoreQueues(r)
	logPieces := m.restoreLogs(r)
	m.restoreExchanges(r)
	m.restoreProducers(r)
	if r.failed || !m.linkDeadLetters() {
		return false
	}
	for i, q := range m.queues.sorted {
		if !q.restorePieces(m, r, queuePieces[i]) {
			return false
		}
	}
	for i, l := range m.logs.sorted {
		if !l.restorePieces(m, r, logPieces[i]) {
			return false
		}
	}
	m.due = 0 // whatever it is, the next command finds out
	return !r.failed
}

// lengths reads the lengths of n pieces.
func (r *reader) lengths(n uint64) []int {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	list := make([]int, n)
	for i := range list {
		list[i] = int(r.number32())
	}
	return list
}

// piece reads a piece of a known length, into memory of its own.
func (r *reader) piece(length int) []byte {
	if length > len(r.rest) {
		r.fail()
		return nil
	}
	p := slices.Clone(r.rest[:length])
	r.rest = r.rest[length:]
	return p
}

// name reads the name of the next of several things, which come in order.
func (r *reader) name(previous *string) string {
	name := r.string()
	if checkName("", name) != nil || name <= *previous {
		r.fail()
	}
	*previous = name
	return name
}

func (m *Machine) restoreQueues(r *reader) (pieces [][]int) {
	var previous string
	for n := r.count(); n > 0 && !r.failed; n-- {
		q := &queue{name: r.name(&previous), options: decodeQueueOptions(r)}
		q.Counters.decode(r)
		q.next, q.cursor = r.number(), r.number()
		pieces = append(pieces, r.lengths(r.number()))
		if r.failed || q.options.check() != nil || q.options != q.options.filled() ||
			q.cursor == 0 || q.cursor > q.next {
			r.fail()
			return nil
		}
		m.queues.add(q)
	}
	return pieces
}

// linkDeadLetters finds the queues for dead letters by their names.
func (m *Machine) linkDeadLetters() bool {
	for _, q := range m.queues.sorted {
		if q.options.DeadLetters == "" {
			continue
		}
		target, ok := m.queues.get(q.options.DeadLetters)
		if !ok {
			return false
		}
		q.deadLetters = target
		target.sources++
	}
	for _, q := range m.queues.sorted { // nothing may come back to where it was
		steps := 0
		for ; q != nil; q = q.deadLetters {
			if steps++; steps > len(m.queues.sorted) {
				return false
			}
		}
	}
	return true
}

// maxSegments bounds what a malformed snapshot can ask for.
const maxSegments = 1 << 26

func (q *queue) restorePieces(m *Machine, r *reader, lengths []int) bool {
	fresh := uint64(0) // messages that were never delivered
	for _, length := range lengths {
		p := &reader{rest: r.piece(length)}
		encoded := p.rest
		number := p.number()
		first := q.segments.first
		if len(q.segments.list) > 0 && (number < first+uint64(len(q.segments.list)) || number-first > maxSegments) {
			return false
		}
		live := p.count()
		if p.failed || live < 1 || live > segmentSize || number > (q.next-1)/segmentSize {
			return false
		}
		previous := -1
		var key string
		for range live {
			i := int(p.byte())
			place := number*segmentSize + uint64(i)
			if i <= previous || place >= q.next {
				return false
			}
			previous = i
			msg := q.segments.put(place)
			if !msg.decode(p, &key) || !q.restoreMessage(m, msg) {
				return false
			}
			if place >= q.cursor {
				fresh++
			}
		}
		if !p.done() {
			return false
		}
		q.segments.of(number * segmentSize).set(encoded)
	}
	return !r.failed && fresh == q.next-q.cursor
}

// decode reads a message. key is that of the message before; many have the same.
func (msg *message) decode(r *reader, key *string) bool {
	msg.state = messageState(r.byte())
	msg.deliveries = r.number32()
	msg.published = r.duration()
	if msg.state == leased {
		msg.consumer = ConsumerID(r.number())
		msg.leasedAt = r.duration()
		msg.deadline = r.duration()
	}
	if k := r.bytes(); string(k) != *key {
		*key = string(k)
	}
	msg.key = *key
	msg.body = r.bytes()
	if r.bool() {
		msg.death = decodeDeath(r)
	}
	return !r.failed
}

// restoreMessage takes account of a message that is at its place.
func (q *queue) restoreMessage(m *Machine, msg *message) bool {
	if msg.published < 0 || msg.published > m.clock.now {
		return false
	}
	switch {
	case msg.state == ready && msg.place >= q.cursor && msg.deliveries == 0:
		q.ready++
	case msg.state == ready && msg.place < q.cursor:
		q.ready++
		q.returned.push(msg.place)
	case msg.state == leased && msg.place < q.cursor && msg.deliveries > 0:
		if q.options.Contract == AtMostOnce || msg.leasedAt < 0 || msg.leasedAt > m.clock.now ||
			msg.deadline < msg.leasedAt || msg.deadline > msg.leasedAt+MaxLease {
			return false
		}
		q.held.push(msg)
	default:
		return false
	}
	return true
}

func (m *Machine) restoreExchanges(r *reader) {
	var previous string
	for n := r.count(); n > 0 && !r.failed; n-- {
		x := &exchange{name: r.name(&previous), kind: ExchangeType(r.byte())}
		for range r.count() {
			pattern, name := r.string(), r.string()
			var t target
			t.queue, _ = m.queues.get(name)
			t.log, _ = m.logs.get(name)
			i, bound := x.search(pattern, name)
			if r.failed || t == (target{}) || bound || i < len(x.bindings) || x.kind.checkPattern(pattern) != nil {
				r.fail()
				return
			}
			x.bindings = append(x.bindings, boundTarget{pattern, t})
		}
		if x.kind > lastExchangeType {
			r.fail()
			return
		}
		m.exchanges.add(x)
	}
}

func (m *Machine) restoreProducers(r *reader) {
	for n := r.count(); n > 0 && !r.failed; n-- {
		p := &producer{id: ProducerID(r.number()), highest: r.number()}
		heard := r.duration()
		for i := range p.answers {
			p.answers[i] = givenAnswer{value: r.number(), content: r.number()}
		}
		newest := m.producers.newest
		if p.id == 0 || p.highest == 0 || m.producers.byID[p.id] != nil ||
			heard < 0 || heard > m.clock.now || newest != nil && newest.heard > heard {
			r.fail()
			return
		}
		m.producers.hear(p, heard)
	}
}
