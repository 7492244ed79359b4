package plots

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// figures makes every kind of picture of the same runs.
func figures(runs ...Run) map[string]*Figure {
	made := map[string]*Figure{
		"latency distribution": LatencyDistribution(runs...),
		"throughput over time": ThroughputOverTime(runs...),
	}
	if len(runs) > 0 {
		made["latency over time"] = LatencyOverTime(runs[0])
	}
	return made
}

func TestSameDataSameBytes(t *testing.T) {
	many := 8000
	if testing.Short() {
		many = 800
	}
	draw := func() map[string][2][]byte {
		drawn := make(map[string][2][]byte)
		for name, figure := range figures(leaderCrash("Raft", many), leaderCrash("Paxos", 3000)) {
			figure.Caption = "seed 42"
			vector, err := figure.svg()
			require.NoError(t, err)
			raster, err := figure.png()
			require.NoError(t, err)
			again, err := figure.svg() // drawing leaves no trace in the figure
			require.NoError(t, err)
			require.True(t, bytes.Equal(vector, again), "%s: second SVG differs", name)
			drawn[name] = [2][]byte{vector, raster}
		}
		return drawn
	}
	first, second := draw(), draw()
	for name := range first {
		require.True(t, bytes.Equal(first[name][0], second[name][0]), "%s: SVG differs", name)
		require.True(t, bytes.Equal(first[name][1], second[name][1]), "%s: PNG differs", name)
	}
	require.NotEqual(t, first["throughput over time"], first["latency over time"])
}

func TestFigureSharesNoMemoryWithItsData(t *testing.T) {
	for name := range figures(Run{}) {
		run := leaderCrash("Raft", 50)
		figure := figures(run)[name]
		before, err := figure.svg()
		require.NoError(t, err)
		clear(run.Operations)
		clear(run.Faults)
		clear(run.LeaderChanges)
		after, err := figure.svg()
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after), name)
	}
}

func TestPNGHoldsNothingButThePicture(t *testing.T) {
	data, err := LatencyOverTime(leaderCrash("Raft", 100)).png()
	require.NoError(t, err)
	kinds := make(map[string]bool)
	for chunk := data[8:]; len(chunk) > 0; {
		kinds[string(chunk[4:8])] = true
		chunk = chunk[12+binary.BigEndian.Uint32(chunk):]
	}
	// In particular no tIME and no tEXt chunk.
	require.Equal(t, map[string]bool{"IHDR": true, "IDAT": true, "IEND": true}, kinds)
}

func TestTexts(t *testing.T) {
	raft, paxos := leaderCrash("Raft", 300), leaderCrash("Paxos", 200)
	overTime := []string{"crash leader\n", "partition n1 n2 | n3\n", "leader change\n", "fault\n", "(s)\n"}
	tests := map[string][]string{
		"latency over time":    append(overTime, "Latency over time: Raft\n", "latency (ms)\n", "1\n10\n100\n1000\n", "\n0\n2\n4\n", "ok: ", "failed: ", "unknown: "),
		"latency distribution": {"Latency distribution: Raft, Paxos\n", "latency (ms)\n", "fraction of ok operations\n", "0.0\n", "1.0\n", "p50\n", "p99\n", "Raft: p50 ", "Paxos: p50 ", ": left out because"},
		"throughput over time": append(overTime, "Throughput over time: Raft, Paxos\n", "operations per second\n", "Raft: ", "Paxos: ", " ok, ", "ok\nfailed\nunknown\n", "bins of 500ms"),
	}
	for name, figure := range figures(raft, paxos) {
		figure.Caption = `seed 42: quorumlab run -label '<a & "b">'`
		written := texts(t, figure)
		for _, want := range append(tests[name], figure.Caption+"\n") {
			require.Contains(t, written, want, name)
		}
	}
}

func TestTitleAndCaptionAreWrapped(t *testing.T) {
	figure := LatencyOverTime(Run{})
	figure.Title = strings.Repeat("title ", 40)
	figure.Caption = "seed 1\n" + strings.Repeat("x", 500)
	for line := range strings.Lines(texts(t, figure)) {
		style := captionText
		if strings.HasPrefix(line, "title") {
			style = titleText
		}
		require.LessOrEqual(t, style.Width(strings.TrimSpace(line)), figureWidth-2*margin, line)
	}
	require.Contains(t, texts(t, figure), "seed 1\nxxx")
	require.Equal(t, 500, strings.Count(texts(t, figure), "x"))
}

