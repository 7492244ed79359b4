package comparison

import (
	"math/rand/v2"
	"time"

	"quorumlab/plots"
	"quorumlab/scenarios"
	"quorumlab/sim"
)

// How long nobody answers when the leader has crashed.
var failOver = Aspect{
	Name:  "fail-over",
	Title: "How long nobody answers when the leader has crashed",
	Setup: "Five servers in the data centre; eight clients write. The leader is crashed at a random moment and does not come back; a client that has no answer asks another server after 100 ms. " +
		"The outage is taken apart: until a server first asks others to be elected, from there until one leads, and from there until a client has an answer. " +
		"Rounds are the questions that the new leader has put to all others, one after the other, before it led.",
	Cases: []string{"leader crash"},
	Metrics: []Metric{
		{Name: "outage", Unit: "ms"}, {Name: "until somebody stands", Unit: "ms"}, {Name: "until somebody leads", Unit: "ms"}, {Name: "until somebody is answered", Unit: "ms"},
		{Name: "median election", Unit: "ms", Median: true}, {Name: "rounds"}, {Name: "elections"}, {Name: "election messages"},
	},
	Trials:  100,
	measure: measureFailOver,
	explain: explainFailOver,
	draw:    drawFailOver,
}

func measureFailOver(p scenarios.Protocol, _ string, seed uint64) (numbers, error) {
	const steady = 700 * time.Millisecond
	crash := steady + time.Duration(rand.New(rand.NewPCG(seed, 1)).Int64N(int64(200*time.Millisecond)))
	watch := &elections{servers: 5}
	b := bench{
		servers: 5, world: dataCentre(), clients: closed(8, 10*time.Millisecond), warm: crash, span: time.Second,
		faults: func(*rand.Rand, int) sim.Schedule {
			return sim.Schedule{sim.Crash{Span: sim.Span{Start: sim.Duration(crash)}, Target: sim.Leader}}
		},
		prepare: watch.observe,
	}
	o, err := b.run(p, seed)
	if err != nil {
		return nil, err
	}
	last := o.Leaders[len(o.Leaders)-1]
	if last.At <= crash {
		return numbers{}, nil // nobody leads yet
	}
	for _, l := range o.Leaders {
		if l.At > crash {
			last = l
			break
		}
	}
	sent := watch.between(watch.types(o.Leaders, steady-200*time.Millisecond, crash), crash, last.At)
	back := firstAnswer(o, last.At)
	if len(sent) == 0 || back == 0 {
		return numbers{}, nil
	}
	return numbers{
		"outage":                     milliseconds(back - crash),
		"until somebody stands":      milliseconds(sent[0].at - crash),
		"until somebody leads":       milliseconds(last.At - sent[0].at),
		"median election":            milliseconds(last.At - sent[0].at),
		"until somebody is answered": milliseconds(back - last.At),
		"rounds":                     float64(rounds(sent, last.Leader)),
		"elections":                  float64(stood(sent)) / max(1, float64(rounds(sent, last.Leader))),
		"election messages":          float64(len(sent)),
	}, nil
}

func explainFailOver(t *Table) []string {
	which := t.Aspect.Cases[0]
	return []string{
		t.why("", which, effect{"outage", "the mean outage"},
			cause{metric: "until somebody stands", what: "wait until somebody stands", weight: 1},
			cause{metric: "until somebody leads", what: "election", weight: 1},
			cause{metric: "until somebody is answered", what: "wait from there until the first answer", weight: 1}),
		t.why("", which, effect{"median election", "the median time that the election itself takes"},
			cause{metric: "rounds", what: "rounds of questions that the winner asks"},
			cause{metric: "elections", what: "times that somebody stands"}),
		t.longestPhase(which),
	}
}

// longestPhase says where the time goes.
func (t *Table) longestPhase(which string) string {
	phases := []string{"until somebody stands", "until somebody leads", "until somebody is answered"}
	text := ""
	for i, name := range t.Protocols {
		longest := phases[0]
		for _, phase := range phases {
			if t.Mean(which, phase, i) > t.Mean(which, longest, i) {
				longest = phase
			}
		}
		if i > 0 {
			text += "; "
		}
		text += "with " + name + " most of the outage, " + digits(100*t.Mean(which, longest, i)/t.Mean(which, "outage", i)) + " %, is the time " + longest
	}
	return sentence(text)
}

func drawFailOver(t *Table) []Picture {
	which := t.Aspect.Cases[0]
	chart := func(heading, metric string) plots.Chart {
		c := plots.Chart{Heading: heading, X: plots.Axis{Label: "time (ms)"}, Y: plots.Axis{Label: "fraction of crashes", Min: 0, Max: 1}}
		for i, name := range t.Protocols {
			c.Curves = append(c.Curves, plots.Curve{Name: name, Points: plots.Distribution(t.Sorted(which, metric, i)), Style: plots.Step, Series: i})
		}
		return c
	}
	return []Picture{{"compare-fail-over", plots.Charts("How long nobody answers when the leader has crashed",
		chart("from the crash until the first answer", "outage"),
		chart("of this, until somebody stands", "until somebody stands"),
		chart("of this, the election", "until somebody leads"))}}
}
