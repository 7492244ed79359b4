package linearizability

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type tiny struct {
	name    string
	model   Model
	history History
	want    Verdict
}

func TestCheckOnTinyHistories(t *testing.T) {
	a, b := Write{"a"}, Write{"b"}
	swap := func(before, after any) Input { return CompareAndSwap{before, after} }
	one := Add{1}
	tests := []tiny{
		{"nothing happened", Register(), nil, VerdictOK},
		{"initial value", Register(), History{done(0, 1, 2, Read{}, nil)}, VerdictOK},
		{"read own write", Register(), History{done(0, 1, 2, a, nil), done(0, 3, 4, Read{}, "a")}, VerdictOK},
		{"value out of thin air", Register(), History{done(0, 1, 2, a, nil), done(0, 3, 4, Read{}, "b")}, VerdictViolation},
		{"stale read", Register(), History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), done(1, 5, 6, Read{}, "a"),
		}, VerdictViolation},
		{"lost write", Register(), History{done(0, 1, 2, a, nil), done(1, 3, 4, Read{}, nil)}, VerdictViolation},
		{"read of a concurrent write", Register(), History{
			done(0, 1, 10, a, nil), done(1, 2, 3, Read{}, nil), done(1, 4, 5, Read{}, "a"),
		}, VerdictOK},
		{"new then old", Register(), History{
			done(0, 1, 10, a, nil), done(1, 2, 3, Read{}, "a"), done(2, 4, 5, Read{}, nil),
		}, VerdictViolation},
		{"two readers disagree on the order of writes", Register(), History{
			done(0, 1, 9, a, nil), done(1, 1, 9, b, nil),
			done(2, 10, 20, Read{}, "a"), done(3, 10, 20, Read{}, "b"),
		}, VerdictViolation},
		{"deleted", Register(), History{
			done(0, 1, 2, a, nil), done(0, 3, 4, Write{nil}, nil), done(0, 5, 6, Read{}, nil),
		}, VerdictOK},

		{"touching intervals are concurrent", Register(), History{
			done(0, 1, 5, a, nil), done(1, 5, 6, Read{}, nil),
		}, VerdictOK},
		{"an instant apart they are not", Register(), History{
			done(0, 1, 4, a, nil), done(1, 5, 6, Read{}, nil),
		}, VerdictViolation},
		{"the last moment of all", Register(), History{
			open(0, math.MaxInt64, a), done(1, math.MaxInt64, math.MaxInt64, Read{}, "a"),
		}, VerdictOK},
		{"all in one instant", Register(), History{
			done(0, 5, 5, Read{}, "a"), done(1, 5, 5, Read{}, nil), done(2, 5, 5, a, nil),
		}, VerdictOK},

		{"swap", Register(), History{
			done(0, 1, 2, swap(nil, "a"), true), done(0, 3, 4, swap("a", "b"), true), done(0, 5, 6, Read{}, "b"),
		}, VerdictOK},
		{"both swaps succeed", Register(), History{
			done(0, 1, 2, a, nil), done(1, 3, 6, swap("a", "b"), true), done(2, 4, 5, swap("a", "c"), true),
		}, VerdictViolation},
		{"lost update", Register(), History{
			done(0, 1, 2, a, nil), done(1, 3, 4, swap("a", "b"), true), done(1, 5, 6, Read{}, "a"),
		}, VerdictViolation},
		{"swap refused for no reason", Register(), History{
			done(0, 1, 2, a, nil), done(1, 3, 4, swap("a", "b"), false),
		}, VerdictViolation},
		{"unknown write explains a refused swap", Register(), History{
			done(0, 1, 2, a, nil), open(2, 2, b), done(1, 3, 4, swap("a", "c"), false),
		}, VerdictOK},
		{"unknown swap read later", Register(), History{
			done(0, 1, 2, a, nil), open(2, 2, swap("a", "b")), done(1, 3, 4, Read{}, "a"), done(1, 5, 6, Read{}, "b"),
		}, VerdictOK},
		{"unknown swap that cannot have happened", Register(), History{
			done(0, 1, 2, a, nil), open(2, 2, swap("c", "b")), done(1, 5, 6, Read{}, "b"),
		}, VerdictViolation},

		{"failed write is not seen", Register(), History{failed(0, 1, 2, a), done(1, 3, 4, Read{}, nil)}, VerdictOK},
		{"failed write is seen", Register(), History{failed(0, 1, 2, a), done(1, 3, 4, Read{}, "a")}, VerdictViolation},
		{"unknown write read later", Register(), History{
			open(0, 1, a), done(1, 3, 4, Read{}, nil), done(1, 5, 6, Read{}, "a"),
		}, VerdictOK},
		{"unknown write never read", Register(), History{open(0, 1, a), done(1, 3, 4, Read{}, nil)}, VerdictOK},
		{"unknown write seen, then not", Register(), History{
			open(0, 1, a), done(1, 3, 4, Read{}, "a"), done(1, 5, 6, Read{}, nil),
		}, VerdictViolation},
		{"unknown write seen before its call", Register(), History{
			done(1, 3, 4, Read{}, "a"), open(0, 5, a),
		}, VerdictViolation},
		{"unknown read tells nothing", Register(), History{open(0, 1, Read{}), done(1, 3, 4, Read{}, nil)}, VerdictOK},
		{"one unknown write of a value written twice is not bound by the first read", Register(), History{
			open(0, 1, a), done(1, 1, 2, a, nil), done(1, 3, 4, Read{}, "a"),
			done(1, 5, 6, b, nil), done(1, 7, 8, Read{}, "a"),
		}, VerdictOK},

		{"keys are apart", KeyValue(), History{
			on("x", done(0, 1, 2, a, nil)), on("y", done(0, 3, 4, Read{}, nil)), on("x", done(0, 5, 6, Read{}, "a")),
		}, VerdictOK},
		{"one key is stale", KeyValue(), History{
			on("x", done(0, 1, 2, a, nil)), on("y", done(0, 3, 4, b, nil)),
			on("x", done(0, 5, 6, Read{}, "a")), on("y", done(0, 7, 8, Read{}, nil)),
		}, VerdictViolation},

		{"count", Counter(), History{
			done(0, 1, 4, one, int64(1)), done(1, 2, 3, one, int64(0)), done(0, 5, 6, Read{}, int64(2)),
		}, VerdictOK},
		{"counter gap", Counter(), History{done(0, 1, 2, one, int64(0)), done(0, 3, 4, one, int64(2))}, VerdictViolation},
		{"gap filled by an unknown addition", Counter(), History{
			done(0, 1, 2, one, int64(0)), open(1, 1, one), done(0, 3, 4, one, int64(2)),
		}, VerdictOK},
		{"one unknown addition counted twice", Counter(), History{
			open(1, 1, one), done(0, 3, 4, Read{}, int64(2)),
		}, VerdictViolation},
		{"addition applied twice", Counter(), History{
			done(0, 1, 2, one, int64(0)), done(0, 3, 4, Read{}, int64(2)),
		}, VerdictViolation},
		{"two additions with one answer", Counter(), History{
			done(0, 1, 4, one, int64(0)), done(1, 2, 3, one, int64(0)),
		}, VerdictViolation},
		{"counter goes down", Counter(), History{
			done(0, 1, 2, Add{5}, int64(0)), done(0, 3, 4, Add{-7}, int64(5)), done(0, 5, 6, Read{}, int64(-2)),
		}, VerdictOK},
		{"failed addition is counted", Counter(), History{
			failed(0, 1, 2, one), done(0, 3, 4, Read{}, int64(1)),
		}, VerdictViolation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Check(test.model, test.history, 0)
			require.NoError(t, err)
			require.Equal(t, test.want, report.Verdict, "%v", report)
			require.Equal(t, test.want == VerdictOK, linearizable(test.history), "the test itself is wrong")
		})
	}
}

