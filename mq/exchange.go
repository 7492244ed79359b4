package mq

import (
	"cmp"
	"fmt"
	"slices"
)

// ExchangeType is how an exchange compares a publish's key with its bindings.
type ExchangeType uint8

const (
	Direct ExchangeType = iota // the key is the pattern
	Fanout                     // every binding matches
	Topic                      // words between dots; * is one word, # any number (AMQP 0-9-1)
	MQTT                       // levels between slashes; + is one level, a final # any number (MQTT 5 §4.7)

	lastExchangeType = MQTT
)

func (t ExchangeType) String() string {
	switch t {
	case Direct:
		return "direct"
	case Fanout:
		return "fanout"
	case Topic:
		return "topic"
	case MQTT:
		return "MQTT"
	}
	return fmt.Sprintf("ExchangeType(%d)", uint8(t))
}

// exchange routes what is published to it to those who are bound.
type exchange struct {
	name     string
	kind     ExchangeType
	bindings []boundTarget // by pattern and name
}

func (x *exchange) getName() string { return x.name }

// boundTarget is a binding at an exchange.
type boundTarget struct {
	pattern string
	target
}

// target is a queue or a log.
type target struct {
	queue *queue
	log   *log
}

func (t target) name() string {
	if t.queue != nil {
		return t.queue.name
	}
	return t.log.name
}

func compareTargets(a, b target) int { return cmp.Compare(a.name(), b.name()) }

func (x *exchange) search(pattern, name string) (int, bool) {
	return slices.BinarySearchFunc(x.bindings, pattern, func(b boundTarget, pattern string) int {
		return cmp.Or(cmp.Compare(b.pattern, pattern), cmp.Compare(b.name(), name))
	})
}

// route appends where a key goes, each target once, in the order of their names.
func (x *exchange) route(targets []target, key string) []target {
	if x.kind == Direct {
		i, _ := x.search(key, "")
		for ; i < len(x.bindings) && x.bindings[i].pattern == key; i++ {
			targets = append(targets, x.bindings[i].target)
		}
		return targets
	}
	for _, b := range x.bindings {
		if x.kind.matches(b.pattern, key) {
			targets = append(targets, b.target)
		}
	}
	slices.SortFunc(targets, compareTargets)
	return slices.Compact(targets)
}

// unbindAll removes the bindings of a queue or log that is deleted.
func (m *Machine) unbindAll(name string) {
	for _, x := range m.exchanges.sorted {
		x.bindings = slices.DeleteFunc(x.bindings, func(b boundTarget) bool { return b.name() == name })
	}
}

// DeclareExchange makes an exchange, unless it is there already with the same type.
//
// Errors: ErrBadName, ErrBadOption, ErrMismatch.
type DeclareExchange struct {
	change
	Exchange string
	Type     ExchangeType
}

func (c DeclareExchange) kind() kind { return kindDeclareExchange }

func (c DeclareExchange) appendTo(b []byte) []byte {
	return append(appendBytes(b, c.Exchange), byte(c.Type))
}

// Result reads the answer.
func (c DeclareExchange) Result(answer []byte) (Declared, error) { return readDeclared(answer) }

func (c DeclareExchange) apply(m *Machine) ([]byte, *Error) {
	if err := checkName("Exchange", c.Exchange); err != nil {
		return nil, err
	}
	if c.Type > lastExchangeType {
		return nil, refuse(ErrBadOption, "Type %d: must be at most %d", c.Type, lastExchangeType)
	}
	if x, there := m.exchanges.get(c.Exchange); there {
		if x.kind != c.Type {
			return nil, refuse(ErrMismatch, "exchange %q has type %v", c.Exchange, x.kind)
		}
		return declaredAnswer(false), nil
	}
	m.exchanges.add(&exchange{name: c.Exchange, kind: c.Type})
	return declaredAnswer(true), nil
}

// DeleteExchange deletes an exchange with its bindings.
//
// Errors: ErrUnknownExchange.
type DeleteExchange struct {
	change
	Exchange string
}

func (c DeleteExchange) kind() kind               { return kindDeleteExchange }
func (c DeleteExchange) appendTo(b []byte) []byte { return appendBytes(b, c.Exchange) }

// Result reads the answer.
func (c DeleteExchange) Result(answer []byte) error { return readDone(answer) }

func (c DeleteExchange) apply(m *Machine) ([]byte, *Error) {
	if _, ok := m.exchanges.get(c.Exchange); !ok {
		return nil, refuse(ErrUnknownExchange, "%q", c.Exchange)
	}
	m.exchanges.remove(c.Exchange)
	return doneAnswer, nil
}
