package sim

import "time"

// alternation is what a fault needs that comes and goes while it lasts.
type alternation struct{ on, over bool }

// alternate returns an alternation that is on and switches after each stretch of
// the given length.
func (w *World) alternate(every time.Duration) *alternation {
	a := &alternation{on: true}
	var next func()
	next = func() {
		if a.over {
			return
		}
		a.on = !a.on
		w.refresh()
		w.At(w.Now()+every, next)
	}
	w.At(w.Now()+every, next)
	return a
}

func (a *alternation) stop() { a.over = true }
