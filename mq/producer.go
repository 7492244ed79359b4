package mq

import (
	"encoding/binary"
	"time"

	"quorumlab/rsm"
)

// ProducerID names a producer that numbers what it sends. Zero is none.
type ProducerID uint64

// Number is a producer's number for a command: 1, 2, 3, ... A command whose number
// was used before is not carried out again, whether it comes from the same session
// or another, and is answered as it was the first time. The numbers of commands that
// were refused are free to be used again.
//
// Numbers without gaps keep the order: of two commands that are under way at the
// same time, the second is refused if it overtakes the first. The zero Number is
// for producers that do not care.
//
// A number means one content. As long as its answer is kept, another content under it is
// refused, not taken for a repetition: a producer that comes back after a crash may ask
// how far its numbers are used while a command of its earlier life is still on its way,
// and then use the very number that this is about to take. Whichever arrives first is
// carried out, and the other is told.
type Number struct {
	Producer ProducerID
	Sequence uint64
}

// Repetition tells of a command with a Number that it was carried out before.
type Repetition struct {
	Duplicate bool // it was
	Forgotten bool // so long ago that the answer is not known any more
}

const (
	// producerWindow is how many answers are kept for each producer.
	producerWindow = 16
	// ProducerExpiry is when a producer is forgotten that has not been heard of
	// (producer.id.expiration.ms of Kafka).
	ProducerExpiry = 24 * time.Hour
)

// producer is what is kept of a producer.
type producer struct {
	id      ProducerID
	highest uint64 // all numbers up to here are used
	heard   time.Duration
	answers [producerWindow]givenAnswer // that of sequence n at n modulo the length
	newer   *producer                   // the one that was heard next
	older   *producer
}

// givenAnswer is what a command was answered.
type givenAnswer struct {
	value   uint64
	content uint64 // a hash of the command
}

// producers are kept in the order in which they were last heard.
type producers struct {
	byID           map[ProducerID]*producer
	newest, oldest *producer
}

func (n Number) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(n.Producer))
	return binary.AppendUvarint(b, n.Sequence)
}

func decodeNumber(r *reader) Number {
	return Number{Producer: ProducerID(r.number()), Sequence: r.number()}
}

// An answer says whether it is given for the first time, and is a number.
const (
	givenNow byte = iota
	givenBefore
	givenLongAgo
)

func onceAnswer(when byte, value uint64) []byte {
	return binary.AppendUvarint(append(make([]byte, 0, 12), 0, when), value)
}

func readOnce(answer []byte) (value uint64, repetition Repetition, err error) {
	r, err := readAnswer(answer)
	if err != nil {
		return 0, Repetition{}, err
	}
	when, value := r.byte(), r.number()
	if when > givenLongAgo {
		r.fail()
	}
	if err := r.finish(); err != nil {
		return 0, Repetition{}, err
	}
	return value, Repetition{Duplicate: when != givenNow, Forgotten: when == givenLongAgo}, nil
}

// once carries out the command of Apply unless it was carried out under its number
// before.
func (m *Machine) once(n Number, do func() (uint64, *Error)) ([]byte, *Error) {
	if n.Producer == 0 {
		value, err := do()
		if err != nil {
			return nil, err
		}
		return onceAnswer(givenNow, value), nil
	}
	var highest uint64
	content := rsm.HashBytes(0, m.command)
	p := m.producers.byID[n.Producer]
	if p != nil {
		highest = p.highest
	}
	switch {
	case n.Sequence == 0 || n.Sequence > highest+1:
		return nil, refuse(ErrSequenceGap, "sequence %d of producer %d: the next is %d", n.Sequence, n.Producer, highest+1)
	case n.Sequence <= highest:
		return p.repeat(n, content)
	}
	value, err := do()
	if err != nil {
		return nil, err
	}
	if p == nil {
		p = &producer{id: n.Producer}
	}
	p.highest = n.Sequence
	p.answers[n.Sequence%producerWindow] = givenAnswer{value: value, content: content}
	m.producers.hear(p, m.clock.now)
	m.dueAt(m.producers.due())
	return onceAnswer(givenNow, value), nil
}

// repeat answers a number that was used before.
func (p *producer) repeat(n Number, content uint64) ([]byte, *Error) {
	if n.Sequence+producerWindow <= p.highest {
		return onceAnswer(givenLongAgo, 0), nil
	}
	given := p.answers[n.Sequence%producerWindow]
	if given.content != content {
		return nil, refuse(ErrSequenceReused, "sequence %d of producer %d", n.Sequence, n.Producer)
	}
	return onceAnswer(givenBefore, given.value), nil
}

// hear makes a producer, new or known, the one that was heard last.
func (p *producers) hear(x *producer, now time.Duration) {
	x.heard = now
	if p.newest == x {
		return
	}
	if p.byID == nil {
		p.byID = make(map[ProducerID]*producer)
	}
	if p.byID[x.id] == x {
		p.unlink(x)
	}
	p.byID[x.id] = x
	x.older, x.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = x
	} else {
		p.oldest = x
	}
	p.newest = x
}

// unlink takes a producer out of the order.
func (p *producers) unlink(x *producer) {
	if x.older != nil {
		x.older.newer = x.newer
	} else {
		p.oldest = x.newer
	}
	if x.newer != nil {
		x.newer.older = x.older
	} else {
		p.newest = x.older
	}
}

// expire forgets those that were not heard of for long.
func (p *producers) expire(now time.Duration) {
	for x := p.oldest; x != nil && x.heard+ProducerExpiry <= now; x = p.oldest {
		p.unlink(x)
		delete(p.byID, x.id)
	}
}

func (p *producers) due() time.Duration {
	if p.oldest == nil {
		return never
	}
	return p.oldest.heard + ProducerExpiry
}

// DescribeProducer asks how far a producer's numbers are used: for one that comes
// back after a crash and does not know what became of its last command.
type DescribeProducer struct {
	question
	Producer ProducerID
}

// ProducerState is the answer.
type ProducerState struct {
	Highest uint64 // all numbers up to here are used; zero for a producer never heard of
}

func (c DescribeProducer) kind() kind { return kindDescribeProducer }

func (c DescribeProducer) appendTo(b []byte) []byte {
	return binary.AppendUvarint(b, uint64(c.Producer))
}

// Result reads the answer.
func (c DescribeProducer) Result(answer []byte) (ProducerState, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return ProducerState{}, err
	}
	return ProducerState{Highest: r.number()}, r.finish()
}

func (c DescribeProducer) apply(m *Machine) ([]byte, *Error) {
	var highest uint64
	if p := m.producers.byID[c.Producer]; p != nil {
		highest = p.highest
	}
	return binary.AppendUvarint([]byte{0}, highest), nil
}
