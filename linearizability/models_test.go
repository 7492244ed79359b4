package linearizability

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckOnTinyHistoriesOfOtherModels(t *testing.T) {
	enqueue := func(client int, call int64, value string) Operation {
		return done(client, call, call, Enqueue{value}, nil)
	}
	tests := []struct {
		name    string
		model   Model
		history History
		want    Verdict
	}{
		{"queue in order", Queue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "b"), done(0, 3, 4, Dequeue{}, "a"), done(0, 5, 6, Dequeue{}, "b"), done(0, 7, 8, Dequeue{}, nil),
		}, VerdictOK},
		{"queue out of order", Queue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "b"), done(0, 3, 4, Dequeue{}, "b"), done(0, 5, 6, Dequeue{}, "a"),
		}, VerdictViolation},
		{"a value twice in a queue", Queue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "a"), done(0, 3, 4, Dequeue{}, "a"), done(0, 5, 6, Dequeue{}, "a"),
		}, VerdictOK},
		{"queue never was empty", Queue(), History{
			enqueue(0, 1, "a"), done(0, 5, 5, Enqueue{"b"}, nil), done(0, 7, 8, Dequeue{}, "a"), done(1, 2, 9, Dequeue{}, nil), done(0, 10, 11, Dequeue{}, "b"),
		}, VerdictViolation},
		{"queue was empty for an instant", Queue(), History{
			enqueue(0, 1, "a"), done(0, 3, 7, Enqueue{"b"}, nil), done(1, 7, 8, Dequeue{}, "a"), done(2, 2, 9, Dequeue{}, nil), done(0, 10, 11, Dequeue{}, "b"),
		}, VerdictOK},
		{"an open dequeue is no empty answer", Queue(), History{
			enqueue(0, 1, "a"), open(1, 2, Dequeue{}), done(2, 3, 4, Dequeue{}, nil), done(0, 5, 6, Dequeue{}, "a"),
		}, VerdictViolation},
		{"two lost, one open dequeue", Queue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "b"), enqueue(0, 3, "c"), open(1, 4, Dequeue{}), done(2, 5, 6, Dequeue{}, "c"),
		}, VerdictViolation},
		{"queues are apart", Queue(), History{on("x", enqueue(0, 1, "a")), on("y", done(0, 2, 3, Dequeue{}, nil))}, VerdictOK},

		{"log", Log(), History{
			done(0, 1, 2, Send{"a"}, int64(0)), done(0, 3, 4, Poll{0}, "a"), done(0, 5, 6, Poll{1}, nil),
		}, VerdictOK},
		{"log loses its end", Log(), History{
			done(0, 1, 2, Send{"a"}, int64(0)), done(0, 3, 4, Poll{0}, nil),
		}, VerdictViolation},
		{"log with a gap", Log(), History{done(0, 1, 2, Send{"a"}, int64(1))}, VerdictViolation},
		{"a value twice in a log", Log(), History{
			done(0, 1, 2, Send{"a"}, int64(0)), done(0, 3, 4, Send{"a"}, int64(1)), done(0, 5, 6, Poll{1}, "a"),
		}, VerdictOK},

		{"lease", LeasedQueue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "b"), done(0, 3, 4, Receive{}, "a"), done(1, 5, 6, Receive{}, "b"),
			done(1, 7, 8, Receive{}, nil), done(0, 9, 10, Acknowledge{"a"}, true), done(1, 11, 12, Acknowledge{"a"}, false),
		}, VerdictOK},
		{"held by two", LeasedQueue(), History{
			enqueue(0, 1, "a"), done(0, 3, 4, Receive{}, "a"), done(1, 5, 6, Receive{}, "a"),
		}, VerdictViolation},
		{"expired, and back at its place", LeasedQueue(), History{
			enqueue(0, 1, "a"), enqueue(0, 2, "b"), done(0, 3, 4, Receive{}, "a"), open(9, 5, Expire{"a"}),
			done(1, 6, 7, Receive{}, "a"), done(1, 8, 9, Receive{}, "b"),
		}, VerdictOK},
		{"received before the lease can have expired", LeasedQueue(), History{
			enqueue(0, 1, "a"), done(0, 3, 4, Receive{}, "a"), done(1, 6, 7, Receive{}, "a"), open(9, 8, Expire{"a"}),
		}, VerdictViolation},
		{"acknowledged, and back", LeasedQueue(), History{
			enqueue(0, 1, "a"), done(0, 3, 4, Receive{}, "a"), open(9, 5, Expire{"a"}), done(0, 6, 7, Acknowledge{"a"}, true),
			done(1, 8, 9, Receive{}, "a"),
		}, VerdictViolation},

		{"set", Set(), History{
			done(0, 1, 2, Insert{"a"}, true), done(0, 3, 4, Insert{"a"}, false), done(0, 5, 6, Contains{"b"}, false),
			done(0, 7, 8, Remove{"a"}, true), done(0, 9, 10, Contains{"a"}, false),
		}, VerdictOK},
		{"set forgets", Set(), History{done(0, 1, 2, Insert{"a"}, true), done(0, 3, 4, Contains{"a"}, false)}, VerdictViolation},
		{"lock", Lock(), History{
			done(0, 1, 2, Acquire{"me"}, true), done(1, 3, 4, Acquire{"you"}, false), done(1, 5, 6, Release{"you"}, false),
			done(0, 7, 10, Release{"me"}, true), done(1, 8, 9, Acquire{"you"}, true),
		}, VerdictOK},
		{"lock held by two", Lock(), History{done(0, 1, 2, Acquire{"me"}, true), done(1, 3, 4, Acquire{"you"}, true)}, VerdictViolation},
		{"lock perhaps released", Lock(), History{
			done(0, 1, 2, Acquire{"me"}, true), open(0, 3, Release{"me"}), done(1, 4, 5, Acquire{"you"}, true),
		}, VerdictOK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Check(test.model, test.history, 0)
			require.NoError(t, err)
			require.Equal(t, test.want, report.Verdict, "%v", report)
			if test.want == VerdictViolation {
				require.Equal(t, VerdictViolation, test.model.decide(test.model.normalize(report.Core), 0))
				require.NotEmpty(t, report.String())
			}
		})
	}
}

