package experiment

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"sync"
)

// Options say how to run an experiment. The zero value is the source's cases, the
// experiment's own number of trials, and all cores.
type Options struct {
	Cases   []string // names; none means the experiment's own
	Trials  int      // of each case; zero means the experiment's own
	Seed    uint64
	Workers int // how many trials are made at a time; zero means one per core
	// Progress is called as trials are done, from one goroutine at a time.
	Progress func(done, all int)
}

// Result is what came of an experiment. It is a function of the experiment, the
// cases, the number of trials and the seed.
type Result struct {
	Experiment Experiment
	Trials     int
	Seed       uint64
	Rows       []Row

	cases   []Case
	samples []Sample // of each case
}

// Run makes the trials of an experiment. It ends early only with an error: of the
// first trial, in their order, that had one, or of the context.
func Run(ctx context.Context, e Experiment, o Options) (*Result, error) {
	if o.Trials == 0 {
		o.Trials = e.Trials
	}
	if len(o.Cases) == 0 {
		o.Cases = e.Cases
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &Result{Experiment: e, Trials: o.Trials, Seed: o.Seed}
	var batches []batch
	for i, name := range o.Cases {
		c, err := e.Case(name)
		if err != nil {
			return nil, err
		}
		trials := o.Trials
		if c.limit > 0 {
			trials = min(trials, c.limit)
		}
		r.cases = append(r.cases, c)
		r.samples = append(r.samples, Sample{c.width, make([]float64, trials*c.width)})
		batches = append(batches, cut(i, c, trials)...)
	}
	if err := r.run(ctx, batches, o); err != nil {
		return nil, err
	}
	for i, c := range r.cases {
		for _, row := range c.rows(r.samples[i]) {
			row.Case = c.Name
			r.Rows = append(r.Rows, row)
		}
	}
	return r, nil
}

// batch is the trials of a case from one on to another, which is not among them.
type batch struct{ which, from, to int }

// cut divides the trials of a case into batches.
func cut(which int, c Case, trials int) []batch {
	var all []batch
	for from := 0; from < trials; from += c.batch {
		all = append(all, batch{which, from, min(from+c.batch, trials)})
	}
	return all
}

// seedOf is where the randomness of a batch comes from. It depends on nothing but
// the seed, the case's name and the trial, so that neither the other cases nor who
// is at work make a difference.
func (r *Result) seedOf(b batch) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s/%s %d", r.Seed, r.Experiment.Name, r.cases[b.which].Name, b.from)
	return h.Sum64()
}

// portion is how many batches a worker takes at a time: few enough to share the
// last ones, and enough not to wait for each other.
const portion = 16

// run lets workers make the batches.
func (r *Result) run(ctx context.Context, batches []batch, o Options) error {
	var (
		wait   sync.WaitGroup
		lock   sync.Mutex // of what follows
		next   int
		done   int
		first  = len(batches) // whose error err is
		err    error
		report = o.Progress
	)
	take := func(finished int) (from, to int) {
		lock.Lock()
		defer lock.Unlock()
		done += finished
		if report != nil {
			report(done, len(batches))
		}
		if err != nil || ctx.Err() != nil {
			return 0, 0
		}
		from, to = next, min(next+portion, len(batches))
		next = to
		return from, to
	}
	for range min(o.Workers, len(batches)) {
		wait.Go(func() {
			for from, to := take(0); from < to; from, to = take(to - from) {
				for i := from; i < to; i++ {
					if failure := r.make(batches[i]); failure != nil {
						lock.Lock()
						if i < first {
							first, err = i, failure
						}
						lock.Unlock()
						break
					}
				}
			}
		})
	}
	wait.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// make makes one batch.
func (r *Result) make(b batch) error {
	c := r.cases[b.which]
	values := r.samples[b.which].values[b.from*c.width : b.to*c.width]
	if err := c.measure(r.seedOf(b), values); err != nil {
		return fmt.Errorf("%s, case %s, trial %d: %w", r.Experiment.Name, c.Name, b.from, err)
	}
	return nil
}

// OK reports whether no row is out of its tolerance.
func (r *Result) OK() bool { return len(r.Failed()) == 0 }

// Failed returns the rows that are out of their tolerance.
func (r *Result) Failed() []Row {
	var failed []Row
	for _, row := range r.Rows {
		if row.OK != nil && !*row.OK {
			failed = append(failed, row)
		}
	}
	return failed
}
