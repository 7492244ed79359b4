package comparison

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"sync"

	"quorumlab/scenarios"
)

// Options say how to compare. The zero value is all aspects, their own number of
// trials, the protocols of the laboratory, and all cores.
type Options struct {
	Aspects   []Aspect
	Protocols []scenarios.Protocol // two
	Seed      uint64
	Workers   int // how many trials are made at a time; zero means one per core
	// Progress is called as trials are done, from one goroutine at a time.
	Progress func(done, all int)
}

// Report is what came of a comparison. It is a function of the aspects, the
// protocols and the seed.
type Report struct {
	Seed   uint64
	Tables []*Table
}

// job is one trial.
type job struct {
	table    *Table
	which    string
	protocol int
	trial    int
	measured numbers
	err      error
}

// Run measures. It ends early only with an error: of the first trial, in their order,
// that had one, or of the context.
func Run(ctx context.Context, o Options) (*Report, error) {
	if len(o.Aspects) == 0 {
		o.Aspects = Aspects()
	}
	if len(o.Protocols) == 0 {
		o.Protocols = scenarios.Protocols()
	}
	if len(o.Protocols) != 2 {
		return nil, fmt.Errorf("protocols: %d are not two", len(o.Protocols))
	}
	r := &Report{Seed: o.Seed}
	var jobs []*job
	for _, a := range o.Aspects {
		t := &Table{Aspect: a, values: make(map[cell][]float64), protocols: o.Protocols}
		t.seed = func(which string, trial int) uint64 { return seedOf(o.Seed, a.Name, which, trial) }
		for _, p := range o.Protocols {
			t.Protocols = append(t.Protocols, p.Family)
		}
		r.Tables = append(r.Tables, t)
		for _, which := range a.Cases {
			for trial := range a.Trials {
				for i := range o.Protocols {
					jobs = append(jobs, &job{table: t, which: which, protocol: i, trial: trial})
				}
			}
		}
	}
	work(ctx, jobs, o)
	for _, j := range jobs {
		if j.err != nil {
			return nil, fmt.Errorf("%s, %s, %s: %w", j.table.Aspect.Name, j.which, j.table.Protocols[j.protocol], j.err)
		}
		j.table.put(j.which, j.protocol, j.trial, j.table.Aspect.Trials, j.measured)
	}
	return r, ctx.Err()
}

// work lets workers do the jobs.
func work(ctx context.Context, jobs []*job, o Options) {
	var (
		wait sync.WaitGroup
		lock sync.Mutex // of what follows
		next int
		done int
	)
	take := func() *job {
		lock.Lock()
		defer lock.Unlock()
		if next == len(jobs) || ctx.Err() != nil {
			return nil
		}
		next++
		return jobs[next-1]
	}
	finish := func() {
		lock.Lock()
		defer lock.Unlock()
		done++
		if o.Progress != nil {
			o.Progress(done, len(jobs))
		}
	}
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range min(workers, len(jobs)) {
		wait.Go(func() {
			for j := take(); j != nil; j = take() {
				j.measured, j.err = j.table.Aspect.measure(o.Protocols[j.protocol], j.which, j.table.seed(j.which, j.trial))
				finish()
			}
		})
	}
	wait.Wait()
}

// seedOf is where the randomness of a trial comes from: the same for both protocols, and
// whatever else is measured.
func seedOf(seed uint64, aspect, which string, trial int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s/%s %d", seed, aspect, which, trial)
	return h.Sum64()
}
