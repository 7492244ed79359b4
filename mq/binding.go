package mq

import "slices"

// binding is what Bind and Unbind have in common.
type binding struct {
	change
	Exchange string
	Queue    string
	Pattern  string
}

// Bind has an exchange route messages to a queue or log whose key matches the
// pattern. A queue that is bound by several patterns gets a message once.
//
// Errors: ErrUnknownExchange, ErrUnknownQueue, ErrBadPattern.
type Bind struct {
	change
	Exchange string
	Queue    string // or the name of a log
	Pattern  string // of a Fanout exchange it means nothing
}

// Unbind takes a binding back.
//
// Errors: ErrUnknownExchange, ErrUnknownBinding.
type Unbind struct {
	change
	Exchange string
	Queue    string
	Pattern  string
}

func (c Bind) kind() kind   { return kindBind }
func (c Unbind) kind() kind { return kindUnbind }

func (c Bind) appendTo(b []byte) []byte   { return binding(c).appendTo(b) }
func (c Unbind) appendTo(b []byte) []byte { return binding(c).appendTo(b) }

func (c binding) appendTo(b []byte) []byte {
	return appendBytes(appendBytes(appendBytes(b, c.Exchange), c.Queue), c.Pattern)
}

func decodeBinding(r *reader) binding {
	return binding{Exchange: r.string(), Queue: r.string(), Pattern: r.string()}
}

// Result reads the answer: whether the binding is new.
func (c Bind) Result(answer []byte) (Declared, error) { return readDeclared(answer) }

// Result reads the answer.
func (c Unbind) Result(answer []byte) error { return readDone(answer) }

func (c Bind) apply(m *Machine) ([]byte, *Error) {
	x, ok := m.exchanges.get(c.Exchange)
	if !ok {
		return nil, refuse(ErrUnknownExchange, "%q", c.Exchange)
	}
	if err := x.kind.checkPattern(c.Pattern); err != nil {
		return nil, err
	}
	var t target
	if t.queue, ok = m.queues.get(c.Queue); !ok {
		if t.log, ok = m.logs.get(c.Queue); !ok {
			return nil, refuse(ErrUnknownQueue, "%q", c.Queue)
		}
	}
	i, bound := x.search(c.Pattern, c.Queue)
	if !bound {
		x.bindings = slices.Insert(x.bindings, i, boundTarget{c.Pattern, t})
	}
	return declaredAnswer(!bound), nil
}

func (c Unbind) apply(m *Machine) ([]byte, *Error) {
	x, ok := m.exchanges.get(c.Exchange)
	if !ok {
		return nil, refuse(ErrUnknownExchange, "%q", c.Exchange)
	}
	i, bound := x.search(c.Pattern, c.Queue)
	if !bound {
		return nil, refuse(ErrUnknownBinding, "of %q to %q by %q", c.Queue, c.Exchange, c.Pattern)
	}
	x.bindings = slices.Delete(x.bindings, i, i+1)
	return doneAnswer, nil
}
