package mqjudge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"quorumlab/linearizability"
	"quorumlab/mq"
)

// lag follows, for each group, sends that were acknowledged and commits.
func (m *Evidence) lag() map[string][]step {
	steps := make(map[string][]step)
	committed := make(map[owner]uint64)
	for _, a := range m.Transcript.Asked {
		commit, ok := a.Command.(mq.Commit)
		if !ok || a.End == 0 || a.Refused || m.alone(a.Machine) || commit.Result(a.Answer) != nil {
			continue
		}
		o := owner{Group{commit.Log, commit.Group}, 0, commit.Partition}
		if commit.Offset > committed[o] {
			name := commit.Log + " of " + commit.Group
			steps[name] = append(steps[name], step{a.Ended, -int(commit.Offset - committed[o])})
			committed[o] = commit.Offset
		}
	}
	for g := range m.CommitsFirst {
		name := g.Log + " of " + g.Name
		for _, s := range m.sends {
			if s.queue == g.Log && s.outcome == linearizability.OutcomeOK {
				steps[name] = append(steps[name], step{s.ended, 1})
			}
		}
	}
	return steps
}

// step is a change of a number.
type step struct {
	at time.Duration
	by int
}

// series adds steps up, by name.
func series(all map[string][]step) (list []Series) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		steps := all[name]
		slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
		s := Series{Name: name}
		sum := 0
		for _, step := range steps {
			sum += step.by
			if n := len(s.At); n > 0 && s.At[n-1] == step.at {
				s.To[n-1] = sum
				continue
			}
			s.At, s.To = append(s.At, step.at), append(s.To, sum)
		}
		list = append(list, s)
	}
	return list
}
