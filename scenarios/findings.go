package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"quorumlab/linearizability"
)

// testBudget bounds what Test spends on shrinking a failure.
var testBudget = Budget{Runs: 3000, CPUSeconds: 20}

// findings are what came of all seeds of a protocol under test, which run at the same
// time.
type findings struct {
	mu       sync.Mutex
	runs     int
	answered bool    // any operation, in any run
	worst    *Result // of the failures, or nil
}

// add takes a run that has ended. A run that is wrong counts for more than one that
// does not come back, and a lower seed for more than a higher one, so that which run is
// shown does not depend on which ended first.
func (f *findings) add(r *Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs++
	f.answered = f.answered || slices.ContainsFunc(r.Operations, func(o Operation) bool { return o.Outcome == linearizability.OutcomeOK })
	if r.Verdict != linearizability.VerdictViolation {
		return
	}
	if f.worst == nil || f.live() && r.Failure.Judge != Live || f.live() == (r.Failure.Judge == Live) && r.Seed < f.worst.Seed {
		f.worst = r
	}
}

// live reports whether the worst is only that the service did not come back.
func (f *findings) live() bool { return f.worst.Failure.Judge == Live }

// report fails a test with the smallest run that shows the worst failure. Its files
// go to a folder of their own, beside those of the run that it was found in. A replay is
// shown as it is.
func (f *findings) report(t *testing.T, test string, s Scenario, p Protocol, replay *Replay) {
	t.Helper()
	r := f.worst
	switch {
	case f.runs == 0:
		return // -run has chosen others
	case r == nil && s.SafetyOnly && !f.answered:
		t.Errorf("no operation was answered in any of %d runs: what does nothing does nothing wrong", f.runs)
		return
	case r == nil:
		return
	case replay != nil:
		t.Error(r.Account())
		if wantsArtifacts() {
			keep(t, r)
		}
		return
	}
	found := r.Scenario.command
	small, _, err := Shrink(t.Context(), r.Freeze(), s, p, testBudget, func(Shrinking) {})
	if err != nil {
		t.Fatal(err)
	}
	s.command = fmt.Sprintf("go test -run %s -schedule FILE, with this in FILE:\n%s", testPattern(test), oneLine(small))
	shown := small.Run(s, p)
	t.Errorf("%s\nThis is the smallest run that fails so. The one that it was found in:\n  %s\n", shown.Account(), found)
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
