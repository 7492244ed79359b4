package linearizability

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStaleReads(t *testing.T) {
	write := func(client int, call, ret int64, value any) Operation {
		return done(client, call, ret, Write{value}, nil)
	}
	read := func(client int, call, ret int64, value any) Operation { return done(client, call, ret, Read{}, value) }
	a, b, c := write(0, 1, 2, "a"), write(0, 3, 4, "b"), write(0, 5, 6, "c")
	tests := []struct {
		name    string
		history History
		want    []StaleRead
	}{
		{"fresh", History{a, read(1, 3, 4, "a")}, nil},
		{"one behind", History{a, b, read(1, 10, 11, "a")}, []StaleRead{{read(1, 10, 11, "a"), 1, b, 6}}},
		{"two behind", History{a, b, c, read(1, 10, 11, "a")}, []StaleRead{{read(1, 10, 11, "a"), 2, b, 6}}},
		{"the initial value", History{a, b, c, read(1, 10, 11, nil)}, []StaleRead{{read(1, 10, 11, nil), 3, a, 8}}},
		{"the newer write had not returned", History{a, write(2, 3, 10, "b"), read(1, 10, 11, "a")}, nil},
		{"the writes may have been the other way round", History{a, write(2, 2, 4, "b"), read(1, 10, 11, "a")}, nil},
		{"a newer write that may not have happened", History{a, open(2, 3, Write{"b"}), read(1, 10, 11, "a")}, nil},
		{"an old write that may have happened late", History{open(0, 1, Write{"a"}), write(2, 3, 4, "b"), read(1, 10, 11, "a")}, nil},
		{"written again", History{a, b, write(0, 8, 9, "a"), read(1, 10, 11, "a")}, nil},
		{"written again, but later", History{a, b, write(0, 12, 13, "a"), read(1, 10, 11, "a")}, []StaleRead{{read(1, 10, 11, "a"), 1, b, 6}}},
		{"swapped", History{a, done(0, 3, 4, CompareAndSwap{"a", "b"}, true), read(1, 10, 11, "a")},
			[]StaleRead{{read(1, 10, 11, "a"), 1, done(0, 3, 4, CompareAndSwap{"a", "b"}, true), 6}}},
		{"not swapped", History{a, done(0, 3, 4, CompareAndSwap{"x", "b"}, false), read(1, 10, 11, "a")}, nil},
		{"deleted", History{a, write(0, 3, 4, nil), read(1, 10, 11, nil)}, nil},
		{"out of thin air", History{a, read(1, 10, 11, "x")}, nil},
		{"keys apart", History{on("x", a), on("y", b), on("x", read(1, 10, 11, "a"))}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := StaleReads(test.history)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	_, err := StaleReads(History{open(0, 1, Add{1})})
	require.EqualError(t, err, "operation 1: op: a register has no add")
}

// On any history the counts are those of the definition, and only violations have
// stale reads.
func TestStaleReadsOfManyHistories(t *testing.T) {
	g := generators()[3]
	r := rand.New(rand.NewPCG(*historySeed, 9))
	found := 0
	for range count() / definitionShare {
		h := g.history(r)
		stale, err := StaleReads(h)
		require.NoError(t, err)
		report, err := Check(g.model, h, 0)
		require.NoError(t, err)
		if report.Verdict == VerdictOK {
			require.Empty(t, stale)
			continue
		}
		require.Equal(t, stale, report.Stale)
		for _, s := range stale {
			found++
			writer := Operation{Outcome: OutcomeOK, Call: -100, Return: -99} // of the initial value
			for _, op := range h {
				if op.Input == (Write{s.Read.Output}) && op.Outcome != OutcomeFailed {
					writer = op
				}
			}
			behind := 0
			for _, op := range h {
				if _, isWrite := op.Input.(Write); isWrite && op.Outcome == OutcomeOK && op.Call > writer.Return && op.Return < s.Read.Call {
					behind++
					require.GreaterOrEqual(t, s.Late, s.Read.Call-op.Return)
				}
			}
			require.Equal(t, behind, s.Behind, "%v\n%s", s, listing(h))
		}
	}
	require.Greater(t, found, 10)
}

func TestReportTellsHowStale(t *testing.T) {
	report, err := Check(Register(), History{
		done(0, 1, 2, Write{"a"}, nil), done(0, 3, 4, Write{"b"}, nil), done(0, 5, 6, Write{"c"}, nil), done(1, 50, 51, Read{}, "a"),
	}, 0)
	require.NoError(t, err)
	require.Len(t, report.Stale, 1)
	require.Contains(t, report.String(),
		`client 1: read() → "a", called at 50, is 2 writes behind: write("b") was acknowledged 46 earlier, at 4`)
}
