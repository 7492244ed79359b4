package linearizability

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// longHistory makes a linearizable history of many clients: each operation takes
// effect at once, in the order of calls, while others are under way.
func longHistory(m Model, operations, clients int, unknown float64, input func(r *rand.Rand, i int) (key string, in Input)) History {
	r := rand.New(rand.NewPCG(1, 2))
	type client struct {
		number int
		open   int32 // its operation under way, or none
		done   bool  // which has taken effect
	}
	at := make([]client, clients)
	for i := range at {
		at[i] = client{i, none, false}
	}
	machines := make(map[string]func(Input) any)
	h := make(History, 0, operations)
	names, clock := clients, int64(0)
	for {
		c := &at[r.IntN(clients)]
		clock++
		if c.open == none {
			if len(h) == operations {
				break
			}
			key, in := input(r, len(h))
			h = append(h, Operation{Client: c.number, Key: key, Input: in, Call: clock, Outcome: OutcomeUnknown})
			c.open, c.done = int32(len(h)-1), false
			continue
		}
		op := &h[c.open]
		if !c.done {
			if machines[op.Key] == nil {
				machines[op.Key] = m.start()
			}
			op.Output, c.done = machines[op.Key](op.Input), true
			continue
		}
		if r.Float64() < unknown {
			op.Output = nil
			c.number = names
			names++
		} else {
			op.Outcome, op.Return = OutcomeOK, clock
		}
		c.open = none
	}
	for i := range h {
		if h[i].Outcome == OutcomeUnknown {
			h[i].Output = nil
		}
	}
	return h
}

type load struct {
	name  string
	model Model
	input func(r *rand.Rand, i int) (string, Input)
}

func loads() []load {
	write := func(r *rand.Rand, i int) Input {
		if r.IntN(2) == 0 {
			return Read{}
		}
		return Write{fmt.Sprint("v", i)}
	}
	return []load{
		{"queue", Queue(), func(r *rand.Rand, i int) (string, Input) {
			if r.IntN(2) == 0 {
				return "", Dequeue{}
			}
			return "", Enqueue{fmt.Sprint("v", i)}
		}},
		{"register", Register(), func(r *rand.Rand, i int) (string, Input) { return "", write(r, i) }},
		{"log", Log(), func(r *rand.Rand, i int) (string, Input) {
			if r.IntN(2) == 0 {
				return "", Poll{r.Int64N(int64(i/2 + 1))}
			}
			return "", Send{fmt.Sprint("v", i)}
		}},
		{"counter", Counter(), func(r *rand.Rand, i int) (string, Input) {
			if r.IntN(4) == 0 {
				return "", Read{}
			}
			return "", Add{1}
		}},
		{"key-value", KeyValue(), func(r *rand.Rand, i int) (string, Input) {
			return []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}[r.IntN(16)], write(r, i)
		}},
	}
}

var benchmarkOperations = flag.Int("operations", 1_000_000, "operations of the longest history in benchmarks, such as 10000000")

// userTime is the CPU time that the process has spent so far, but not in the
// kernel. Unlike the clock on the wall it does not measure what else the machine does.
func userTime(tb testing.TB) time.Duration {
	var usage syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano())
}

// BenchmarkQueueOfThousand compares the monitor with Porcupine where that still
// ends: 1,000 operations of two clients. How long Porcupine takes depends on how long
// the queue gets, since a wrong guess at the order of two enqueues is noticed only
// when the second is dequeued, and until then each such guess doubles the work. Of ten
// operations so many dequeue; or else all values are enqueued first. The metric "times
// faster" is a ratio of CPU times in one run. Porcupine is stopped after twenty
// seconds; then the ratio is a lower bound.
func BenchmarkQueueOfThousand(b *testing.B) {
	m := Queue()
	mixed := func(dequeues int) func(r *rand.Rand, i int) (string, Input) {
		return func(r *rand.Rand, i int) (string, Input) {
			if r.IntN(10) < dequeues {
				return "", Dequeue{}
			}
			return "", Enqueue{fmt.Sprint("v", i)}
		}
	}
	filled := func(r *rand.Rand, i int) (string, Input) {
		if i >= 500 {
			return "", Dequeue{}
		}
		return "", Enqueue{fmt.Sprint("v", i)}
	}
	for _, shape := range []struct {
		name  string
		input func(r *rand.Rand, i int) (string, Input)
	}{
		{"dequeues=6", mixed(6)}, {"dequeues=5", mixed(5)}, {"dequeues=4", mixed(4)}, {"filled-first", filled},
	} {
		b.Run(shape.name, func(b *testing.B) {
			h := longHistory(m, 1000, 2, 0, shape.input)
			normal := m.normalize(h)
			const repeats = 100
			var monitor, search time.Duration
			for b.Loop() {
				start := userTime(b)
				for range repeats {
					report, err := Check(m, h, 0)
					require.NoError(b, err)
					require.Equal(b, VerdictOK, report.Verdict)
				}
				between := userTime(b)
				if m.decide(normal, 20*time.Second) != VerdictOK {
					b.Log("Porcupine has no verdict")
				}
				monitor += between - start
				search += userTime(b) - between
			}
			b.ReportMetric(float64(monitor.Microseconds())/float64(b.N)/repeats, "monitor-µs")
			b.ReportMetric(float64(search.Microseconds())/float64(b.N), "porcupine-µs")
			b.ReportMetric(repeats*float64(search)/float64(monitor), "times-faster")
		})
	}
}

// BenchmarkCheck is the pace of monitors with their certificates. The bytes are all
// that is allocated beyond the history.
func BenchmarkCheck(b *testing.B) {
	for _, l := range loads() {
		for n := 1000; n <= *benchmarkOperations; n *= 10 {
			for _, clients := range []int{8, 64} {
				for _, percent := range []int{0, 1, 5} {
					b.Run(fmt.Sprintf("%s/ops=%d/clients=%d/unknown=%d", l.name, n, clients, percent), func(b *testing.B) {
						h := longHistory(l.model, n, clients, float64(percent)/100, l.input)
						b.ReportAllocs()
						start := userTime(b)
						for b.Loop() {
							report, err := Check(l.model, h, 0)
							require.NoError(b, err)
							require.Equal(b, JudgeMonitor, report.Judge)
							require.Equal(b, VerdictOK, report.Verdict)
						}
						b.ReportMetric((userTime(b)-start).Seconds()/float64(b.N*n)*1e6, "cpu-s/million")
					})
				}
			}
		}
	}
}
