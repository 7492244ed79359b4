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
				removable := w.model.removable(h)
				rest := h.without(func(i int) bool { return removable[i] && rapid.Bool().Draw(t, "leave out") })
				operations += len(h)
				steps += len(h) - len(rest)
				require.True(t, linearizable(rest), "%v\nbecame\n%v", h, rest)
			})
			require.Greater(t, steps, operations/50, "too little was left out to mean anything")
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
			require.Greater(t, steps, operations/50, "too little was left out to mean anything")
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

func TestRemovableFromRegister(t *testing.T) {
	a, b := Write{"a"}, Write{"b"}
	miss := func(call, ret int64) Operation { return done(9, call, ret, CompareAndSwap{"z", "y"}, false) }
	// The first operation is the one in question.
	tests := []struct {
		name    string
		history History
		want    bool
	}{
		{"read", History{done(0, 1, 2, Read{}, "a")}, true},
		{"miss", History{miss(1, 2)}, true},
		{"write alone", History{done(0, 1, 2, a, nil)}, true},
		{"write that was read", History{done(0, 1, 2, a, nil), done(1, 3, 4, Read{}, "a")}, false},
		{"read of another value", History{done(0, 1, 2, a, nil), done(1, 3, 4, Read{}, "b")}, true},
		{"read that was not answered", History{done(0, 1, 2, a, nil), open(1, 3, Read{})}, true},
		{"write that was swapped", History{done(0, 1, 2, a, nil), done(1, 3, 4, CompareAndSwap{"a", "b"}, true)}, false},
		{"write that may have been swapped", History{done(0, 1, 2, a, nil), open(1, 3, CompareAndSwap{"a", "b"})}, false},
		{"swap alone", History{done(0, 1, 2, CompareAndSwap{nil, "a"}, true)}, true},
		{"swap that was read", History{done(0, 1, 2, CompareAndSwap{nil, "a"}, true), done(1, 3, 4, Read{}, "a")}, false},
		{"swap of a value for itself", History{done(0, 1, 2, CompareAndSwap{"a", "a"}, true)}, false},
		{"a miss later", History{done(0, 1, 2, a, nil), miss(3, 4)}, false},
		{"a miss earlier", History{done(0, 5, 6, a, nil), miss(3, 4)}, true},
		{"a miss that touches", History{done(0, 4, 6, a, nil), miss(3, 4)}, false},
		{"a write between", History{done(0, 1, 2, a, nil), done(1, 3, 4, b, nil), miss(5, 6)}, true},
		{"a write that touches the first", History{done(0, 1, 3, a, nil), done(1, 3, 4, b, nil), miss(5, 6)}, false},
		{"a write that touches the miss", History{done(0, 1, 2, a, nil), done(1, 3, 5, b, nil), miss(5, 6)}, false},
		{"an unknown write between", History{done(0, 1, 2, a, nil), open(1, 3, b), miss(5, 6)}, false},
		{"a write between, but not for the earlier miss", History{
			done(0, 1, 2, a, nil), miss(1, 3), done(1, 4, 5, b, nil), miss(6, 7),
		}, false},
		{"an unknown write is never over", History{open(0, 1, a), done(1, 3, 4, b, nil), miss(5, 6)}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, removableFromRegister(test.history)[0])
		})
	}
}

func TestLatestInRegister(t *testing.T) {
	a := Write{"a"}
	// The first operation is the one in question.
	tests := []struct {
		name    string
		history History
		want    int64
	}{
		{"never read", History{open(0, 1, a)}, never},
		{"read", History{open(0, 1, a), done(1, 3, 8, Read{}, "a"), done(2, 4, 6, Read{}, "a")}, 6},
		{"swapped", History{open(0, 1, a), done(1, 3, 8, CompareAndSwap{"a", "b"}, true)}, 8},
		{"a swap that was not answered proves nothing", History{open(0, 1, a), open(1, 3, CompareAndSwap{"a", "b"})}, never},
		{"a miss proves nothing", History{open(0, 1, a), done(1, 3, 8, CompareAndSwap{"a", "b"}, false)}, never},
		{"swap that was read", History{open(0, 1, CompareAndSwap{nil, "a"}), done(1, 3, 8, Read{}, "a")}, 8},
		{"another write of the value", History{open(0, 1, a), done(2, 1, 2, a, nil), done(1, 3, 8, Read{}, "a")}, never},
		{"another unknown write of the value", History{open(0, 1, a), open(2, 1, a), done(1, 3, 8, Read{}, "a")}, never},
		{"the initial value", History{open(0, 1, Write{nil}), done(1, 3, 8, Read{}, nil)}, never},
		{"read before its call", History{done(1, 3, 8, Read{}, "a"), open(0, 9, a)}[1:], never},
		{"answered", History{done(0, 1, 2, a, nil), done(1, 3, 8, Read{}, "a")}, never},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, latestInRegister(test.history)[0])
		})
	}
	bound := latestInRegister(History{done(1, 3, 8, Read{}, "a"), open(0, 9, a)})
	require.Equal(t, int64(9), bound[1], "a return before the call")
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
	ok, err := Check(Register(), s.history, time.Minute)
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

	report, err := Check(Register(), s.history, time.Minute)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Contains(t, report.Core, s.history[stale])
	require.LessOrEqual(t, len(report.Core), 4, "%v", report)
	again, err := Check(Register(), report.Core, time.Minute)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, again.Verdict)
}

// Of a counter only the future and reads can be left out.
func TestCoreOfLostAddition(t *testing.T) {
	s := newService(t, 4)
	s.run(400, func(i int) Input {
		if i == 200 {
			s.count-- // loses the addition before
		}
		return Add{1}
	})
	report, err := Check(Counter(), s.history, time.Minute)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Less(t, len(report.Core), 210)
	require.Contains(t, report.Core, s.history[199])
	require.Contains(t, report.Core, s.history[200])
	text := report.String()
	require.Contains(t, text, fmt.Sprintf("%d more", len(report.Core)-maxRows))
}

// A core that needs no answer of an operation shows it as open.
func TestCoreOpensWhatCameLater(t *testing.T) {
	report, err := Check(Counter(), History{
		done(0, 1, 100, Add{1}, int64(7)), done(1, 2, 3, Read{}, int64(5)),
	}, 0)
	require.NoError(t, err)
	require.Equal(t, History{open(0, 1, Add{1}), done(1, 2, 3, Read{}, int64(5))}, report.Core)
}

// Writes whose outcome is unknown would make the search hopeless, were they not
// normalised: 2 to the power of their number of orders.
func TestUnknownWritesAreCheap(t *testing.T) {
	s := newService(t, 4)
	s.run(4000, func(i int) Input {
		if s.random.IntN(2) == 0 {
			return Write{fmt.Sprint("v", i)}
		}
		return Read{}
	})
	unknown := 0
	for i, op := range s.history {
		// Fresh clients take the places of those that wait for ever.
		s.history[i].Client += 4 * unknown
		if _, isWrite := op.Input.(Write); isWrite && s.random.IntN(5) == 0 {
			s.history[i] = open(s.history[i].Client, op.Call, op.Input)
			unknown++
		}
	}
	require.Greater(t, unknown, 300)
	report, err := Check(Register(), s.history, 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, VerdictOK, report.Verdict)
}
