package comparison

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/scenarios"
)

// small is an aspect of which only a part is measured, once or twice.
func small(t *testing.T, name string, trials int, cases ...string) Aspect {
	a, err := ByName(name)
	require.NoError(t, err)
	a.Trials = trials
	if len(cases) > 0 {
		a.Cases = cases
	}
	return a
}

// someOfEach is a part of each aspect.
func someOfEach(t *testing.T) []Aspect {
	if testing.Short() {
		return []Aspect{
			small(t, "cost", 1), small(t, "reads", 1), small(t, "load", 1, "1 session", "4 sessions", "16 sessions"), small(t, "size", 1, "n=3", "n=4"),
			small(t, "distance", 2), small(t, "fail-over", 3), small(t, "partitions", 2, "constrained-election"), small(t, "recovery", 2, "1 s away"),
		}
	}
	return []Aspect{
		small(t, "cost", 1), small(t, "reads", 1),
		small(t, "load", 1, "1 session", "16 sessions", "64 sessions"),
		small(t, "size", 1, "n=3", "n=4"),
		small(t, "distance", 2),
		small(t, "fail-over", 6),
		small(t, "partitions", 2, "isolate-leader", "constrained-election"),
		small(t, "recovery", 2),
	}
}

func tables(t *testing.T, o Options) map[string]*Table {
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	all := make(map[string]*Table)
	for _, table := range r.Tables {
		all[table.Aspect.Name] = table
	}
	return all
}

func TestComparison(t *testing.T) {
	aspects := someOfEach(t)
	require.Len(t, aspects, len(Aspects()))
	all := tables(t, Options{Aspects: aspects, Seed: 1, Workers: 2})

	t.Run("what is declared is measured", func(t *testing.T) {
		for _, table := range all {
			seen := make(map[string]bool)
			for at, values := range table.values {
				seen[at.metric] = true
				for _, v := range values {
					assert.False(t, math.IsInf(v, 0), "%s: %v", table.Aspect.Name, at)
				}
			}
			for _, m := range table.Aspect.Metrics {
				assert.True(t, seen[m.Name], "%s: %s", table.Aspect.Name, m.Name)
			}
		}
	})
	t.Run("what can be counted on one's fingers", func(t *testing.T) {
		for i := range 2 {
			assert.InDelta(t, 4, all["cost"].Mean("one at a time", "delays on the path", i), 1e-9)
			assert.InDelta(t, 1, all["cost"].Mean("one at a time", "disk writes on the path", i), 1e-9)
			assert.InDelta(t, 160, all["cost"].Mean("idle", "messages per second", i), 8, "a heartbeat each 50 ms to four, and an answer")
			assert.InDelta(t, 8, all["load"].Mean("1 session", "messages per command", i), 0.1)
			assert.InDelta(t, 4, all["size"].Mean("n=3", "messages per command, one session", i), 0.1)
			assert.InDelta(t, 6, all["size"].Mean("n=4", "messages per command, one session", i), 0.1)
			for which, want := range map[string][2]float64{"log": {4, 1}, "quorum": {4, 0}, "lease": {2, 0}} {
				assert.InDelta(t, want[0], all["reads"].Mean(which, "delays on the path", i), 1e-9, which)
				assert.InDelta(t, want[1], all["reads"].Mean(which, "disk writes on the path", i), 1e-9, which)
			}
			assert.InDelta(t, 1, all["distance"].Mean("RTT 100 ms", "round trips of the best", i), 0.05)
			assert.InDelta(t, all["fail-over"].Mean("leader crash", "outage", i), all["fail-over"].Mean("leader crash", "until somebody stands", i)+
				all["fail-over"].Mean("leader crash", "until somebody leads", i)+all["fail-over"].Mean("leader crash", "until somebody is answered", i), 1e-6)
			assert.InDelta(t, 1000, all["recovery"].Mean("1 s away", "commands missed", i), 100)
		}
	})
	t.Run("what is known of the two", func(t *testing.T) {
		text := strings.Join(all["partitions"].Sentences(), "\n")
		assert.Contains(t, text, "Under constrained-election, the availability is much higher with Paxos than with Raft")
		assert.Contains(t, text, "With Raft, no server came to lead that lacked")
		assert.Contains(t, strings.Join(all["cost"].Sentences(), "\n"), "no difference in the latency: 41 ms with both; alike are also network delays on the path (4) and disk writes on the path (1)")
		text = strings.Join(all["reads"].Sentences(), "\n")
		assert.Contains(t, text, "With Raft, lease is the fastest: 2 delays and 0 disk writes on the path, where log takes 4 and 1")
	})
	t.Run("doctored data make it say the opposite", func(t *testing.T) {
		count := 0
		for name, table := range all {
			var want []string
			for _, s := range comparing(table.Sentences()) {
				want = append(want, exchange.Replace(s))
			}
			if len(want) > 0 {
				assert.Equal(t, want[0], exchange.Replace(table.Headline()), name)
			}
			assert.Equal(t, want, comparing(table.swapped().Sentences()), name)
			count += len(want)
		}
		assert.Greater(t, count, 5)
	})
	t.Run("equal data make it say that there is no difference", func(t *testing.T) {
		for name, table := range all {
			equal := table.swapped()
			for at, v := range table.values {
				if at.protocol == 0 {
					equal.values[at] = v
				}
			}
			for at := range equal.values {
				if first := (cell{at.which, at.metric, 0}); equal.values[first] == nil {
					delete(equal.values, at)
				} else {
					equal.values[at] = equal.values[first]
				}
			}
			assert.Empty(t, comparing(equal.Sentences()), name)
		}
	})
	t.Run("the result does not depend on who is at work, nor on what else is measured", func(t *testing.T) {
		again := tables(t, Options{Aspects: []Aspect{aspects[7], aspects[4]}, Seed: 1, Workers: 1})
		for name, table := range again {
			want, err := json.Marshal(all[name])
			require.NoError(t, err)
			got, err := json.Marshal(table)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(got))
		}
	})
	t.Run("all of it can be drawn and printed", func(t *testing.T) {
		for name, table := range all {
			for _, p := range table.Pictures() {
				assert.NoError(t, p.Figure.Save(t.TempDir()+"/"+p.Name+".svg"), name)
			}
		}
		var b strings.Builder
		require.NoError(t, (&Report{Seed: 1, Tables: []*Table{all["cost"]}}).WriteText(&b))
		assert.Contains(t, b.String(), "What a command costs\n")
	})
}

func TestOtherSeed(t *testing.T) {
	a := small(t, "distance", 1, "RTT 20 ms")
	one, two := tables(t, Options{Aspects: []Aspect{a}, Seed: 1}), tables(t, Options{Aspects: []Aspect{a}, Seed: 2})
	assert.NotEqual(t, one["distance"].Rows(), two["distance"].Rows())
}

func TestBadInput(t *testing.T) {
	_, err := ByName("weather")
	assert.ErrorContains(t, err, `aspect: "weather" is unknown; want one of cost, `)
	_, err = Run(t.Context(), Options{Protocols: []scenarios.Protocol{scenarios.Raft}})
	assert.ErrorContains(t, err, "protocols: 1 are not two")
}
