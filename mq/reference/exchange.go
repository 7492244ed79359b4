package reference

import (
	"slices"

	"quorumlab/mq"
)

type exchange struct {
	name     string
	kind     mq.ExchangeType
	bindings [][2]string // pattern, queue
}

func (r *Machine) exchange(name string) *exchange {
	for _, x := range r.exchanges {
		if x.name == name {
			return x
		}
	}
	return nil
}

func (r *Machine) unbind(c mq.Unbind) any {
	x := r.exchange(c.Exchange)
	if x == nil {
		return mq.ErrUnknownExchange
	}
	i := slices.Index(x.bindings, [2]string{c.Pattern, c.Queue})
	if i < 0 {
		return mq.ErrUnknownBinding
	}
	x.bindings = slices.Delete(x.bindings, i, i+1)
	return nil
}

// unbindAll takes back all bindings of a queue or log.
func (r *Machine) unbindAll(name string) {
	for _, x := range r.exchanges {
		x.bindings = slices.DeleteFunc(x.bindings, func(b [2]string) bool { return b[1] == name })
	}
}

func (r *Machine) declareExchange(c mq.DeclareExchange) any {
	if c.Exchange == "" {
		return mq.ErrBadName
	}
	if c.Type > mq.MQTT {
		return mq.ErrBadOption
	}
	if x := r.exchange(c.Exchange); x != nil {
		if x.kind != c.Type {
			return mq.ErrMismatch
		}
		return mq.Declared{}
	}
	r.exchanges = append(r.exchanges, &exchange{name: c.Exchange, kind: c.Type})
	return mq.Declared{Created: true}
}

func (r *Machine) deleteExchange(c mq.DeleteExchange) any {
	x := r.exchange(c.Exchange)
	if x == nil {
		return mq.ErrUnknownExchange
	}
	r.exchanges = slices.DeleteFunc(r.exchanges, func(y *exchange) bool { return y == x })
	return nil
}

func (r *Machine) bind(c mq.Bind) any {
	x := r.exchange(c.Exchange)
	if x == nil {
		return mq.ErrUnknownExchange
	}
	if !goodPattern(x.kind, c.Pattern) {
		return mq.ErrBadPattern
	}
	if r.queue(c.Queue) == nil && r.log(c.Queue) == nil {
		return mq.ErrUnknownQueue
	}
	b := [2]string{c.Pattern, c.Queue}
	if slices.Contains(x.bindings, b) {
		return mq.Declared{}
	}
	x.bindings = append(x.bindings, b)
	return mq.Declared{Created: true}
}