func TestCheckOnWhatIsOnlyAcknowledged(t *testing.T) {
	for _, test := range testsOfAcknowledged() {
		t.Run(test.name, func(t *testing.T) {
			report, err := Check(test.model, test.history, 0)
			require.NoError(t, err)
			require.Equal(t, test.want, report.Verdict, "%v", report)
			require.Equal(t, JudgeMonitor, report.Judge)
			require.False(t, report.Unconfirmed)
		})
	}
}

// The judge agrees with the definition, and what it blames is to blame.
func TestCheckAgreesWithDefinition(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.model.String(), func(t *testing.T) {
			count := map[Verdict]int{}
			rapid.Check(t, func(t *rapid.T) {
				h := w.history(t)
				report, err := Check(w.model, h, 0)
				require.NoError(t, err)
				count[report.Verdict]++
				if linearizable(h) {
					require.Equal(t, VerdictOK, report.Verdict)
					return
				}
				require.Equal(t, VerdictViolation, report.Verdict)
				requireGenuine(t, w.model, h, report)
			})
			if !manyHistories() {
				return
			}
			require.Greater(t, count[VerdictOK], count[VerdictViolation], "too few valid histories to mean anything")
			require.Greater(t, count[VerdictViolation], count[VerdictOK]/50, "too few violations to mean anything")
		})
	}
}

