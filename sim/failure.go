package sim

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"quorumlab/node"
)

// Failure is why a run came to an end before its time: a broken invariant, or a
// handler that panicked.
type Failure struct {
	At      time.Duration // virtual time
	Machine node.ID       // on which it showed
	Err     error         // a *node.Violation if the invariant has a name
	Stack   []byte        // of a panic
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%v (at %v on %s)", f.Err, f.At, Name(f.Machine))
}

func (f *Failure) Unwrap() error { return f.Err }

// Invariant returns the name of the broken invariant, or "panic" for a panic
// that names none.
func (f *Failure) Invariant() string {
	var v *node.Violation
	if errors.As(f.Err, &v) {
		return v.Invariant
	}
	return "panic"
}

// fail stops the run.
func (w *World) fail(m *machine, err error, stack []byte) {
	if w.failure == nil {
		w.failure = &Failure{At: w.Now(), Machine: m.id, Err: err, Stack: stack}
	}
}

// catch is to be deferred around calls of handlers. It turns the panic of a
// handler, or of who watches it, into a failure; any other panic, of a script or of the
// world itself, goes on.
func (w *World) catch() {
	reason := recover()
	if reason == nil {
		return
	}
	m := w.calling
	if m == nil {
		panic(reason)
	}
	looked := w.watching // who panicked is no part of the process
	w.calling, w.watching = nil, false
	err, ok := reason.(error)
	if !ok {
		err = fmt.Errorf("panic: %v", reason)
	}
	if w.config.PanicsExit && m.id < firstClient && !looked {
		w.survived = true
		clear(m.outbox) // which has not left
		m.outbox = m.outbox[:0]
		m.Exit(err)
		w.finishExit(m)
		return
	}
	w.fail(m, err, debug.Stack())
}
