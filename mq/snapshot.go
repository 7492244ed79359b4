package mq

import (
	"encoding/binary"
	"errors"
	"slices"

	"quorumlab/rsm"
)

// A snapshot is a head and then pieces, one for each segment of each queue and of
// each partition. The head is small: all but the messages, and how long the pieces
// are. The pieces are large, and a piece is encoded anew only if something in the
// segment has changed since the last snapshot. So what a snapshot costs depends on
// what has happened since the one before, and not on how much there is.
//
// The bodies of messages lie in the pieces once there are any, so they are in memory
// once, and not once more for the snapshot.

// Snapshot implements rsm.StateMachine. It copies all that there is; to avoid that,
// see SnapshotPieces.
func (m *Machine) Snapshot() []byte { return slices.Concat(m.SnapshotPieces()...) }

// SnapshotPieces returns what Snapshot returns, cut into pieces. A piece that has not
// changed since an earlier call is the very same memory. They are immutable.
func (m *Machine) SnapshotPieces() [][]byte {
	pieces := [][]byte{nil}
	m.eachPiece(func(p *piece) { pieces = append(pieces, p.encoded) })
	pieces[0] = m.encodeHead()
	return pieces
}

// Hash returns a hash of the state: equal states have equal hashes, and others as
// good as never. It costs what a snapshot costs.
func (m *Machine) Hash() uint64 {
	var h uint64
	m.eachPiece(func(p *piece) { h = rsm.HashWord(h, p.hash) })
	return rsm.HashBytes(h, m.encodeHead())
}

// piece is the encoding of a segment, if nothing has changed since.
type piece struct {
	encoded []byte
	hash    uint64
}

func (p *piece) set(encoded []byte) { *p = piece{encoded: encoded, hash: rsm.HashBytes(0, encoded)} }

// eachPiece goes through the pieces in the order in which they stand in the snapshot.
func (m *Machine) eachPiece(do func(p *piece)) {
	for _, q := range m.queues.sorted {
		for _, seg := range q.segments.list {
			if seg != nil {
				m.scratch = seg.encode(m.scratch)
				do(&seg.piece)
			}
		}
	}
	for _, l := range m.logs.sorted {
		for i := range l.partitions {
			p := &l.partitions[i]
			for j := range p.list {
				m.scratch = p.encode(j, m.scratch)
				do(&p.list[j].piece)
			}
		}
	}
}

// encode brings the segment's piece up to date. It uses scratch and returns it.
func (s *segment) encode(scratch []byte) []byte {
	if s.encoded != nil {
		return scratch
	}
	var bodies [segmentSize]int // where they begin
	b := binary.AppendUvarint(scratch[:0], s.number)
	b = binary.AppendUvarint(b, uint64(s.live))
	for i := range s.slots {
		msg := &s.slots[i]
		if msg.state == absent {
			continue
		}
		b = append(b, byte(i), byte(msg.state))
		b = binary.AppendUvarint(b, uint64(msg.deliveries))
		b = appendDuration(b, msg.published)
		if msg.state == leased {
			b = binary.AppendUvarint(b, uint64(msg.consumer))
			b = appendDuration(b, msg.leasedAt)
			b = appendDuration(b, msg.deadline)
		}
		b = appendBytes(b, msg.key)
		b = appendBytes(b, msg.body)
		bodies[i] = len(b)
		b = appendBool(b, msg.death != nil)
		if msg.death != nil {
			b = msg.death.appendTo(b)
		}
	}
	s.set(slices.Clone(b))
	for i := range s.slots {
		if msg := &s.slots[i]; msg.state != absent {
			msg.body = s.encoded[bodies[i]-len(msg.body) : bodies[i] : bodies[i]]
		}
	}
	return b
}

