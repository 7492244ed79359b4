package linearizability

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheckSequential(t *testing.T) {
	a, b := Write{"a"}, Write{"b"}
	tests := []struct {
		name    string
		model   Model
		history History
		want    Verdict
	}{
		{"nothing", Register(), nil, VerdictOK},
		{"stale, but each client sees time go forward", Register(), History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), done(1, 5, 6, Read{}, "a"), done(1, 7, 8, Read{}, "b"),
		}, VerdictOK},
		{"time goes back for a client", Register(), History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), done(1, 5, 6, Read{}, "b"), done(1, 7, 8, Read{}, "a"),
		}, VerdictViolation},
		{"own write is not seen", Register(), History{done(0, 1, 2, a, nil), done(0, 3, 4, Read{}, nil)}, VerdictViolation},
		{"seen before it is written", Register(), History{done(0, 1, 2, Read{}, "a"), done(1, 3, 4, a, nil)}, VerdictOK},
		{"readers disagree on an order", Register(), History{
			done(0, 1, 2, a, nil), done(1, 1, 2, b, nil),
			done(2, 3, 4, Read{}, "a"), done(2, 5, 6, Read{}, "b"),
			done(3, 3, 4, Read{}, "b"), done(3, 5, 6, Read{}, "a"),
		}, VerdictViolation},
		// Each key by itself is sequentially consistent (Herlihy and Wing 1990, §3.3).
		{"not local", KeyValue(), History{
			on("x", done(0, 1, 2, a, nil)), on("y", done(0, 3, 4, Read{}, nil)),
			on("y", done(1, 1, 2, b, nil)), on("x", done(1, 3, 4, Read{}, nil)),
		}, VerdictViolation},
		{"unknown write is seen", Register(), History{open(0, 5, a), done(1, 1, 2, Read{}, "a")}, VerdictOK},
		{"own write takes effect late", Register(), History{
			open(0, 1, a), done(0, 3, 4, Read{}, nil), done(0, 5, 6, Read{}, "a"),
		}, VerdictOK},
		{"the rest of its client keeps its order", Register(), History{
			done(0, 1, 2, b, nil), open(0, 3, a), done(0, 5, 6, Read{}, nil),
		}, VerdictViolation},
		{"goes on in the same instant", Register(), History{
			done(1, 1, 2, a, nil), done(2, 3, 4, Read{}, nil), done(0, 5, 6, Read{}, "b"), open(0, 5, b),
		}, VerdictOK},
		{"queue out of time", Queue(), History{
			done(0, 1, 2, Enqueue{"a"}, nil), done(1, 3, 4, Enqueue{"b"}, nil), done(2, 5, 6, Dequeue{}, "b"),
		}, VerdictOK},
		{"queue out of order", Queue(), History{
			done(0, 1, 2, Enqueue{"a"}, nil), done(0, 3, 4, Enqueue{"b"}, nil), done(2, 5, 6, Dequeue{}, "b"),
		}, VerdictViolation},
		// As intervals they are concurrent; the client knows better.
		{"touching", Register(), History{done(0, 1, 2, a, nil), done(0, 2, 3, Read{}, nil)}, VerdictViolation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := CheckSequential(test.model, test.history, 0)
			require.NoError(t, err)
			require.Equal(t, test.want, report.Verdict, "%v", report)
			require.True(t, report.Sequential)
			if test.want == VerdictViolation {
				require.Equal(t, JudgeSearch, report.Judge)
				require.Contains(t, report.String(), "keeps the order of each client")
				require.NotNil(t, report.Order)
			}
		})
	}
	_, err := CheckSequential(Register(), History{open(0, 1, Add{1})}, 0)
	require.EqualError(t, err, "operation 1: op: a register has no add")
}

// The order of each client is all that counts.
func TestCheckSequentialAgreesWithAllOrders(t *testing.T) {
	ofClient := func(a, b Operation) bool { return a.Client == b.Client && a.Call < b.Call }
	for _, g := range append(generators(), repeats()...) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(*historySeed, 8))
			_, counts := g.model.initial.(int64)
			violations, stale := 0, 0
			for range count() / definitionShare / 2 {
				h := g.history(r)
				for i := range h {
					if g.name == "keys with repeats" {
						h[i].Key = []string{"x", "y"}[r.IntN(2)]
					}
				}
				report, err := CheckSequential(g.model, h, 0)
				require.NoError(t, err)
				ok := explained(h, counts, ofClient)
				require.Equal(t, ok, report.Verdict == VerdictOK, "%v\n%s", report, listing(h))
				if ok && !explained(h, counts, inTime) {
					stale++
				}
				if !ok {
					violations++
					require.False(t, explained(report.Core, counts, ofClient), "%s", listing(report.Core))
					require.False(t, explained(h, counts, inTime), "sequential consistency is the weaker")
				}
			}
			require.Greater(t, violations, 0)
			require.Greater(t, stale, 0)
		})
	}
}

// Thousands of operations are judged if they are nearly in time, and what takes too
// long ends.
func TestCheckSequentialOfLongHistories(t *testing.T) {
	for _, l := range loads() {
		if l.name == "queue" {
			continue // a wrong order of enqueues is noticed too late for a search
		}
		t.Run(l.name, func(t *testing.T) {
			h := longHistory(l.model, 2000, 4, 0, l.input)
			report, err := CheckSequential(l.model, h, 0)
			require.NoError(t, err)
			require.Equal(t, VerdictOK, report.Verdict)
			require.Equal(t, JudgeMonitor, report.Judge)
			searched, _ := l.model.searchSequential(h, startBudget(0))
			require.Equal(t, VerdictOK, searched)
		})
	}
	var h History
	for i := range 60 {
		h = append(h, done(i, 1, 2, Enqueue{fmt.Sprint(i)}, nil))
	}
	for i := range 60 {
		h = append(h, done(60, int64(3+2*i), int64(4+2*i), Dequeue{}, fmt.Sprint(59-i%59)))
	}
	report, err := CheckSequential(Queue(), h, 10*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, VerdictUnknown, report.Verdict)
}
