package story

import (
	"context"

	"quorumlab/scenarios/experiment"
)

// measured is the play of an act that an experiment shows: its rows are the facts, and
// it has shown what it promises if none is out of its tolerance.
func measured(name string, trials int, cases ...string) func(seed uint64) (Outcome, error) {
	return func(seed uint64) (Outcome, error) {
		e, err := experiment.ByName(name)
		if err != nil {
			return Outcome{}, err
		}
		r, err := experiment.Run(context.Background(), e, experiment.Options{Cases: cases, Trials: trials, Seed: seed})
		if err != nil {
			return Outcome{}, err
		}
		o := Outcome{Shown: r.OK()}
		for _, row := range r.Rows {
			prefix := ""
			if len(cases) > 1 {
				prefix = row.Case + ": "
			}
			o.Facts = append(o.Facts, fact(prefix+row.Metric, row.Measured))
		}
		return o, nil
	}
}
