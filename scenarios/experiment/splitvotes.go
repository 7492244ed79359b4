package experiment

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"quorumlab/node"
	"quorumlab/raft"
	"quorumlab/sim"
)

const splitStory = `A cluster of n servers of which s are alive. The timers of all begin at the same moment
and last, at random, from T to 2T; so the range is T. Every message takes a constant
latency l, given as a fraction of that range. The first to stand wins unless too many others stand before they hear of it.

P(split) is the fraction of elections, first terms only, in which nobody wins. It
has a closed form: the first candidate gets all votes but those of the k others that
stand within l of it, and fails if k ≥ s - ⌊n/2⌋; the distance from the least to
the k-th next of s uniform numbers exceeds l as often as fewer than k of s do not, so
that P(split) = P[Bin(s, l) ≥ s - ⌊n/2⌋].

"first timeout" is when the first server stands, as a fraction of the range; its mean is 1/(s+1).
"election time" is the mean time from the crash of the leader until another is
elected, in units of T, with heartbeats every T/2, so that the crash comes on average T/4
after the timers were set. The thesis gives it for l = 0.1; the rest is split votes, each of which costs another round.

Worth a thought: with 3 of 5 servers alive and l = 0.2 half of all elections are
split. By how much would you have to widen the range to make that one in ten?`

var splitVotes = Experiment{
	Name:   "split-votes",
	Title:  "how often nobody wins an election, by latency",
	Source: "Ongaro, Consensus: Bridging Theory and Practice, Stanford 2014, §9.2",
	Story:  splitStory,
	Trials: 30_000,
	Cases:  splitCases(),
	Family: "n=N,s=S,l=L with S of N servers alive and the latency L as a fraction of the range of timeouts, more than 0 and up to 0.5",
	parse:  parseSplit,
	draw:   drawSplit,
}

// splitElectionTimes is what the thesis expects an election to take, in units of T.
var splitElectionTimes = map[string]float64{"n=3,s=2,l=0.1": 1.62, "n=5,s=4,l=0.1": 1.222, "n=5,s=3,l=0.1": 1.702}

func splitCases() (names []string) {
	for _, cluster := range []string{"n=3,s=2", "n=5,s=5", "n=5,s=4", "n=5,s=3"} {
		for _, l := range []string{"0.05", "0.1", "0.2"} {
			names = append(names, cluster+",l="+l)
		}
	}
	return names
}

// splitElection is an election in a cluster of which some servers are alive.
type splitElection struct {
	config raft.Config
	alive  int
	l      float64
}

func parseSplit(name string) (c Case, err error) {
	fields, err := parseFields(name, "n", "s", "l")
	if err != nil {
		return c, err
	}
	n, errN := strconv.Atoi(fields["n"])
	s, errS := strconv.Atoi(fields["s"])
	l, errL := strconv.ParseFloat(fields["l"], 64)
	switch {
	case errN != nil || errS != nil || errL != nil:
		return c, errors.New("n and s are whole numbers, and l is a fraction")
	case n < 2 || n > 99:
		return c, fmt.Errorf("n is %d: it has to be from 2 to 99", n)
	case s <= n/2 || s > n:
		return c, fmt.Errorf("s is %d: it has to be a majority of n", s)
	case !(l > 0 && l <= 0.5):
		return c, fmt.Errorf("l is %v: it has to be more than 0, and at most 0.5, or a vote takes longer than a timeout", l)
	}
	e := splitElection{plainRaft(firstServers(n), splitRange, 2*splitRange), s, l}
	return Case{width: 3, measure: e.measure, rows: func(sample Sample) []Row {
		expected := binomialTail(s, l, s-n/2)
		rows := []Row{
			within("P(split)", sample.Mean(0), expected, 0.01),
			near("first timeout", sample.Mean(1), 1/float64(s+1), 0.02),
		}
		published, known := splitElectionTimes[fmt.Sprintf("n=%d,s=%d,l=%v", n, s, l)]
		if known {
			return append(rows, near("election time", sample.Mean(2), published, 0.04))
		}
		return append(rows, measured("election time", sample.Mean(2)))
	}}, nil
}

// splitRange is T.
const splitRange = time.Second

// measure holds one election and puts into values whether its first term was
// split, when the first server stood, and how long it took from the crash.
func (e splitElection) measure(seed uint64, values []float64) error {
	latency := time.Duration(e.l * float64(splitRange))
	w := sim.New(sim.Config{Seed: seed, Network: sim.Network{Latency: sim.Constant(latency)}})
	// The old leader crashed before the timers, which it had set, went off.
	crash := time.Duration(rand(seed).Int64N(int64(e.config.HeartbeatInterval)))
	for i := range e.config.Servers {
		if i >= e.alive {
			w.AddServer(func(node.Env) node.Handler { return silent{} })
			continue
		}
		w.AddServer(func(env node.Env) node.Handler { return raft.New(env, e.config, nothing{}) })
	}
	first, term := time.Duration(0), raft.Term(0)
	w.Watch(func(_ node.ID, h node.Handler) error {
		if s, ok := h.(*raft.Server); ok {
			if first == 0 && s.Term() > 0 {
				first = w.Now()
			}
			if s.Role() == raft.Leader {
				term = s.Term()
			}
		}
		return nil
	})
	for term == 0 && w.Step() {
	}
	values[0] = number(term > 1)
	values[1] = float64(first-splitRange) / float64(splitRange)
	values[2] = float64(w.Now()-crash) / float64(splitRange)
	return nil
}

// binomialTail is P[Bin(n, p) ≥ k].
func binomialTail(n int, p float64, k int) float64 {
	sum := 0.0
	for i := max(k, 0); i <= n; i++ {
		sum += choose(n, i) * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
	}
	return sum
}

// choose is the number of ways to choose k of n.
func choose(n, k int) float64 {
	ways := 1.0
	for i := range k {
		ways = ways * float64(n-i) / float64(i+1)
	}
	return ways
}
