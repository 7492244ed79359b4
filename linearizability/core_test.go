package linearizability

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What the marked operations are left out of, any of them at a time, stays
// linearizable; this is the promise that makes cores genuine.
func TestLeavingOutIsSound(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.model.String(), func(t *testing.T) {
			operations, steps := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				all := w.history(t)
				h := all.without(func(i int) bool { return all[i].Outcome == OutcomeFailed || all[i].Key != all[0].Key })
				if !linearizable(h) {
					return
				}
				units := w.model.units(h)
				gone := make([]bool, len(h)+1)
				for unit := 1; unit <= len(h); unit++ {
					gone[unit] = rapid.Bool().Draw(t, "leave out")
				}
				rest := h.without(func(i int) bool { return gone[units[i]] })
				operations += len(h)
				steps += len(h) - len(rest)
				require.True(t, linearizable(rest), "%v\nbecame\n%v", h, rest)
			})
			if manyHistories() {
				require.Greater(t, steps, operations/50, "too little was left out to mean anything")
			}
		})
	}
}

// What is normalised away changes no verdict, in either direction.
func TestNormalisationKeepsTheVerdict(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.model.String(), func(t *testing.T) {
			operations, steps := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				all := w.history(t)
				h := all.without(func(i int) bool { return all[i].Key != all[0].Key })
				rest := w.model.normalize(h)
				operations += len(h)
				steps += len(h) - len(rest)
				require.Equal(t, linearizable(h), linearizable(rest), "%v\nbecame\n%v", h, rest)
			})
			if manyHistories() {
				require.Greater(t, steps, operations/50, "too little was left out to mean anything")
			}
		})
	}
}

// The past of a linearizable history is linearizable, at every moment.
func TestPastIsSound(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.model.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := w.history(t)
				if !linearizable(h) {
					return
				}
				past := h.until(int64(pick(t, "time", 20)))
				require.NoError(t, past.validate())
				require.True(t, linearizable(past), "%v\nbecame\n%v", h, past)
			})
		})
	}
}

// service answers operations at once, in the order of the calls of run, and
// spreads their intervals around that moment.
type service struct {
	random  *rand.Rand
	clients int
	history History
	value   any
	count   int64
}

// run lets the clients make operations one after the other, each of which takes
// effect before the next does but overlaps a number of them.
func (s *service) run(operations int, input func(i int) Input) {
	const spread = 100
	for i := range operations {
		moment := int64(i * spread)
		reach := int64(spread*s.clients/2 - 2)
		op := Operation{
			Client:  i % s.clients,
			Input:   input(i),
			Call:    moment - s.random.Int64N(reach),
			Return:  moment + s.random.Int64N(reach),
			Outcome: OutcomeOK,
		}
		switch in := op.Input.(type) {
		case Read:
			op.Output = s.value
		case Write:
			s.value = in.Value
		case CompareAndSwap:
			op.Output = s.value == in.Old
			if s.value == in.Old {
				s.value = in.New
			}
		case Add:
			op.Output = s.count
			s.count += in.Delta
		}
		s.history = append(s.history, op)
	}
}

func newService(t *testing.T, clients int) *service {
	const seed = 7
	t.Logf("seed %d", seed)
	return &service{random: rand.New(rand.NewPCG(seed, 0)), clients: clients}
}

// A needle in a haystack: one stale read among thousands of operations.
func TestCoreOfStaleRead(t *testing.T) {
	s := newService(t, 6)
	s.run(6000, func(i int) Input {
		switch s.random.IntN(4) {
		case 0:
			return Write{fmt.Sprint("v", i)}
		case 1:
			return CompareAndSwap{s.value, fmt.Sprint("v", i)}
		case 2:
			return CompareAndSwap{"never", "seen"}
		}
		return Read{}
	})
	ok, err := Check(Register(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, ok.Verdict)

	// A read late in the history is answered what an earlier one was.
	var reads []int
	for i, op := range s.history {
		if op.Input == (Read{}) {
			reads = append(reads, i)
		}
	}
	stale, before := reads[len(reads)*3/4], reads[len(reads)/2]
	s.history[stale].Output = s.history[before].Output

	report, err := Check(Register(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Contains(t, report.Core, s.history[stale])
	require.LessOrEqual(t, len(report.Core), 4, "%v", report)
	again, err := Check(Register(), report.Core, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, again.Verdict)
}

// Of a counter with other steps than 1 only the future and reads can be left out.
func TestCoreOfLostAddition(t *testing.T) {
	s := newService(t, 4)
	s.run(400, func(i int) Input {
		if i == 200 {
			s.count -= 2 // loses the addition before
		}
		return Add{2}
	})
	report, err := Check(Counter(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Less(t, len(report.Core), 210)
	require.Contains(t, report.Core, s.history[199])
	require.Contains(t, report.Core, s.history[200])
	text := report.String()
	require.Contains(t, text, fmt.Sprintf("%d more", len(report.Core)-maxRows))
}

// Where all additions are of 1, two are enough; they are counted anew.
func TestCoreOfCounterIsRenumbered(t *testing.T) {
	s := newService(t, 4)
	s.run(400, func(i int) Input {
		if i == 200 {
			s.count-- // loses the addition before
		}
		return Add{1}
	})
	report, err := Check(Counter(), s.history, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.True(t, report.Renumbered)
	want := History{s.history[199], s.history[200]}
	for i := range want {
		require.EqualValues(t, 199, want[i].Output)
		want[i].Output = int64(0)
	}
	require.Equal(t, want, report.Core)
	require.Contains(t, report.String(), "as if the operations left out had not happened")
}

// A core that needs no answer of an operation shows it as open.
func TestCoreOpensWhatCameLater(t *testing.T) {
	report, err := Check(Counter(), History{
		done(0, 1, 100, Add{2}, int64(7)), done(1, 2, 3, Read{}, int64(5)),
	}, 0)
	require.NoError(t, err)
	require.Equal(t, History{open(0, 1, Add{2}), done(1, 2, 3, Read{}, int64(5))}, report.Core)
}

// The bisection ends at the very first past that violates, wherever it is.
func TestShortestPast(t *testing.T) {
	var h History
	for i := range 20 {
		h = append(h, done(0, int64(2*i), int64(2*i+1), Read{}, nil))
	}
	for enough := 1; enough <= len(h); enough++ {
		past := shortestPast(h, func(h History) bool { return len(h) >= enough })
		require.Len(t, past, enough)
	}
}

// A search that gives up proves nothing: the core stays as it was.
func TestCoreWithoutTime(t *testing.T) {
	spent := budget{limited: true, end: time.Now()}
	require.Equal(t, stale(), KeyValue().shrink(stale(), spent))
}

// Writes of unknown outcome would make it hopeless to find a violation behind
// them, were they not normalised: any of them could come right before it. Half of
// these nobody read, the other half somebody did.
func TestUnknownWritesAreCheap(t *testing.T) {
	var h History
	now := int64(0)
	next := func() int64 { now++; return now }
	for i := range 100 {
		h = append(h, open(2+2*i, next(), Write{fmt.Sprint("unread", i)}))
		h = append(h, open(3+2*i, next(), Write{fmt.Sprint("read", i)}))
		h = append(h, done(0, next(), next(), Read{}, fmt.Sprint("read", i)))
	}
	ok, err := Check(Register(), h, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, ok.Verdict)

	h = append(h, done(0, next(), next(), Read{}, "read98"))
	report, err := Check(Register(), h, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.LessOrEqual(t, len(report.Core), 5, "%v", report)
}
