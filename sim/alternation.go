package sim

import "time"

// alternation is what a fault needs that comes and goes while it lasts.
type alternation struct{ on, over bool }

// alternate returns an alternation that is on and switches after each stretch of
// the given length, after which it calls refresh for what depends on it.
func (w *World) alternate(every time.Duration, refresh func()) *alternation {
	a := &alternation{on: true}
	var next func()
	next = func() {
		if a.over {
			return
		}
		a.on = !a.on
		refresh()
		w.after(every, next)
	}
	w.after(every, next)
	return a
}

// after is At for so much later. What lies beyond the last moment that can be
// expressed never happens.
func (w *World) after(span time.Duration, do func()) {
	if at := w.Now() + span; at >= w.Now() {
		w.At(at, do)
	}
}

func (a *alternation) stop() { a.over = true }
