package sim

import (
	"slices"
	"time"

	"quorumlab/node"
)

// probe is a handler that does what a test wants. A method that the test does not
// care for does nothing.
type probe struct {
	env     node.Env
	start   func()
	receive func(from node.ID, m node.Message)
	timeout func(t node.Timer)
	synced  func(s node.Sync, err error)
}

func (p *probe) Start() {
	if p.start != nil {
		p.start()
	}
}

func (p *probe) Receive(from node.ID, m node.Message) {
	if p.receive != nil {
		p.receive(from, m)
	}
}

func (p *probe) Timeout(t node.Timer) {
	if p.timeout != nil {
		p.timeout(t)
	}
}

func (p *probe) Synced(s node.Sync, err error) {
	if p.synced != nil {
		p.synced(s, err)
	}
}

// probing returns a factory of probes that are set up by the given function.
func probing(setup func(p *probe)) node.Factory {
	return func(env node.Env) node.Handler {
		p := &probe{env: env}
		setup(p)
		return p
	}
}

// idle is the factory of a handler that does nothing.
var idle = probing(func(*probe) {})

// callAt makes a machine's worker, which must be idle then, call a function as if
// it were a method of its handler. It costs no CPU time.
func callAt(w *World, at time.Duration, id node.ID, do func(env node.Env)) {
	w.At(at, func() { call(w, id, do) })
}

func call(w *World, id node.ID, do func(env node.Env)) {
	m := w.machine(id)
	if !m.up || m.busy {
		panic(Name(id) + " is in no state to be called")
	}
	w.calling = m
	do(m)
	w.finishCall(m)
}

// observed keeps a world's trace.
func observed(w *World) *recording {
	r := &recording{}
	w.Observe(r)
	return r
}

// of returns the events of some kinds.
func (r *recording) of(kinds ...Kind) []Event {
	var found []Event
	for _, e := range r.events {
		if slices.Contains(kinds, e.Kind) {
			found = append(found, e)
		}
	}
	return found
}

// times returns when the events of a kind happened.
func (r *recording) times(kind Kind) []time.Duration {
	var found []time.Duration
	for _, e := range r.of(kind) {
		found = append(found, e.At)
	}
	return found
}

// text is a message as long on the wire as it is.
type text string

func (t text) Size() int { return len(t) }

const (
	ms = time.Millisecond
	us = time.Microsecond
)