// requireGenuine checks the reasons of a violation.
func requireGenuine(t require.TestingT, m Model, h History, report Report) {
	require.False(t, linearizable(report.Core), "the core explains nothing: %v", report)
	again, err := Check(m, report.Core, 0)
	require.NoError(t, err, "the core is no valid history")
	require.Equal(t, VerdictViolation, again.Verdict)
	for _, op := range report.Core {
		require.Equal(t, report.Key, op.Key)
		require.True(t, recorded(h, op, report.Renumbered), "%v was never recorded", op)
	}
	units := m.units(report.Core)
	for i, unit := range units {
		if unit != 0 {
			rest := report.Core.without(func(j int) bool { return units[j] == unit })
			require.True(t, linearizable(rest), "%v could be left out of %v", report.Core[i], report)
		}
	}
	var placed History
	for _, i := range report.Order {
		placed = append(placed, report.Core[i])
	}
	all := make([]int, len(placed))
	for i := range all {
		all[i] = i
	}
	require.NotNil(t, report.Order)
	require.Less(t, len(placed), len(report.Core))
	require.True(t, explains(placed, all), "the order explains nothing: %v", report)
}

// recorded reports whether an operation stands in the history, perhaps with its
// answer; in a renumbered core the answer may be lower.
func recorded(h History, op Operation, renumbered bool) bool {
	for _, original := range h {
		if count, isCount := op.Output.(int64); renumbered && isCount && original.Outcome == OutcomeOK {
			if count <= original.Output.(int64) {
				original.Output = op.Output
			}
		}
		if original == op {
			return true
		}
		original.Outcome, original.Output, original.Return = OutcomeUnknown, nil, 0
		if original == op {
			return true
		}
	}
	return false
}

func TestReportNamesTheKey(t *testing.T) {
	var h History
	for i := range 20 {
		key := fmt.Sprintf("key%d", i)
		read := any("v")
		if i == 13 {
			read = nil
		}
		h = append(h, on(key, done(i, 1, 2, Write{"v"}, nil)), on(key, done(i, 3, 4, Read{}, read)))
	}
	report, err := Check(KeyValue(), h, 0)
	require.NoError(t, err)
	require.Equal(t, VerdictViolation, report.Verdict)
	require.Equal(t, "key13", report.Key)
	require.Equal(t, History{h[26], h[27]}, report.Core)
}

