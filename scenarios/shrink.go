package scenarios

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// Budget bounds a search. Zero fields are without bound.
type Budget struct {
	Runs       int
	CPUSeconds float64 // of the whole process
}

// DefaultBudget is enough for a schedule of hundreds of faults.
var DefaultBudget = Budget{Runs: 6000, CPUSeconds: 50}

// Shrinking is how far a search for a smaller failure has come.
type Shrinking struct {
	Stage      string
	Runs       int     // that the result depends on
	CPUSeconds float64 // of the whole process since it began
	Faults     int
	Servers    int
	Clients    int
	Operations int // that clients are allowed to make; -1 while nobody counts them
	Best       Replay
}

// Shrink looks for the smallest run that fails as a given one does. It takes away
// faults, clients, operations, servers and whatever else the configuration has,
// as long as a run without them fails in the same class: the same judge finds the
// same thing broken. Then it makes times short and numbers round.
//
// The search is delta debugging (Zeller & Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", 2002). Where it is stuck it turns to other seeds: what
// made a failure possible may be few faults, and what made it happen a coin.
//
// It runs on all cores, and its result does not depend on how many there are unless
// the CPU time runs out. It calls progress now and then, and ends early, with
// what it has, when the context is done. It returns an error if the replay does not
// fail to begin with, or not in the class that it says.
func Shrink(ctx context.Context, f Replay, base Scenario, p Protocol, budget Budget, progress func(Shrinking)) (Replay, Shrinking, error) {
	r := f.Run(base, p)
	switch {
	case r.Failure == (Class{}):
		return f, Shrinking{}, errors.New("shrink: the run does not fail")
	case f.Failure != (Class{}) && r.Failure != f.Failure:
		return f, Shrinking{}, fmt.Errorf("shrink: the run fails as %v, not as %v", r.Failure, f.Failure)
	}
	s := newShrinker(ctx, f, base, r, budget, progress)
	s.shrink()
	return s.best, s.report(), nil
}

// newShrinker makes a search for what fails as a replay did in a run.
func newShrinker(ctx context.Context, f Replay, base Scenario, r *Result, budget Budget, progress func(Shrinking)) *shrinker {
	s := &shrinker{
		ctx: ctx, base: base, protocol: r.Protocol, budget: budget, progress: progress,
		class: r.Failure, started: cpuSeconds(), best: f.ended(r), last: r,
		owed:       r.Failure.keptBy(r.Scenario, f.Schedule),
		still:      r.standsStill(),
		raised:     r.raisedAt(),
		reseedable: f.Config != nil || base.Vary == nil,
	}
	s.same = s.alike
	return s
}

// shrinker is a search under way.
type shrinker struct {
	ctx      context.Context
	base     Scenario
	protocol Protocol
	budget   Budget
	progress func(Shrinking)
	class    Class // of the failure

	stage      string
	started    float64
	runs       int
	limit      int                // of runs, in this pass; zero is none
	best       Replay             // the smallest failing run so far
	last       *Result            // of running it
	owed       []obligation       // what the run keeps of these, which smaller ones have to keep too
	still      bool               // nobody is answered any more, and it has to stay so
	raised     string             // where the panic without a name was raised that the failure is; or empty
	reseedable bool               // the seed may be changed without changing all else
	same       func(*Result) bool // reports whether a run fails as the first one
}

// shrink makes passes in an order in which each is cheap: first what makes runs
// long, then the faults while much load is there to meet them, then the rest.
func (s *shrinker) shrink() {
	s.cutTail()
	s.faults()
	s.clients()
	for range 3 {
		before := s.size()
		s.faultsWithOtherSeeds()
		s.servers()
		s.settings()
		s.operations()
		s.faults()
		s.guess()
		s.cutTail()
		if s.size() == before || s.over() {
			break
		}
	}
	s.times()
	s.faults()
	s.numbers()
	s.dropSilent()
	s.begin("done")
}

// size is what passes try to make smaller.
func (s *shrinker) size() [4]int {
	r := s.report()
	return [4]int{r.Faults, r.Servers, r.Clients, r.Operations}
}

func (s *shrinker) report() Shrinking {
	r := Shrinking{
		Stage: s.stage, Runs: s.runs, CPUSeconds: cpuSeconds() - s.started,
		Faults: len(s.best.Schedule), Servers: s.best.Servers, Best: s.best,
	}
	for _, load := range s.best.Clients {
		switch {
		case load.silent():
			continue
		case load.Calls == nil:
			r.Operations = -1
		case r.Operations >= 0:
			r.Operations += len(load.Calls)
		}
		r.Clients++
	}
	return r
}

// fragile reports whether fewer who ask would make another failure of it: where the
// service is only slow, one of them may be unlucky. Where nobody at all is answered any
// more, whoever asks finds out.
func (s *shrinker) fragile() bool { return s.class.Judge == Live && !s.still }

// begin names a pass.
func (s *shrinker) begin(stage string) {
	s.stage = stage
	s.progress(s.report())
}

// over reports whether the budget is used up.
func (s *shrinker) over() bool {
	return s.ctx.Err() != nil || s.limit > 0 && s.runs >= s.limit ||
		s.budget.Runs > 0 && s.runs >= s.budget.Runs ||
		s.budget.CPUSeconds > 0 && cpuSeconds()-s.started >= s.budget.CPUSeconds
}

// atMost bounds the runs of a pass, so that something is left for the others. What it
// returns is to be called at the end of the pass.
func (s *shrinker) atMost(runs int) (end func()) {
	s.limit = s.runs + runs
	return func() { s.limit = 0 }
}

// first runs candidates, which need not be valid, and adopts the first that fails in
// the class looked for. It reports which that was, or -1. Those after it may have
// been run too, on other cores, but nothing depends on that.
func (s *shrinker) first(candidates []Replay) int {
	cores := runtime.GOMAXPROCS(0)
	for from := 0; from < len(candidates); from += cores {
		if s.over() {
			return -1
		}
		batch := candidates[from:min(from+cores, len(candidates))]
		results := make([]*Result, len(batch))
		var wait sync.WaitGroup
		for i, c := range batch {
			if c.validate() == nil && sound(c.of(s.base).within(s.protocol), c.Schedule, s.owed) {
				wait.Go(func() { results[i] = c.Run(s.base, s.protocol) })
			}
		}
		wait.Wait()
		for i, r := range results {
			if r == nil {
				continue
			}
			s.runs++
			if s.same(r) {
				s.best, s.last = batch[i].ended(r), r
				s.progress(s.report())
				return from + i
			}
		}
	}
	return -1
}

// alike reports whether a run fails as the first one.
func (s *shrinker) alike(r *Result) bool {
	return r.Failure == s.class && (!s.still || r.standsStill()) && r.raisedAt() == s.raised
}

// try is first for a single candidate.
func (s *shrinker) try(edit func(f *Replay)) bool {
	c := s.best.clone()
	edit(&c)
	return s.first([]Replay{c}) == 0
}
