package scenarios

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"quorumlab/linearizability"
)

// Sweep is a batch of runs of one scenario on one protocol, summed up. Fields are
// added over time and never renamed.
type Sweep struct {
	Scenario    string   `json:"scenario"`
	Protocol    string   `json:"protocol"`
	FirstSeed   uint64   `json:"firstSeed"`
	Seeds       int      `json:"seeds"` // how many were run: FirstSeed and those that follow
	OK          int      `json:"ok"`
	Violations  int      `json:"violations"`
	Unknown     int      `json:"unknown"`
	FailedSeeds []uint64 `json:"failedSeeds"` // of violations and unknowns, ascending
	// Failures has the summaries of the first failed seeds, at most ten.
	Failures []Summary `json:"failures"`
	// Marks says how often each situation was reached, see sim.World.Marks.
	Marks map[string]int `json:"marks"`

	// Sums over all runs of the fields of the same names of a single run.
	VirtualSeconds    float64         `json:"virtualSeconds"`
	Operations        OperationCounts `json:"operations"`
	LeaderChanges     int             `json:"leaderChanges"`
	Messages          MessageCounts   `json:"messages"`
	Crashes           int             `json:"crashes"`
	UnsyncedBytesLost int             `json:"unsyncedBytesLost"`
	// LongestGapMs is the longest of all runs.
	LongestGapMs float64 `json:"longestGapMs"`
	// Artifacts are the paths of the files written.
	Artifacts []string `json:"artifacts"`

	asked   int // seeds
	scatter scatter
}

// maxFailures is how many failures a sweep describes.
const maxFailures = 10

// RunSeeds runs a scenario from count seeds in a row, on all cores, and sums up.
// It calls progress after each run, from one goroutine at a time. It ends early,
// with what it has, when the context is done. The sums do not depend on how many
// cores there are.
func RunSeeds(ctx context.Context, s Scenario, p Protocol, first uint64, count int, progress func(*Sweep)) *Sweep {
	sweep := newSweep(s, p, first, count)
	// Without a file nothing can go wrong.
	_ = sweep.run(ctx, s, p, Batch{First: first, Count: count}.seeds(), nil, progress)
	return sweep
}

func newSweep(s Scenario, p Protocol, first uint64, asked int) *Sweep {
	return &Sweep{
		Scenario: s.Name, Protocol: p.Name, FirstSeed: first, asked: asked,
		FailedSeeds: []uint64{}, Failures: []Summary{}, Marks: map[string]int{}, Artifacts: []string{},
	}
}

// run runs the scenario from seeds and adds them. Each is kept before it counts.
func (w *Sweep) run(ctx context.Context, s Scenario, p Protocol, seeds []uint64, keep func(Summary) error, progress func(*Sweep)) error {
	var (
		wait  sync.WaitGroup
		lock  sync.Mutex // of the sweep, the file and err
		err   error
		queue = make(chan uint64)
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range min(len(seeds), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for seed := range queue {
				summary := Run(s, p, seed).Summary()
				lock.Lock()
				if keep != nil && err == nil {
					if err = keep(summary); err != nil {
						stop()
					}
				}
				if err == nil {
					w.add(summary)
					progress(w)
				}
				lock.Unlock()
			}
		})
	}
	for _, seed := range seeds {
		if ctx.Err() != nil {
			break
		}
		queue <- seed
	}
	close(queue)
	wait.Wait()
	w.scatter.sort()
	return err
}

// add counts a run. The order in which runs are added must not show.
func (w *Sweep) add(s Summary) {
	w.Seeds++
	switch s.Verdict {
	case linearizability.VerdictOK.String():
		w.OK++
	case linearizability.VerdictViolation.String():
		w.Violations++
	default:
		w.Unknown++
	}
	if s.Verdict != linearizability.VerdictOK.String() {
		w.FailedSeeds = append(w.FailedSeeds, s.Seed)
		slices.Sort(w.FailedSeeds)
		w.Failures = append(w.Failures, s)
		slices.SortFunc(w.Failures, func(a, b Summary) int { return cmp.Compare(a.Seed, b.Seed) })
		w.Failures = w.Failures[:min(len(w.Failures), maxFailures)]
	}
	w.scatter.add(s)
	for mark, n := range s.Marks {
		w.Marks[mark] += n
	}
	w.VirtualSeconds = math.Round((w.VirtualSeconds+s.VirtualSeconds)*1e9) / 1e9 // in whatever order
	w.Operations.OK += s.Operations.OK
	w.Operations.Failed += s.Operations.Failed
	w.Operations.Unknown += s.Operations.Unknown
	w.LeaderChanges += s.LeaderChanges
	w.Messages.Sent += s.Messages.Sent
	w.Messages.Delivered += s.Messages.Delivered
	w.Messages.Dropped += s.Messages.Dropped
	w.Messages.Duplicated += s.Messages.Duplicated
	w.Crashes += s.Crashes
	w.UnsyncedBytesLost += s.UnsyncedBytesLost
	w.LongestGapMs = max(w.LongestGapMs, s.LongestGapMs)
}

// Verdict is the worst of all runs: a violation, else unknown, else ok.
func (w *Sweep) Verdict() linearizability.Verdict {
	switch {
	case w.Violations > 0:
		return linearizability.VerdictViolation
	case w.Unknown > 0:
		return linearizability.VerdictUnknown
	}
	return linearizability.VerdictOK
}