func TestCheckRefuses(t *testing.T) {
	read := func(out any) History { return History{done(0, 1, 2, Read{}, out)} }
	tests := []struct {
		name    string
		model   Model
		history History
		timeout time.Duration
		want    string
	}{
		{"no model", Model{}, nil, 0, "model: missing"},
		{"timeout", Register(), nil, -time.Second, "timeout: -1s is negative"},
		{"invalid history", Register(), History{{Client: -1}}, 0, "operation 1: client: -1 is negative"},
		{"register adds", Register(), History{open(0, 1, Add{1})}, 0, "operation 1: op: a register has no add"},
		{"counter writes", Counter(), History{open(0, 1, Write{"a"})}, 0, "operation 1: op: a counter has no write"},
		{"counter has text", Counter(), read("1"), 0, `operation 1: out: a counter answers an integer, not "1"`},
		{"counter has nothing", Counter(), read(nil), 0, "operation 1: out: a counter answers an integer, not null"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := Check(test.model, test.history, test.timeout)
			require.EqualError(t, err, test.want)
			require.NotEqual(t, VerdictOK, report.Verdict)
		})
	}
}

// testsOfAcknowledged are of services that only acknowledge, and of polls of many
// records.
func testsOfAcknowledged() []tiny {
	one, read := Add{1}, Read{}
	consumed := func(client int, call, ret int64, records ...Record) Operation {
		return done(client, call, ret, Consume{}, NewRecords(records...))
	}
	return []tiny{
		{"acknowledged additions", Counter(), History{
			done(0, 1, 2, one, nil), done(1, 1, 9, one, nil), done(0, 3, 4, read, int64(1)), done(0, 10, 11, read, int64(2)),
		}, VerdictOK},
		{"an acknowledged addition is lost", Counter(), History{
			done(0, 1, 2, one, nil), done(0, 3, 4, read, int64(0)),
		}, VerdictViolation},
		{"one is lost among those that are answered", Counter(), History{
			done(0, 1, 2, one, nil), done(0, 3, 4, one, int64(1)), done(0, 5, 6, read, int64(2)),
			done(0, 7, 8, one, nil), done(0, 9, 10, read, int64(2)),
		}, VerdictViolation},
		{"acknowledged, but counted only later", Counter(), History{
			done(0, 1, 2, one, nil), done(1, 1, 4, one, nil), done(2, 5, 6, one, int64(1)),
		}, VerdictViolation},
		{"too late to be the first", Counter(), History{
			done(0, 3, 9, one, nil), open(1, 4, one), done(2, 1, 2, read, int64(1)),
		}, VerdictViolation},
		{"acknowledged sends", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(1, 1, 2, Send{"b"}, nil), done(0, 3, 4, Poll{0}, "b"), done(0, 5, 6, Poll{1}, "a"),
		}, VerdictOK},
		{"an acknowledged send is lost", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Poll{0}, nil),
		}, VerdictViolation},
		{"far behind the end of an acknowledged log", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Send{"b"}, nil), done(0, 5, 6, Poll{2}, nil),
		}, VerdictOK},
		{"acknowledged sends in the wrong order", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Send{"b"}, nil), done(0, 5, 6, Poll{0}, "b"),
		}, VerdictViolation},
		{"records", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Send{"b"}, int64(1)),
			consumed(1, 1, 9, Record{0, "a"}, Record{1, "b"}), consumed(1, 10, 11),
		}, VerdictOK},
		{"records in the wrong order", Log(), History{
			done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Send{"b"}, nil), consumed(1, 5, 6, Record{0, "b"}, Record{1, "a"}),
		}, VerdictViolation},
		{"a record too early", Log(), History{
			done(0, 1, 9, Send{"a"}, nil), done(0, 10, 11, Send{"b"}, nil), consumed(1, 2, 3, Record{0, "a"}, Record{1, "b"}),
		}, VerdictViolation},
	}
}
