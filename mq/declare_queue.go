package mq

import "encoding/binary"

// DeclareQueue makes a queue, unless it is there already with the same options.
//
// Errors: ErrBadName, ErrBadOption, ErrMismatch, and of the queue for dead letters
// ErrUnknownQueue and ErrWrongType.
type DeclareQueue struct {
	change
	Queue   string
	Options QueueOptions
}

// Declared is the answer to a declaration.
type Declared struct {
	Created bool // it was not there before
}

func (c DeclareQueue) kind() kind { return kindDeclareQueue }

func (c DeclareQueue) appendTo(b []byte) []byte {
	return c.Options.appendTo(appendBytes(b, c.Queue))
}

func decodeDeclareQueue(r *reader) DeclareQueue {
	return DeclareQueue{Queue: r.string(), Options: decodeQueueOptions(r)}
}

// Result reads the answer.
func (c DeclareQueue) Result(answer []byte) (Declared, error) { return readDeclared(answer) }

func readDeclared(answer []byte) (Declared, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Declared{}, err
	}
	return Declared{Created: r.bool()}, r.finish()
}

func declaredAnswer(created bool) []byte { return appendBool([]byte{0}, created) }

func (c DeclareQueue) apply(m *Machine) ([]byte, *Error) {
	if err := checkName("Queue", c.Queue); err != nil {
		return nil, err
	}
	if err := c.Options.check(); err != nil {
		return nil, err
	}
	options := c.Options.filled()
	if q, there := m.queues.get(c.Queue); there {
		if q.options != options {
			return nil, refuse(ErrMismatch, "queue %q has options %+v", c.Queue, q.options)
		}
		return declaredAnswer(false), nil
	}
	if m.isLog(c.Queue) {
		return nil, refuse(ErrMismatch, "%q is a log", c.Queue)
	}
	q := &queue{name: c.Queue, options: options, next: m.nextPlace, cursor: m.nextPlace}
	if name := options.DeadLetters; name != "" {
		target, err := m.queue(name)
		if err != nil {
			return nil, err
		}
		q.deadLetters = target
		target.sources++
	}
	m.queues.add(q)
	return declaredAnswer(true), nil
}

// queue returns the queue of that name.
func (m *Machine) queue(name string) (*queue, *Error) {
	if q, ok := m.queues.get(name); ok {
		return q, nil
	}
	if m.isLog(name) {
		return nil, refuse(ErrWrongType, "%q is a log", name)
	}
	return nil, refuse(ErrUnknownQueue, "%q", name)
}

// DeleteQueue deletes a queue with all that is in it, and its bindings. Where dead
// letters go cannot be deleted.
//
// Errors: ErrUnknownQueue, ErrWrongType, ErrInUse.
type DeleteQueue struct {
	change
	Queue string
}

// Removed is the answer to DeleteQueue and Purge.
type Removed struct {
	Messages uint64 // how many are gone
}

func (c DeleteQueue) kind() kind               { return kindDeleteQueue }
func (c DeleteQueue) appendTo(b []byte) []byte { return appendBytes(b, c.Queue) }

// Result reads the answer.
func (c DeleteQueue) Result(answer []byte) (Removed, error) { return readRemoved(answer) }

func readRemoved(answer []byte) (Removed, error) {
	r, err := readAnswer(answer)
	if err != nil {
		return Removed{}, err
	}
	return Removed{Messages: r.number()}, r.finish()
}

func removedAnswer(messages uint64) []byte {
	return binary.AppendUvarint([]byte{0}, messages)
}

func (c DeleteQueue) apply(m *Machine) ([]byte, *Error) {
	q, err := m.queue(c.Queue)
	if err != nil {
		return nil, err
	}
	if q.sources > 0 {
		return nil, refuse(ErrInUse, "dead letters of %d queues go to %q", q.sources, c.Queue)
	}
	if q.deadLetters != nil {
		q.deadLetters.sources--
	}
	m.unbindAll(c.Queue)
	m.nextPlace = max(m.nextPlace, q.next)
	m.queues.remove(c.Queue)
	return removedAnswer(q.ready + uint64(len(q.held))), nil
}

// Purge removes all messages that are ready for delivery. Those that are leased
// stay with their consumers.
//
// Errors: ErrUnknownQueue, ErrWrongType.
type Purge struct {
	change
	Queue string
}

func (c Purge) kind() kind               { return kindPurge }
func (c Purge) appendTo(b []byte) []byte { return appendBytes(b, c.Queue) }

// Result reads the answer.
func (c Purge) Result(answer []byte) (Removed, error) { return readRemoved(answer) }

func (c Purge) apply(m *Machine) ([]byte, *Error) {
	q, err := m.queue(c.Queue)
	if err != nil {
		return nil, err
	}
	n := q.ready
	for q.ready > 0 {
		q.segments.remove(q.takeHead().place)
	}
	q.Purged += n
	return removedAnswer(n), nil
}
