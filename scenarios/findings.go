package scenarios

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"quorumlab/linearizability"
)

// testBudget bounds what Test spends on making a failure small, and firstBudget what of
// it goes to each of the seeds that it tries first.
var (
	testBudget  = Budget{Runs: 3000, CPUSeconds: 20}
	firstBudget = Budget{Runs: 800, CPUSeconds: 4}
)

// triedSeeds is how many failures Test tries to make small, and fewEnough with how many
// faults it is content. What hangs on a chain of chances does not get small, while
// another seed may show the same at once.
const (
	triedSeeds = 5
	fewEnough  = 3
)

// findings are what came of all seeds of a protocol under test, which run at the same
// time.
type findings struct {
	mu       sync.Mutex
	runs     int
	asked    bool      // for any operation, in any run,
	answered bool      // and that was answered
	failures []*Result // the first few, in the order of compareFailures

	givenUp atomic.Bool // a handler has not returned, or has filled the memory
}

// add takes a run that has ended, or nil.
func (f *findings) add(r *Result) {
	if r == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs++
	f.asked = f.asked || len(r.Operations) > 0
	f.answered = f.answered || r.Scenario.Workload.crew != nil || slices.ContainsFunc(r.Operations, func(o Operation) bool { return o.Outcome == linearizability.OutcomeOK })
	if r.Verdict == linearizability.VerdictViolation {
		f.failures = append(f.failures, r)
		slices.SortFunc(f.failures, compareFailures)
		f.failures = f.failures[:min(len(f.failures), triedSeeds)]
	}
}

// compareFailures puts a run that is wrong before one that does not come back, and a
// lower seed before a higher one, so that which is shown does not depend on which ended
// first.
func compareFailures(a, b *Result) int {
	away := func(r *Result) int {
		if r.Failure.Judge == Live {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(away(a), away(b)), cmp.Compare(a.Seed, b.Seed))
}

// smallest makes the first failure small, or, where that leaves many faults, the one
// among the next few of its class that gets smallest. It also returns the run that this
// was found in.
func (f *findings) smallest(ctx context.Context, s Scenario, p Protocol) (small Replay, found *Result, err error) {
	left := testBudget
	cut := false // some search was ended by its budget
	for _, r := range f.failures {
		if r.Failure != f.failures[0].Failure {
			continue
		}
		got, spent, err := Shrink(ctx, r.Freeze(), s, p, firstBudget, func(Shrinking) {})
		if err != nil {
			return small, r, err
		}
		left.Runs -= spent.Runs
		left.CPUSeconds -= spent.CPUSeconds
		cut = cut || spent.Runs >= firstBudget.Runs || spent.CPUSeconds >= firstBudget.CPUSeconds
		if found == nil || len(got.Schedule) < len(small.Schedule) {
			small, found = got, r
		}
		if len(small.Schedule) <= fewEnough {
			break
		}
	}
	if cut && left.Runs > 0 && left.CPUSeconds > 0 {
		small, _, err = Shrink(ctx, small, s, p, left, func(Shrinking) {})
	}
	return small, found, err
}

// idle reports whether nothing was wrong because nothing was done: where nobody asks whether
// the service comes back, or faults do not end, that is no failure of a single run.
func (f *findings) idle() bool { return len(f.failures) == 0 && f.asked && !f.answered }

// report fails a test with the smallest run that shows the first failure. Its files
// go to a folder of their own, beside those of the run that it was found in. A replay is
// shown as it is.
func (f *findings) report(t *testing.T, test string, s Scenario, p Protocol, replay *Replay) {
	t.Helper()
	switch {
	case f.runs == 0 || f.givenUp.Load():
		return // -run has chosen others, or the handlers must not be called again
	case replay == nil && f.idle():
		t.Errorf("no operation was answered in any of %d runs: what does nothing does nothing wrong", f.runs)
		return
	case len(f.failures) == 0:
		return
	case replay != nil:
		t.Error(f.failures[0].Account())
		if wantsArtifacts() {
			keep(t, f.failures[0])
		}
		return
	}
	var r, shown *Result
	var err error
	if stopped := s.guarded(testLimits(), func(s Scenario) {
		var small Replay
		if small, r, err = f.smallest(t.Context(), s, p); err == nil {
			s.command = replayCommand(test, small)
			shown = small.Run(s, p)
		}
	}); stopped != nil {
		t.Errorf("%s\nIt was not made small: %v", f.failures[0].Account(), stopped)
		return
	}
	if err != nil {
		t.Fatalf("seed %d fails, but not when it is run again: the implementation depends on something that is not in the run, such as the real time, a source of randomness of its own, the order of a map, or what is left of another run (%v)", r.Seed, err)
	}
	t.Errorf("%s\nThis is the smallest run that fails so. The one that it was found in:\n  %s\n", shown.Account(), r.Scenario.command)
	if !wantsArtifacts() {
		return
	}
	keep(t, r)
	dir := filepath.Join(t.ArtifactDir(), "smallest")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	written, err := shown.WriteArtifacts(dir)
	if err != nil {
		t.Fatal(err)
	}
	traces, err := shown.WriteTraces(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", strings.Join(append(written, traces...), " "))
}

// oneLine is a replay as JSON, short enough to be copied.
func oneLine(f Replay) string {
	text, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
