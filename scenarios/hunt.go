package scenarios

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"

	"quorumlab/node"
)

// Hunted is what came of a search for a seed that fails.
type Hunted struct {
	Caught     *Result // of the first seed that fails as wanted, or nil
	Seeds      int     // tried on each protocol, that one included
	CPUSeconds float64 // of the whole process
}

// Hunt runs a scenario from seeds in a row, on each of the protocols in turn, until
// a run fails in a class that is wanted. The budget's runs are seeds. What it finds
// does not depend on how many cores there are, unless the CPU time runs out. Of the first
// seeds, and then of ever fewer, it is also asked whether they give the same run twice.
func Hunt(ctx context.Context, s Scenario, protocols []Protocol, first uint64, budget Budget, wanted func(Class) bool) Hunted {
	return HuntWatched(ctx, s, protocols, first, budget, wanted, func(Hunted) {})
}

// HuntWatched is Hunt, and calls progress whenever it has tried some seeds.
func HuntWatched(ctx context.Context, s Scenario, protocols []Protocol, first uint64, budget Budget, wanted func(Class) bool, progress func(Hunted)) Hunted {
	started := cpuSeconds()
	spent := func() float64 { return cpuSeconds() - started }
	h := Hunted{}
	cores := runtime.GOMAXPROCS(0)
	for at := 0; ctx.Err() == nil; at += cores {
		if budget.CPUSeconds > 0 && spent() >= budget.CPUSeconds {
			break
		}
		results := make([]*Result, cores)
		var wait sync.WaitGroup
		for i := range results {
			n := (at + i) / len(protocols)
			if budget.Runs > 0 && n >= budget.Runs {
				break
			}
			wait.Go(func() {
				results[i] = Run(s, protocols[(at+i)%len(protocols)], first+uint64(n))
				if n&(n-1) == 0 {
					results[i].proveAgain(s, wanted)
				}
			})
		}
		wait.Wait()
		for i, r := range results {
			if r == nil {
				h.CPUSeconds = spent()
				return h
			}
			h.Seeds = (at+i)/len(protocols) + 1
			if r.Failure != (Class{}) && wanted(r.Failure) {
				h.Caught, h.CPUSeconds = r, spent()
				return h
			}
		}
		h.CPUSeconds = spent()
		progress(h)
	}
	h.CPUSeconds = spent()
	return h
}

// Only is the scenario in which no invariant ends a run but the one of that name, so
// that a run goes on when a stricter one is broken that would show the same earlier.
// Violations that a protocol finds itself, by a panic, end it all the same.
func (s Scenario) Only(invariant string) Scenario {
	s.only = invariant
	return s
}

// only is a judge that tells of one invariant and keeps the others to itself.
type only struct {
	all       Invariants
	invariant string
}

// Check implements Invariants.
func (o only) Check(id node.ID, server node.Handler) error { return o.among(o.all.Check(id, server)) }

// CheckAll implements Invariants.
func (o only) CheckAll() error { return o.among(o.all.CheckAll()) }

// among looks for the invariant in an error, which may be several joined.
func (o only) among(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range several.Unwrap() {
			if found := o.among(e); found != nil {
				return found
			}
		}
		return nil
	}
	var v *node.Violation
	if errors.As(err, &v) && !strings.EqualFold(v.Invariant, o.invariant) {
		return nil
	}
	return err
}

// OutsideOnly is the scenario with nobody looking inside, so that a run goes on
// until clients can tell what is wrong, or the service does not come back.
func (s Scenario) OutsideOnly() Scenario {
	s.outsideOnly = true
	return s
}