func TestEmpty(t *testing.T) {
	for _, figure := range figures() {
		require.Contains(t, texts(t, figure), "no operations\n")
	}
	for _, run := range []Run{{}, {Name: "Raft", Length: time.Second, Faults: []Band{{Label: "crash"}}}} {
		for name, figure := range figures(run, run) {
			require.Contains(t, texts(t, figure), "no operations\n", name)
			require.NotContains(t, texts(t, figure), "-1", name+": no axis reaches below zero")
		}
	}
	require.Empty(t, texts(t, &Figure{}))
}

func TestOutcomeString(t *testing.T) {
	for outcome, want := range map[Outcome]string{OK: "ok", Failed: "failed", Unknown: "unknown", 77: "Outcome(77)"} {
		require.Equal(t, want, outcome.String())
	}
}

func TestAllUnknown(t *testing.T) {
	run := Run{Name: "Paxos", Operations: []Operation{{Latency: time.Second}, {Latency: time.Second}}}
	require.Contains(t, texts(t, LatencyOverTime(run)), "unknown: 2\n")
	written := texts(t, LatencyDistribution(run))
	require.Contains(t, written, "no operation ended ok\n")
	require.Contains(t, written, "Paxos: left out because they failed or ended unknown: 2 of 2 operations.\n")
	require.Contains(t, texts(t, ThroughputOverTime(run)), "Paxos: 0 ok, 0 failed, 2 unknown\n")
}

func TestOddData(t *testing.T) {
	const forever = time.Duration(math.MaxInt64)
	tests := map[string]Run{
		"no latency":        {Operations: []Operation{{Outcome: OK}, {Call: 1, Outcome: OK}}},
		"negative times":    {Operations: []Operation{{Call: -time.Hour, Latency: -5}}, LeaderChanges: []time.Duration{-1}, Faults: []Band{{Start: -9, End: -5}}},
		"unheard-of":        {Operations: []Operation{{Latency: 1, Outcome: 77}}},
		"eternity":          {Length: forever, Operations: []Operation{{Call: forever, Latency: forever, Outcome: OK}}},
		"a nanosecond":      {Length: 1, Operations: []Operation{{Latency: 1, Outcome: OK}}},
		"never healed":      {Length: time.Second, Faults: []Band{{Start: 1, End: forever, Label: "partition"}}},
		"healed before":     {Length: time.Second, Faults: []Band{{Start: 500, End: 1, Label: "partition"}}},
		"unprintable names": {Name: "\x00\xff\ufffe\n", Faults: []Band{{Label: "\x1b[1m\u2028"}, {Label: strings.Repeat("long ", 500)}}},
		"one instant":       {Operations: make([]Operation, 2*maxMarks)},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			for _, figure := range figures(run, Run{Length: time.Hour}) {
				figure.Caption = run.Name
				texts(t, figure)
			}
			raster, err := LatencyOverTime(run).png()
			require.NoError(t, err)
			_, err = png.Decode(bytes.NewReader(raster))
			require.NoError(t, err)
		})
	}
	require.Contains(t, texts(t, LatencyOverTime(tests["no latency"])), "Operations of no measurable latency, drawn on the lower edge: 2.\n")
	require.Contains(t, texts(t, LatencyDistribution(tests["no latency"])), "Operations of no measurable latency, drawn on the left edge: 2.\n")
	require.Contains(t, texts(t, LatencyOverTime(tests["unheard-of"])), "unknown: 1\n")
}

func TestTimeAxisReachesTheEndOfTheRun(t *testing.T) {
	operations := []Operation{{Call: time.Second, Latency: time.Second}}
	tests := []struct {
		name string
		run  Run
		want time.Duration
	}{
		{"nothing", Run{}, 0},
		{"length", Run{Length: 9 * time.Second, Operations: operations}, 9 * time.Second},
		{"operation after it", Run{Length: 1, Operations: operations}, 2 * time.Second},
		{"leader change after it", Run{Length: 1, LeaderChanges: []time.Duration{5}}, 5},
		{"fault after it", Run{Length: 1, Faults: []Band{{Start: 7, End: 8}}}, 7},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.run.end(), test.name)
	}
}

func TestFaultsOfOneScheduleAreNamedOnce(t *testing.T) {
	raft, paxos := leaderCrash("Raft", 50), leaderCrash("Paxos", 50)
	require.Equal(t, 1, strings.Count(texts(t, ThroughputOverTime(raft, paxos)), "crash leader\n"))
	paxos.Faults = paxos.Faults[:1]
	require.Equal(t, 2, strings.Count(texts(t, ThroughputOverTime(raft, paxos)), "crash leader\n"))
}

func BenchmarkLatencyOverTimePNG(b *testing.B) {
	run := leaderCrash("Raft", 20_000)
	for b.Loop() {
		if _, err := LatencyOverTime(run).png(); err != nil {
			b.Fatal(err)
		}
	}
}
