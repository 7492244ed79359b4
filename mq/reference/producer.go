package reference

import (
	"fmt"
	"time"

	"quorumlab/mq"
)

type producer struct {
	id      mq.ProducerID
	heard   time.Duration
	answers []any    // of the numbers 1, 2, 3, ...
	content []string // likewise: the commands
}

func (r *Machine) producer(id mq.ProducerID) *producer {
	for _, p := range r.producers {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (r *Machine) describeProducer(c mq.DescribeProducer) any {
	if p := r.producer(c.Producer); p != nil {
		return mq.ProducerState{Highest: uint64(len(p.answers))}
	}
	return mq.ProducerState{}
}

// once carries out a command that is answered like zero, if it is new.
func (r *Machine) once(n mq.Number, c mq.Command, zero any, do func() any) any {
	if n.Producer == 0 {
		return do()
	}
	p := r.producer(n.Producer)
	used := uint64(0)
	if p != nil {
		used = uint64(len(p.answers))
	}
	switch {
	case n.Sequence == 0 || n.Sequence > used+1:
		return mq.ErrSequenceGap
	case n.Sequence <= used:
		return p.repeat(n.Sequence, c, zero)
	}
	answer := do()
	if _, refused := answer.(mq.Code); refused {
		return answer
	}
	if p == nil {
		p = &producer{id: n.Producer}
		r.producers = append(r.producers, p)
	}
	p.answers = append(p.answers, answer)
	p.content = append(p.content, content(c))
	p.heard = r.now
	return answer
}

// content is what commands are that have the same.
func content(c mq.Command) string { return fmt.Sprintf("%T%+v", c, c) }

func (p *producer) repeat(sequence uint64, c mq.Command, zero any) any {
	given := p.answers[sequence-1]
	forgotten := sequence+16 <= uint64(len(p.answers))
	if forgotten {
		given = zero
	}
	if !forgotten && p.content[sequence-1] != content(c) {
		return mq.ErrSequenceReused
	}
	_, published := given.(mq.Published)
	repetition := mq.Repetition{Duplicate: true, Forgotten: forgotten}
	if published {
		return mq.Published{Copies: given.(mq.Published).Copies, Repetition: repetition}
	}
	return mq.Appended{First: given.(mq.Appended).First, Repetition: repetition}
}
