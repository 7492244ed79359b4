package explore

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// Bounds limit a search, beside what the system says may go wrong.
type Bounds struct {
	Depth  int // of a schedule, in steps; zero is no limit
	States int // the search ends with the step at which so many are known; zero is no limit
	// Progress, if it is not nil, is called as the search goes on, from one goroutine.
	Progress func(Progress)
}

// Progress is how far a search has come.
type Progress struct {
	Depth  int     // the step that is being tried
	Part   float64 // of the schedules that it goes on from, between 0 and 1
	States int     // known before it
}

// Report is what came of a search or a walk.
type Report struct {
	States int // different ones that were reached
	Depth  int // steps: every schedule up to this length was tried, or stands for one that was
	// Exhausted says that no schedule is longer than Depth or leads to a new state:
	// what was not found does not exist.
	Exhausted bool
	// Failure is what a judge, or a handler, found broken; nil is nothing.
	Failure error
	// Schedule leads to the failure, each step a sentence. A search's is as short as
	// any.
	Schedule []string
}

func (r Report) String() string {
	scope := fmt.Sprintf("in all schedules of up to %d steps", r.Depth)
	if r.Exhausted {
		scope = fmt.Sprintf("in all schedules (the longest that leads to anything new has %d steps)", r.Depth)
	}
	if r.Failure == nil {
		return fmt.Sprintf("%d states; nothing is broken %s", r.States, scope)
	}
	text := fmt.Sprintf("%d states; broken after %d steps: %v", r.States, len(r.Schedule), r.Failure)
	for i, step := range r.Schedule {
		text += fmt.Sprintf("\n%3d. %s", i+1, strings.ReplaceAll(step, "\n", " "))
	}
	return text
}

// path is a schedule, as its last step and what came before.
type path struct {
	before *path
	step   Step
	failed bool // it ends with a failure
}

// steps returns the schedule in its order.
func (p *path) steps() []Step {
	var reversed []Step
	for ; p != nil; p = p.before {
		reversed = append(reversed, p.step)
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return reversed
}

// replay returns the world at the end of a schedule.
func replay(s *System, schedule []Step) *world {
	w := newWorld(s)
	for _, step := range schedule {
		w.take(step)
	}
	return w
}

// arrival is a state that was reached, by its hash.
type arrival struct {
	hash uint64
	path *path
}

// Search tries every schedule of a system, breadth first, within bounds. It uses
// all cores; the report does not depend on how many there are.
func Search(s System, bounds Bounds) Report {
	s.validate()
	first := newWorld(&s)
	if first.failure != nil {
		return Report{States: 1, Failure: first.failure}
	}
	seen := map[uint64]bool{first.hash(): true}
	report := Report{}
	frontier := []*path{nil}
	for len(frontier) > 0 {
		full := bounds.States > 0 && len(seen) >= bounds.States
		if full || bounds.Depth > 0 && report.Depth == bounds.Depth {
			report.States = len(seen)
			return report
		}
		var next []*path
		tried := func(part float64) {
			if bounds.Progress != nil {
				bounds.Progress(Progress{report.Depth + 1, part, len(seen)})
			}
		}
		for _, a := range expand(&s, frontier, tried) {
			if seen[a.hash] && !a.path.failed {
				continue
			}
			seen[a.hash] = true
			if a.path.failed {
				report.States, report.Depth = len(seen), report.Depth+1
				report.Schedule, report.Failure = tell(&s, a.path.steps())
				return report
			}
			next = append(next, a.path)
		}
		frontier = next
		if len(next) > 0 {
			report.Depth++
		}
	}
	report.States, report.Exhausted = len(seen), true
	return report
}

// chunk is how many states of a frontier are expanded at a time.
const chunk = 64

// expand takes one step further from each state, in every way, and returns what it
// reaches in the order of the frontier. It calls tried as it goes.
func expand(s *System, frontier []*path, tried func(part float64)) []arrival {
	parts := make([][]arrival, (len(frontier)+chunk-1)/chunk)
	var wait sync.WaitGroup
	numbers := make(chan int)
	for range min(len(parts), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range numbers {
				for _, p := range frontier[i*chunk : min((i+1)*chunk, len(frontier))] {
					parts[i] = append(parts[i], after(s, p)...)
				}
			}
		})
	}
	for i := range parts {
		numbers <- i
		tried(float64(i) / float64(len(parts)))
	}
	close(numbers)
	wait.Wait()
	var all []arrival
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// after returns the states that one step leads to.
func after(s *System, p *path) []arrival {
	schedule := p.steps()
	w := replay(s, schedule)
	steps := w.steps()
	reached := make([]arrival, 0, len(steps))
	for i, step := range steps {
		if i > 0 {
			w = replay(s, schedule) // the last world has taken another step
		}
		w.take(step)
		reached = append(reached, arrival{w.hash(), &path{p, step, w.failure != nil}})
	}
	return reached
}

// tell replays a schedule and says what happens.
func tell(s *System, schedule []Step) (told []string, failure error) {
	w := newWorld(s)
	for _, step := range schedule {
		told = append(told, w.say(step))
		w.take(step)
	}
	return told, w.failure
}
