package scenarios

import "quorumlab/sim"

// Measure puts a protocol through a scenario as Run does, from the same clients and
// faults, but nobody judges it: a run that is only counted costs a fraction of one
// that is judged. Before it begins, prepare is shown its world, to look on or to say
// what shall happen at which moment.
//
// It returns the error that ended the run, if one did. The result has no verdict.
func Measure(s Scenario, p Protocol, seed uint64, prepare func(w *sim.World)) (*Result, error) {
	p.Invariants = nil
	e := setUp(s, p, seed)
	prepare(e.world)
	if err := e.run(); err != nil {
		return nil, err
	}
	e.recorder.close()
	return e.result(), nil
}