// encode brings the piece of a partition's segment up to date. It uses scratch and
// returns it.
func (p *partition) encode(i int, scratch []byte) []byte {
	seg := p.list[i]
	if seg.encoded != nil {
		return scratch
	}
	var bodies [segmentSize]int // where they end
	b := scratch[:0]
	begin, end := p.extent(i)
	for offset := begin; offset < end; offset++ {
		r := p.at(offset)
		b = r.appendTo(b)
		bodies[offset%segmentSize] = len(b)
	}
	seg.set(slices.Clone(b))
	for offset := begin; offset < end; offset++ {
		r, at := p.at(offset), bodies[offset%segmentSize]
		r.Body = seg.encoded[at-len(r.Body) : at : at]
	}
	return b
}

// extent returns which offsets a segment of the list has.
func (p *partition) extent(i int) (begin, end uint64) {
	begin = (p.first + uint64(i)) * segmentSize
	return max(begin, p.start), min(begin+segmentSize, p.end)
}

const snapshotVersion = 2

// encodeHead encodes all but the messages. The pieces are up to date.
func (m *Machine) encodeHead() []byte {
	b := []byte{snapshotVersion}
	for _, n := range []uint64{
		uint64(m.clock.now), m.clock.term, uint64(m.clock.reading),
		m.nextPlace, m.generation, uint64(len(m.queues.sorted)),
	} {
		b = binary.AppendUvarint(b, n)
	}
	for _, q := range m.queues.sorted {
		b = q.appendTo(b)
	}
	b = binary.AppendUvarint(b, uint64(len(m.logs.sorted)))
	for _, l := range m.logs.sorted {
		b = l.appendTo(b)
	}
	b = binary.AppendUvarint(b, uint64(len(m.exchanges.sorted)))
	for _, x := range m.exchanges.sorted {
		b = append(appendBytes(b, x.name), byte(x.kind))
		b = binary.AppendUvarint(b, uint64(len(x.bindings)))
		for _, t := range x.bindings {
			b = appendBytes(appendBytes(b, t.pattern), t.name())
		}
	}
	b = binary.AppendUvarint(b, uint64(len(m.producers.byID)))
	for p := m.producers.oldest; p != nil; p = p.newer {
		b = p.appendTo(b)
	}
	return b
}

func (q *queue) appendTo(b []byte) []byte {
	b = q.options.appendTo(appendBytes(b, q.name))
	b = q.Counters.appendTo(b)
	b = binary.AppendUvarint(b, q.next)
	b = binary.AppendUvarint(b, q.cursor)
	n := 0
	for _, seg := range q.segments.list {
		if seg != nil {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	for _, seg := range q.segments.list {
		if seg != nil {
			b = binary.AppendUvarint(b, uint64(len(seg.encoded)))
		}
	}
	return b
}

func (l *log) appendTo(b []byte) []byte {
	b = l.options.appendTo(appendBytes(b, l.name))
	for i := range l.partitions {
		p := &l.partitions[i]
		b = binary.AppendUvarint(binary.AppendUvarint(b, p.start), p.end)
		for _, seg := range p.list {
			b = binary.AppendUvarint(b, uint64(len(seg.encoded)))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(l.groups.sorted)))
	for _, g := range l.groups.sorted {
		b = binary.AppendUvarint(appendBytes(b, g.name), g.generation)
		b = binary.AppendUvarint(b, uint64(len(g.members)))
		for _, x := range g.members {
			b = appendDuration(binary.AppendUvarint(b, uint64(x.id)), x.timeout)
			b = appendDuration(b, x.deadline)
		}
		for _, c := range g.committed {
			b = binary.AppendUvarint(appendBool(b, c.known), c.offset)
		}
	}
	return b
}

func (p *producer) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(p.id))
	b = binary.AppendUvarint(b, p.highest)
	b = appendDuration(b, p.heard)
	for _, a := range p.answers {
		b = binary.AppendUvarint(binary.AppendUvarint(b, a.value), a.content)
	}
	return b
}

var errSnapshot = errors.New("message queue: malformed snapshot")

// Restore implements rsm.StateMachine.
func (m *Machine) Restore(snapshot []byte) error {
	r := &reader{rest: snapshot}
	restored := New()
	if r.byte() != snapshotVersion || !restored.restore(r) || !r.done() {
		return errSnapshot
	}
	*m = *restored
	return nil
}