// What a unit of a model without a monitor leaves out keeps a linearizable history
// linearizable.
func TestUnitsAreSound(t *testing.T) {
	value := func(r *rand.Rand) string { return string(rune('a' + r.IntN(2))) }
	tests := []struct {
		model Model
		input func(r *rand.Rand) Input
	}{
		{Queue(), func(r *rand.Rand) Input {
			return []Input{Dequeue{}, Enqueue{value(r)}}[r.IntN(2)]
		}},
		{Log(), func(r *rand.Rand) Input {
			return []Input{Poll{r.Int64N(3)}, Send{value(r)}}[r.IntN(2)]
		}},
		{Set(), func(r *rand.Rand) Input {
			return []Input{Insert{"a"}, Remove{"a"}, Contains{"a"}}[r.IntN(3)]
		}},
		{Lock(), func(r *rand.Rand) Input {
			return []Input{Acquire{value(r)}, Release{value(r)}}[r.IntN(2)]
		}},
		{stack(), func(r *rand.Rand) Input {
			return Command{[]string{"push a", "push b", "pop", "top"}[r.IntN(4)]}
		}},
	}
	for _, test := range tests {
		t.Run(test.model.String(), func(t *testing.T) {
			const seed = 11
			r := rand.New(rand.NewPCG(seed, 0))
			g := generator{
				model: test.model, input: func(r *rand.Rand, _ int) Input { return test.input(r) }, wrong: anothers,
			}
			m := test.model
			n, linearizableHistories := 5000, 0
			if testing.Short() {
				n /= 5
			}
			for i := range n {
				all := g.history(r)
				h := all.without(func(i int) bool { return all[i].Outcome == OutcomeFailed })
				whole := m.decide(h, 0)
				require.Equal(t, whole, m.decide(m.normalize(all), 0), "seed %d, history %d\n%s", seed, i, listing(h))
				if whole != VerdictOK {
					continue
				}
				linearizableHistories++
				units, gone := m.units(h), make([]bool, len(h)+1)
				for unit := 1; unit <= len(h); unit++ {
					gone[unit] = r.IntN(2) == 0
				}
				rest := h.without(func(i int) bool { return gone[units[i]] })
				require.Equal(t, VerdictOK, m.decide(rest, 0), "seed %d, history %d\n%sbecame\n%s", seed, i, listing(h), listing(rest))
			}
			require.Greater(t, linearizableHistories, n/5)
		})
	}
}

func TestModelsRefuseOthersOperations(t *testing.T) {
	for _, m := range []Model{Queue(), Log(), LeasedQueue(), Set(), Lock()} {
		_, err := Check(m, History{done(0, 1, 2, Read{}, nil)}, 0)
		require.EqualError(t, err, fmt.Sprintf("operation 1: op: a %v has no read", m))
		require.Panics(t, func() { m.apply(m.initial, Read{}) })
	}
}
