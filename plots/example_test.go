package plots_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"quorumlab/plots"
)

// A leader crashes after two seconds; it takes a second until there is another.
func crash(name string, latency time.Duration) plots.Run {
	run := plots.Run{
		Name:          name,
		Length:        5 * time.Second,
		Faults:        []plots.Band{{Start: 2 * time.Second, End: 4 * time.Second, Label: "crash leader"}},
		LeaderChanges: []time.Duration{3 * time.Second},
	}
	for call := time.Duration(0); call < run.Length; call += 20 * time.Millisecond {
		operation := plots.Operation{Call: call, Latency: latency, Outcome: plots.OK}
		if call > 2*time.Second && call < 3*time.Second {
			operation.Latency, operation.Outcome = 500*time.Millisecond, plots.Unknown
		}
		run.Operations = append(run.Operations, operation)
	}
	return run
}

func ExampleLatencyOverTime() {
	folder, err := os.MkdirTemp("", "plots")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	figure := plots.LatencyOverTime(crash("Raft", 4*time.Millisecond))
	figure.Title = "Raft: no operation ends while there is no leader"
	figure.Caption = "seed 7: quorumlab run leader-crash -seed 7"
	for _, name := range []string{"latency.png", "latency.svg", "latency.gif"} {
		fmt.Println(name, figure.Save(filepath.Join(folder, name)) == nil)
	}
	// Output:
	// latency.png true
	// latency.svg true
	// latency.gif false
}

func ExampleLatencyDistribution() {
	figure := plots.LatencyDistribution(crash("Raft", 4*time.Millisecond), crash("Paxos", 6*time.Millisecond))
	fmt.Println(figure.Title)
	// Output: Latency distribution: Raft, Paxos
}

func ExampleThroughputOverTime() {
	figure := plots.ThroughputOverTime(crash("Raft", 4*time.Millisecond), crash("Paxos", 6*time.Millisecond))
	fmt.Println(figure.Title)
	// Output: Throughput over time: Raft, Paxos
}

func ExampleDiagram() {
	ms := time.Millisecond
	d := plots.Diagram{
		Title: "A question and its answer", End: 10 * ms,
		Lifelines: []plots.Lifeline{{Name: "S1"}, {Name: "S2"}},
		Arrows: []plots.Arrow{
			{From: 0, To: 1, Sent: 1 * ms, Arrived: 3 * ms, Type: "Question"},
			{From: 1, To: 0, Sent: 4 * ms, Arrived: 6 * ms, Type: "Answer"},
		},
	}
	fmt.Println(len(d.SVG(600)) > 0)
	// Output: true
}
