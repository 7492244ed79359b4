package scenarios

import (
	"fmt"
	"html/template"
	"path/filepath"
	"runtime"
	"sync"

	"quorumlab/linearizability"
	"quorumlab/plots"
)

// Comparison is what came of running scenarios on every protocol from one seed.
type Comparison struct {
	Seed  uint64
	Pairs []Pair
}

// Pair is one scenario on every protocol.
type Pair struct {
	Scenario Scenario
	Results  []*Result // in the order of Protocols
	Pictures []string  // names of the PNG files; an SVG of the same name lies beside each
	// Playback is a part of a page, which needs the Frame: all runs event by event with
	// one cursor in time, their histories, faults and configurations.
	Playback template.HTML
}

// Verdict is the worst of all: a violation, else unknown, else ok.
func (c *Comparison) Verdict() linearizability.Verdict {
	worst := linearizability.VerdictOK
	for _, pair := range c.Pairs {
		for _, r := range pair.Results {
			switch r.Verdict {
			case linearizability.VerdictViolation:
				return r.Verdict
			case linearizability.VerdictUnknown:
				worst = r.Verdict
			}
		}
	}
	return worst
}

// Compare runs scenarios on every protocol from the same seed, and writes plots
// of each pair of runs into an existing folder. It calls progress as it goes, from one
// goroutine at a time. So many workers do it, zero for one per core; the outcome does
// not depend on them.
func Compare(chosen []Scenario, seed uint64, workers int, dir string, progress func(done, all int)) (*Comparison, error) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	c := &Comparison{Seed: seed}
	var jobs []func() error
	for _, s := range chosen {
		c.Pairs = append(c.Pairs, Pair{Scenario: s, Results: make([]*Result, len(Protocols()))})
	}
	for i := range c.Pairs {
		for j, p := range Protocols() {
			jobs = append(jobs, func() error {
				c.Pairs[i].Results[j] = Run(c.Pairs[i].Scenario, p, seed)
				return nil
			})
		}
	}
	runs := len(jobs)
	all := runs + len(c.Pairs)
	if err := parallel(jobs, workers, func(done int) { progress(done, all) }); err != nil {
		return nil, err
	}
	jobs = jobs[:0]
	for i := range c.Pairs {
		jobs = append(jobs, func() error { return c.Pairs[i].draw(dir, i) })
	}
	return c, parallel(jobs, workers, func(done int) { progress(runs+done, all) })
}

// SpaceTimeName is the file of the space-time diagram that Compare writes of a run. The page of
// the command shows it.
func (r *Result) SpaceTimeName() string {
	return fmt.Sprintf("%s-spacetime-%s.svg", r.Scenario.Name, r.Protocol.Name)
}

// draw writes the pictures of one scenario: latency over time of each protocol,
// then the distribution of latency, and throughput, of all on one sheet; and it makes the
// playback of the pair with an index.
func (p *Pair) draw(dir string, index int) error {
	var (
		runs      []plots.Run
		overviews []*overview
	)
	save := func(name, command string, f *plots.Figure) error {
		describe(f, p.Scenario, p.Results[0].Seed, command)
		name = p.Scenario.Name + "-" + name
		p.Pictures = append(p.Pictures, name+".png")
		for _, extension := range []string{".png", ".svg"} {
			if err := f.Save(filepath.Join(dir, name+extension)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range p.Results {
		run, o := r.Plot(), r.overview()
		runs, overviews = append(runs, run), append(overviews, o)
		if err := r.spaceTime(Window{}, o).Save(filepath.Join(dir, r.SpaceTimeName())); err != nil {
			return err
		}
		if err := save("latency-"+r.Protocol.Name, r.Command(), plots.LatencyOverTime(run)); err != nil {
			return err
		}
	}
	command := fmt.Sprintf("go run ./cmd/quorumlab compare %s --seed %d", p.Scenario.Name, p.Results[0].Seed)
	if err := save("distribution", command, plots.LatencyDistribution(runs...)); err != nil {
		return err
	}
	if err := save("throughput", command, plots.ThroughputOverTime(runs...)); err != nil {
		return err
	}
	playback, err := p.play(fmt.Sprintf("pair%d", index+1), overviews)
	if err != nil {
		return err
	}
	p.Playback, err = packed(playback)
	return err
}

// parallel has so many workers do jobs and tells how many are done after each. It
// returns the error of the first job, in their order, that had one.
func parallel(jobs []func() error, workers int, progress func(done int)) error {
	var (
		next = make(chan int)
		errs = make([]error, len(jobs))
		wait sync.WaitGroup
		lock sync.Mutex // of done, and so that progress is not called twice at once
		done int
	)
	for range workers {
		wait.Go(func() {
			for i := range next {
				errs[i] = jobs[i]()
				lock.Lock()
				done++
				progress(done)
				lock.Unlock()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
