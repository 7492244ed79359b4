package scenarios

import (
	"quorumlab/node"
	"quorumlab/sim"
)

// watcher sees a run that is repeated.
type watcher interface {
	sim.Observer
	// begin is called before anything happens, and look after each call of a handler.
	begin(w *sim.World, machines *machineTap)
	look(id node.ID, h node.Handler)
}

// watched repeats the run under a watcher.
func (r *Result) watched(w watcher) {
	machines := &machineTap{}
	s, p := machines.tapped(r.Scenario, r.Protocol)
	e := setUp(s, p, r.Seed)
	w.begin(e.world, machines)
	e.world.Observe(w)
	e.world.Watch(func(id node.ID, h node.Handler) error {
		w.look(id, h)
		return e.watch(id, h)
	})
	_ = e.run() // it fails as the result says
}
