package linearizability

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Long histories with unknown outcomes are judged, and what is wrong with them is
// found and shown in a few operations, by judges that had no search to do.
func TestLongHistories(t *testing.T) {
	for _, l := range loads() {
		for _, clients := range []int{8, 64} {
			t.Run(fmt.Sprintf("%s/clients=%d", l.name, clients), func(t *testing.T) {
				h := longHistory(l.model, 20_000, clients, 0.01, l.input)
				report, err := Check(l.model, h, 0)
				require.NoError(t, err)
				require.Equal(t, VerdictOK, report.Verdict)
				require.Equal(t, JudgeMonitor, report.Judge)

				exchangeAnswers(t, h)
				report, err = Check(l.model, h, 0)
				require.NoError(t, err)
				require.Equal(t, VerdictViolation, report.Verdict)
				require.Equal(t, JudgeMonitor, report.Judge)
				require.False(t, report.Unconfirmed)
				require.LessOrEqual(t, len(report.Core), 8, "%v", report)
				require.NotNil(t, report.Order)
			})
		}
	}
}

// exchangeAnswers gives each other's answer to two operations that ask the same,
// far apart, of one key.
func exchangeAnswers(t *testing.T, h History) {
	for i := range h {
		if h[i].Outcome != OutcomeOK || h[i].Output == nil {
			continue
		}
		for j := i + len(h)/2; j < len(h); j++ {
			if h[j].Outcome == OutcomeOK && h[j].Output != nil && h[j].Output != h[i].Output &&
				h[j].Key == h[i].Key && h[j].Input.op() == h[i].Input.op() {
				h[i].Output, h[j].Output = h[j].Output, h[i].Output
				return
			}
		}
	}
	t.Fatal("no two operations to exchange answers")
}

// To show that a message is lost, although dequeues of unknown outcome may have
// taken it, needs one message more than there are such dequeues.
func TestLostMessageAmongUnknownDequeues(t *testing.T) {
	for _, test := range []struct {
		open        int
		unconfirmed bool
	}{{0, false}, {3, false}, {20, false}, {2 * maxOpen, true}} {
		t.Run(fmt.Sprint(test.open), func(t *testing.T) {
			var h History
			clock, client := int64(0), 1
			next := func() int64 { clock++; return clock }
			for i := range test.open {
				h = append(h, open(client, next(), Dequeue{}))
				client++
				h = append(h, done(0, next(), next(), Enqueue{fmt.Sprint("taken", i)}, nil))
			}
			last := []Operation{
				done(0, next(), next(), Enqueue{"lost"}, nil), done(0, next(), next(), Enqueue{"seen"}, nil),
				done(0, next(), next(), Dequeue{}, "seen"),
			}
			for i := range 50 {
				h = append(h, done(0, next(), next(), Enqueue{fmt.Sprint("later", i)}, nil))
			}
			report, err := Check(Queue(), append(h, last[1:]...), 0)
			require.NoError(t, err)
			require.Equal(t, VerdictOK, report.Verdict)

			report, err = Check(Queue(), append(h, last...), 0)
			require.NoError(t, err)
			require.Equal(t, VerdictViolation, report.Verdict)
			require.Equal(t, test.unconfirmed, report.Unconfirmed)
			require.Len(t, report.Core, 2*test.open+3)
		})
	}
}

// An empty answer that is wrong because some value always was there, none of them
// all the time.
func TestEmptyAnswerUnderChain(t *testing.T) {
	var h History
	h = append(h, done(0, 0, 1, Enqueue{"v0"}, nil))
	const links = 100
	for i := range links {
		now := int64(10 * (i + 1))
		h = append(h,
			done(0, now, now+1, Enqueue{fmt.Sprint("v", i+1)}, nil),
			done(0, now+2, now+3, Dequeue{}, fmt.Sprint("v", i)))
	}
	empty := done(1, 2, 10*links, Dequeue{}, nil)
	report, err := Check(Queue(), append(h, empty), 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.False(t, report.Unconfirmed)
	require.Contains(t, report.Core, empty)
	require.Greater(t, len(report.Core), 2*links-100, "all of the chain is needed")

	// Let one enqueue end in the instant in which the value before is taken.
	h[links+1].Return, h[links+2].Return = h[links+2].Call, h[links+2].Call
	h[links+2].Client = 2
	report, err = Check(Queue(), append(h, empty), 0)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, report.Verdict)
}
