package comparison

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// tableOf makes a table of one case from the means of each metric on each protocol.
func tableOf(metrics []Metric, means map[string][2]float64) *Table {
	t := &Table{
		Aspect:    Aspect{Name: "doctored", Cases: []string{"case"}, Metrics: metrics},
		Protocols: []string{"Raft", "Paxos"}, values: make(map[cell][]float64),
	}
	for name, pair := range means {
		for i, v := range pair {
			t.put("case", i, 0, 1, numbers{name: v})
		}
	}
	return t
}

func TestWhy(t *testing.T) {
	metrics := []Metric{{Name: "latency", Unit: "ms"}, {Name: "delays"}, {Name: "writes"}, {Name: "wait", Unit: "ms"}}
	delays := cause{metric: "delays", what: "network delays", weight: 10}
	writes := cause{metric: "writes", what: "disk writes", weight: 1}
	wait := cause{metric: "wait", what: "wait for an election", weight: 1}
	for _, c := range []struct {
		name   string
		means  map[string][2]float64
		causes []cause
		want   string
	}{
		{
			"the first is slower", map[string][2]float64{"latency": {60, 40}, "delays": {6, 4}, "writes": {1, 1}}, []cause{delays, writes},
			"Here, the latency is 50 % higher with Raft than with Paxos (60 against 40 ms), because it has more network delays (6 against 4), which makes 100 % of it; alike are disk writes.",
		},
		{
			"and the other way round", map[string][2]float64{"latency": {40, 60}, "delays": {4, 6}, "writes": {1, 1}}, []cause{delays, writes},
			"Here, the latency is 50 % higher with Paxos than with Raft (60 against 40 ms), because it has more network delays (6 against 4), which makes 100 % of it; alike are disk writes.",
		},
		{
			"no difference", map[string][2]float64{"latency": {40, 40}, "delays": {4, 4}, "writes": {1, 1}}, []cause{delays, writes},
			"Here, no difference in the latency: 40 ms with both; alike are also network delays (4) and disk writes (1).",
		},
		{
			"causes differ, the effect does not", map[string][2]float64{"latency": {40, 40}, "delays": {4, 4}, "writes": {1, 3}}, []cause{delays, writes},
			"Here, no difference in the latency: 40 ms with both; alike are also network delays (4); what does not show in it: more disk writes with Paxos (3 against 1).",
		},
		{
			"nothing explains it", map[string][2]float64{"latency": {40, 90}, "delays": {4, 4}, "writes": {1, 1}}, []cause{delays, writes},
			"Here, the latency is 2.2 times as high with Paxos as with Raft (90 against 40 ms), and nothing that was counted explains it; alike are network delays and disk writes.",
		},
		{
			"in spite of", map[string][2]float64{"latency": {40, 58}, "delays": {4, 6}, "writes": {3, 1}}, []cause{delays, writes},
			"Here, the latency is 45 % higher with Paxos than with Raft (58 against 40 ms), because it has more network delays (6 against 4), which makes 111 % of it, in spite of fewer disk writes (1 against 3).",
		},
		{
			"a cause of which more is better", map[string][2]float64{"latency": {40, 60}, "delays": {9, 4}}, []cause{{metric: "delays", what: "things", inverse: true}},
			"Here, the latency is 50 % higher with Paxos than with Raft (60 against 40 ms), because it has fewer things (4 against 9).",
		},
		{
			"a time", map[string][2]float64{"latency": {200, 10}, "wait": {195, 5}}, []cause{wait},
			"Here, the latency is much higher with Raft than with Paxos (200 against 10 ms), because it has a longer wait for an election (195 against 5 ms), which makes 100 % of it.",
		},
		{
			"within two in a hundred", map[string][2]float64{"latency": {100, 101}}, nil,
			"Here, no difference in the latency: 100 and 101 ms.",
		},
		{
			"only one is known", map[string][2]float64{"latency": {math.NaN(), 101}}, nil,
			"Here, the latency is 101 ms with Paxos, and did not come about with Raft.",
		},
		{
			"neither is known", map[string][2]float64{"latency": {math.NaN(), math.NaN()}}, nil,
			"Here, the latency did not come about with either.",
		},
	} {
		assert.Equal(t, c.want, tableOf(metrics, c.means).why("here, ", "case", effect{"latency", "the latency"}, c.causes...), c.name)
	}
}

// TestChance: what the seeds do to a number by themselves is no difference.
func TestChance(t *testing.T) {
	table := tableOf([]Metric{{Name: "latency", Unit: "ms"}, {Name: "middle", Unit: "ms", Median: true}}, nil)
	for trial, pair := range [][2]float64{{10, 12}, {14, 19}, {18, 21}} {
		for i, v := range pair {
			table.put("case", i, trial, 3, numbers{"latency": v, "middle": v + 1000*float64(trial/2)})
		}
	}
	assert.Equal(t, "No difference in the latency: 14 and 17.3 ms (Raft and Paxos), which may be chance.", table.why("", "case", effect{"latency", "the latency"}))
	assert.Equal(t, 19.0, table.Mean("case", "middle", 1), "a median is not moved by one that is far off")
	assert.Zero(t, table.contrast("case", "middle").sign())
}

// swapped is the table as it would be if each protocol had measured what the other has.
func (t *Table) swapped() *Table {
	s := *t
	s.values = make(map[cell][]float64)
	for at, v := range t.values {
		at.protocol = 1 - at.protocol
		s.values[at] = v
	}
	return &s
}

var exchange = strings.NewReplacer("Raft", "Paxos", "Paxos", "Raft")
