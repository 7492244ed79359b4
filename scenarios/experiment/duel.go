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
	what     duelMoment
}

// duelMoment is what a picture shows of an attempt.
type duelMoment uint8

const (
	duelPrepares duelMoment = iota // a Prepare is sent
	duelRefused                    // the proposer hears that its Accept is refused
	duelChosen                     // the proposer knows its value to be chosen
)

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
				tell(duelEvent{e.At, int(e.Machine), attempts, duelPrepares})
			}
		case synod.Nack:
			if e.Kind == sim.Delivered && m.Number == last[e.Machine] {
				tell(duelEvent{e.At, int(e.Machine), lastAttempt[e.Machine], duelRefused})
			}
		}
	}), sim.Sent, sim.Delivered)
	for !chosen && attempts < d.attempts && w.Step() {
		for _, id := range proposers {
			if p, ok := w.Handler(id).(*synod.Proposer); ok {
				if _, done := p.Done(); done && !chosen {
					chosen = true
					tell(duelEvent{w.Now(), int(id), lastAttempt[id], duelChosen})
				}
			}
		}
	}
	return chosen, attempts
}

// drawDuel draws the first attempts of the duel, and of one with pauses.
func drawDuel(r *Result) []Picture {
	without, with := duel{2, 0, 12}, duel{2, 40 * duelDelay, 12}
	seed := with.instructive(r.Seed)
	return []Picture{{"dueling-proposers", plots.Charts("A duel of proposers",
		without.chart("no pause: nothing is ever chosen", r.Seed),
		with.chart(fmt.Sprintf("random pauses of up to 40 d, from seed %d: in the end one has the time", seed), seed))}}
}

// duelShown is how long a picture is, in units of d.
const duelShown = 90

// instructive finds a seed from which some attempts are refused before one succeeds, within
// what a picture shows.
func (d duel) instructive(seed uint64) uint64 {
	for from := seed; from < seed+1000; from++ {
		end := time.Duration(0)
		chosen, attempts := d.fight(from, func(e duelEvent) { end = e.at })
		if chosen && attempts >= 4 && end <= duelShown*duelDelay {
			return from
		}
	}
	return seed
}

// chart draws a duel.
func (d duel) chart(heading string, seed uint64) plots.Chart {
	chart := plots.Chart{
		Heading: heading,
		X:       plots.Axis{Label: "time (delays d of a message)", Min: 0, Max: duelShown},
		Y:       plots.Axis{Label: "attempt", Min: 0, Max: 13},
	}
	began := make(map[int]float64)
	var points [3][3][]plots.Point // by proposer and moment
	d.fight(seed, func(e duelEvent) {
		point := plots.Point{X: float64(e.at) / float64(duelDelay), Y: float64(e.attempt)}
		points[e.proposer][e.what] = append(points[e.proposer][e.what], point)
		if e.what == duelPrepares {
			began[e.attempt] = point.X
			return
		}
		chart.Curves = append(chart.Curves, plots.Curve{Points: []plots.Point{{X: began[e.attempt], Y: point.Y}, point}, Series: e.proposer - 1})
	})
	for i := 1; i <= 2; i++ {
		chart.Curves = append(chart.Curves,
			plots.Curve{Name: fmt.Sprintf("proposer %d prepares", i), Points: points[i][duelPrepares], Style: plots.Dots, Series: i - 1},
			plots.Curve{Name: fmt.Sprintf("proposer %d hears that it is refused", i), Points: points[i][duelRefused], Style: plots.Rings, Series: i - 1})
		if chosen := points[i][duelChosen]; len(chosen) > 0 {
			const ofItsOwn = 2 // neither proposer's colour
			chart.Curves = append(chart.Curves, plots.Curve{Name: fmt.Sprintf("the value of proposer %d is chosen", i), Points: chosen, Style: plots.Dots, Series: ofItsOwn})
		}
	}
	return chart
}
