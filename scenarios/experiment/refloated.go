package experiment

import (
	"errors"
	"time"

	"quorumlab/sim"
)

const refloatedStory = `The set-up is that of raft-figure-16. After a vote that nobody has won, Raft's candidates wait as
long as followers wait for a leader. They need not: a candidate only gives its election time to
succeed, which takes a round trip, while a follower has to be sure that the leader is gone. Here a candidate
tries again after 23 to 46 ms, a few times the longest round trip of 7.8 ms. Every trial is made twice, with and without.

Where split votes are frequent (150-155), the tail shrinks to a third. Where they are
rare (150-300) there is nothing to gain, and nothing to lose.

Worth a thought: why not let followers, too, wait for no more than 23 to 46 ms?`

var raftRefloated = Experiment{
	Name:   "raft-refloated",
	Title:  "what it helps if candidates try again sooner than followers give up the leader (ms)",
	Source: "Howard, Schwarzkopf, Madhavapeddy & Crowcroft, Raft Refloated: Do We Have Consensus?, Operating Systems Review 2015",
	Story:  refloatedStory,
	Trials: 5_000,
	Cases:  []string{"150-155", "150-300"},
	Family: "LOW-HIGH[,candidate=LOW-HIGH] in milliseconds, such as 150-160 or 150-160,candidate=10-20",
	parse:  parseRefloated,
	draw:   drawRefloated,
}

func parseRefloated(name string) (c Case, err error) {
	times, settings, err := cutSettings(name, []string{"candidate="}, map[string]string{"candidate": "23-46"})
	if err != nil {
		return c, err
	}
	low, high, err := parseRange(times)
	switch {
	case err != nil:
		return c, err
	case low < 12 || high > 60_000 || low == high:
		return c, errors.New("a range has to begin at 12 ms or later, to end before a minute, and not to be empty")
	}
	shortest, longest, err := parseTimes("candidate", settings["candidate"], time.Millisecond, time.Minute)
	if err != nil {
		return c, err
	}
	before := crashElection{
		config:   plainRaft(firstServers(5), time.Duration(low)*time.Millisecond, time.Duration(high)*time.Millisecond),
		latency:  sim.Uniform(2100*time.Microsecond, 3900*time.Microsecond),
		patience: never,
	}
	after := before
	after.config.CandidateTimeoutMin, after.config.CandidateTimeoutMax = shortest, longest
	c.width = 2
	c.measure = func(seed uint64, values []float64) error {
		return errors.Join(before.measure(seed, values[:1]), after.measure(seed, values[1:]))
	}
	c.rows = func(s Sample) []Row {
		original, shorter := s.Sorted(0), s.Sorted(1)
		ratio := func(p float64) float64 { return quantile(shorter, p) / quantile(original, p) }
		half, tail := measured("p50 ratio", ratio(0.5)), measured("p95 ratio", ratio(0.95))
		switch name {
		case "150-155":
			tail = atMost("p95 ratio, at most", ratio(0.95), 0.35)
		case "150-300":
			half = near("p50 ratio", ratio(0.5), 1, 0.05)
		}
		return []Row{
			measured("original p50", quantile(original, 0.5)), measured("original p95", quantile(original, 0.95)),
			measured("shorter p50", quantile(shorter, 0.5)), measured("shorter p95", quantile(shorter, 0.95)),
			half, tail,
		}
	}
	return c, nil
}
