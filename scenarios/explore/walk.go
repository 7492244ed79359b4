package explore

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Walk takes one schedule of at most so many steps, by priorities that are drawn
// from the seed and change so many times on the way. A schedule that fails is
// shortened to one from which no step can be left out. The report's States counts
// the steps that were taken.
func Walk(s System, seed uint64, steps, changes int) Report {
	s.validate()
	schedule, failed := walk(&s, rand.New(rand.NewPCG(seed, 1)), steps, changes)
	report := Report{States: len(schedule) + 1, Depth: len(schedule)}
	if failed {
		report.Schedule, report.Failure = tell(&s, shorten(&s, schedule))
	}
	return report
}

// chain is what shares a priority: what one machine sends another in messages of
// one kind, and what else befalls a machine.
type chain struct {
	step Step
	kind string // of message
}

func walk(s *System, r *rand.Rand, steps, changes int) (schedule []Step, failed bool) {
	w := newWorld(s)
	priorities := make(map[chain]float64)
	var fall []int // the steps at which what was to happen has to wait
	for range changes {
		fall = append(fall, r.IntN(steps))
	}
	lowest := 0.0
	for len(schedule) < steps {
		possible := w.steps()
		if len(possible) == 0 {
			break
		}
		best := func() Step {
			return slices.MaxFunc(possible, func(a, b Step) int {
				return cmp.Compare(priorities[w.chain(a)], priorities[w.chain(b)])
			})
		}
		for _, step := range possible {
			if c := w.chain(step); priorities[c] == 0 {
				priorities[c] = 1 + r.Float64()
			}
		}
		if slices.Contains(fall, len(schedule)) {
			lowest--
			priorities[w.chain(best())] = lowest
		}
		step := best()
		w.take(step)
		schedule = append(schedule, step)
	}
	return schedule, w.failure != nil
}

// chain returns what a step shares its priority with.
func (w *world) chain(s Step) chain {
	c := chain{step: s}
	if l, place := w.find(s); place >= 0 && (s.kind == delivery || s.kind == duplicate) {
		c.kind = fmt.Sprintf("%T", l.Message)
	}
	c.step.message = 0
	return c
}

// shorten leaves out of a failing schedule, one by one from its end, all steps
// without which it still fails, until none is left. What a step left out makes
// impossible is left out with it.
func shorten(s *System, schedule []Step) []Step {
	for shorter := true; shorter; {
		shorter = false
		for i := len(schedule) - 1; i >= 0; i-- {
			rest := append(slices.Clone(schedule[:i]), schedule[i+1:]...)
			if possible, failed := attempt(s, rest); failed {
				schedule, shorter = possible, true
				i = min(i, len(schedule))
			}
		}
	}
	return schedule
}

// attempt takes the steps of a schedule that are possible, up to the first
// failure.
func attempt(s *System, schedule []Step) (taken []Step, failed bool) {
	w := newWorld(s)
	for _, step := range schedule {
		if w.failure != nil {
			break
		}
		if slices.Contains(w.steps(), step) {
			w.take(step)
			taken = append(taken, step)
		}
	}
	return taken, w.failure != nil
}
