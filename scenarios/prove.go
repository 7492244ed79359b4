package scenarios

import (
	"errors"
	"fmt"

	"quorumlab/sim"
)

// Prove runs a scenario twice, side by side, and returns a *sim.Divergence at the
// first event in which the two differ: then the protocol, or the laboratory, is
// not deterministic.
func Prove(s Scenario, p Protocol, seed uint64) error {
	a, b := setUp(s, p, seed), setUp(s, p, seed)
	return sim.Lockstep(a.world, b.world, a.scenario.length())
}

// proofEvery is of how many seeds Test proves one.
const proofEvery = 25

// proveCraft runs a seed twice, side by side, and returns an error if the two differ, or
// if a message is changed after it was sent. Either makes failures that are nobody's bug,
// or hides them.
func (s Scenario) proveCraft(p Protocol, seed uint64) error {
	s = s.of(seed)
	s.World.Strict = true
	defer s.guard.runs()()
	a, b := setUp(s, p, seed), setUp(s, p, seed)
	if d, differ := errors.AsType[*sim.Divergence](sim.Lockstep(a.world, b.world, a.scenario.length())); differ {
		return fmt.Errorf("the same run, made again, is another one. A handler may depend on nothing but its environment: not on the real time, a source of randomness of its own, the order of a map, or what other handlers share with it.\n%w", d)
	}
	if f, failed := errors.AsType[*sim.Failure](a.world.Run(a.world.Now())); failed && f.Invariant() == sim.Unchanged {
		return f
	}
	return nil
}

// Determinism is the invariant that the same seed gives the same run.
const Determinism = "Determinism"

// proveAgain has a run that nobody else has anything against fail if it comes out
// differently another time, or changes what it has sent, where that is wanted.
func (r *Result) proveAgain(s Scenario, wanted func(Class) bool) {
	if r.Failure != (Class{}) || !wanted(Class{Inside, Determinism}) && !wanted(Class{Inside, sim.Unchanged}) {
		return
	}
	err := s.proveCraft(r.Protocol, r.Seed)
	if err == nil {
		return
	}
	class := Class{Inside, Determinism}
	if f, failed := errors.AsType[*sim.Failure](err); failed {
		class.Invariant = f.Invariant()
	}
	if wanted(class) {
		r.violate(class, err.Error())
	}
}
