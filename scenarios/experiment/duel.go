package experiment

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"quorumlab/node"
	"quorumlab/paxos/synod"
	"quorumlab/plots"
	"quorumlab/sim"
)

const duelStory = `Two proposers of Paxos and three acceptors. Messages take d, but an Accept, the
message of phase 2, is ten times as long under way: long enough for the other to prepare a higher number in the meantime. The
acceptors then refuse the Accept, and its sender, knowing no better, prepares a yet higher number at once, which
in turn gets the other's Accept refused, and so on: each phase 1 succeeds, and nothing is ever chosen. Paxos Made Simple
describes it in §2.4. It is no lack of safety, and nothing that a cleverer message could mend (Fischer,
Lynch & Paterson, 1985).

- scripted/K: the duel for K attempts, with no pause before the next.
- back-off: a refused proposer pauses at random for up to 40 d. One of the two gets the time to finish.
- distinguished: only one proposes, as with a stable leader.

Worth a thought: why does a pause of a fixed length not help?`

var duelingProposers = Experiment{
	Name:   "dueling-proposers",
	Title:  "how two proposers keep each other from getting anything chosen, and what ends it (attempts)",
	Source: "Lamport, Paxos Made Simple, 2001, §2.4",
	Story:  duelStory,
	Trials: 2000,
	Cases:  []string{"scripted/1000", "back-off", "distinguished"},
	Family: "scripted/K with K from 2 to 100000 attempts",
	parse:  parseDuel,
	draw:   drawDuel,
}

func parseDuel(name string) (c Case, err error) {
	d := duel{proposers: 2, attempts: 1000}
	switch kind, count, _ := strings.Cut(name, "/"); {
	case name == "back-off":
		d.backoff = 40 * duelDelay
	case name == "distinguished":
		d.proposers = 1
	case kind == "scripted":
		if d.attempts, err = strconv.Atoi(count); err != nil || d.attempts < 2 || d.attempts > 100_000 {
			return c, fmt.Errorf("%q is not a number of attempts from 2 to 100000", count)
		}
		c.limit = 1
	default:
		return c, errors.New("it is unknown")
	}
	c.width = 2
	c.measure = func(seed uint64, values []float64) error {
		chosen, attempts := d.fight(seed, func(duelEvent) {})
		values[0], values[1] = number(chosen), float64(attempts)
		return nil
	}
	c.rows = func(s Sample) []Row {
		sorted := s.Sorted(1)
		switch {
		case d.proposers == 1:
			return []Row{exactly("something is chosen", s.Mean(0), 1), exactly("attempts", s.Mean(1), 1)}
		case d.backoff == 0:
			return []Row{exactly("something is chosen", s.Mean(0), 0), exactly("attempts", s.Mean(1), float64(d.attempts))}
		}
		return []Row{exactly("something is chosen", s.Mean(0), 1), measured("attempts p50", quantile(sorted, 0.5)), measured("attempts p99", quantile(sorted, 0.99))}
	}
	return c, nil
}

// duel is a fight of proposers, which ends after so many attempts.
type duel struct {
	proposers int
	backoff   time.Duration
	attempts  int
}

// duelDelay is d.
const duelDelay = time.Millisecond

// duelEvent is something that a picture shows.
type duelEvent struct {
	at       time.Duration
	proposer int
	attempt  int
	refused  bool // an Accept; else a Prepare was sent
}

// fight lets the proposers fight, tells what happens, and returns whether anything
// was chosen and after how many attempts.
func (d duel) fight(seed uint64, tell func(duelEvent)) (chosen bool, attempts int) {
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(duelDelay)}})
	proposers := firstServers(d.proposers)
	acceptors := []node.ID{3, 4, 5}
	config := synod.Config{Proposers: proposers, Acceptors: acceptors, Patience: never, Backoff: d.backoff}
	for i := range 2 {
		if i < d.proposers {
			w.AddServer(func(env node.Env) node.Handler { return synod.NewProposer(env, config, synod.Value('A'+rune(i))) })
		} else {
			w.AddServer(func(node.Env) node.Handler { return silent{} })
		}
	}
	for range acceptors {
		w.AddServer(func(env node.Env) node.Handler { return synod.NewAcceptor(env, config) })
	}
	w.Inject(sim.Schedule{
		sim.Filter{Types: "Accept", Delay: sim.Constant(10 * duelDelay)},
		sim.Pause{Span: sim.Between(0, 5*duelDelay), Target: "S2"}, // the second begins when the first is in phase 2
	})
	last, lastAttempt := [3]synod.Number{}, [3]int{}
	w.Observe(observer(func(e *sim.Event) {
		switch m := e.Message.(type) {
		case synod.Prepare:
			if e.Kind == sim.Sent && m.Number != last[e.Machine] {
				last[e.Machine] = m.Number
				attempts++
				lastAttempt[e.Machine] = attempts
				tell(duelEvent{e.At, int(e.Machine), attempts, false})
			}
		case synod.Nack:
			if e.Kind == sim.Delivered && m.Number == last[e.Machine] {
				tell(duelEvent{e.At, int(e.Machine), lastAttempt[e.Machine], true})
			}
		}
	}), sim.Sent, sim.Delivered)
	for !chosen && attempts < d.attempts && w.Step() {
		for _, id := range proposers {
			if p, ok := w.Handler(id).(*synod.Proposer); ok {
				_, done := p.Done()
				chosen = chosen || done
			}
		}
	}
	return chosen, attempts
}

// drawDuel draws the first attempts of the duel, and of one with pauses.
func drawDuel(r *Result) []Picture {
	var charts []plots.Chart
	for _, c := range []struct {
		heading string
		backoff time.Duration
	}{{"no pause: nothing is ever chosen", 0}, {"random pauses: the last attempt succeeds", 40 * duelDelay}} {
		chart := plots.Chart{
			Heading: c.heading,
			X:       plots.Axis{Label: "time (d)", Min: 0, Max: 90},
			Y:       plots.Axis{Label: "attempt", Min: 0, Max: 13},
		}
		began := make(map[int]float64)
		prepares, refusals := [3][]plots.Point{}, [3][]plots.Point{}
		duel{2, c.backoff, 12}.fight(r.Seed, func(e duelEvent) {
			point := plots.Point{X: float64(e.at) / float64(duelDelay), Y: float64(e.attempt)}
			if e.refused {
				chart.Curves = append(chart.Curves, plots.Curve{Points: []plots.Point{{X: began[e.attempt], Y: point.Y}, point}, Series: e.proposer - 1})
				refusals[e.proposer] = append(refusals[e.proposer], point)
			} else {
				began[e.attempt] = point.X
				prepares[e.proposer] = append(prepares[e.proposer], point)
			}
		})
		for i := 1; i <= 2; i++ {
			chart.Curves = append(chart.Curves,
				plots.Curve{Name: fmt.Sprintf("proposer %d prepares", i), Points: prepares[i], Style: plots.Dots, Series: i - 1},
				plots.Curve{Name: fmt.Sprintf("proposer %d hears that it is refused", i), Points: refusals[i], Style: plots.Rings, Series: i - 1})
		}
		charts = append(charts, chart)
	}
	return []Picture{{"dueling-proposers", plots.Charts("A duel of proposers", charts...)}}
}
