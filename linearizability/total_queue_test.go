package linearizability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTotalQueue(t *testing.T) {
	a, b := Enqueue{"a"}, Enqueue{"b"}
	message := func(values ...string) []Message {
		var all []Message
		for _, v := range values {
			all = append(all, Message{"", v})
		}
		return all
	}
	tests := []struct {
		name    string
		history History
		want    TotalQueue
		verdict Verdict
	}{
		{"nothing", nil, TotalQueue{}, VerdictOK},
		{"once, in any order", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), done(0, 5, 6, Dequeue{}, "b"), done(0, 7, 8, Dequeue{}, "a"),
			done(0, 9, 10, Dequeue{}, nil),
		}, TotalQueue{Attempted: 2, Acknowledged: 2, Dequeued: 2}, VerdictOK},
		{"lost", History{done(0, 1, 2, a, nil)},
			TotalQueue{Attempted: 1, Acknowledged: 1, Lost: message("a")}, VerdictViolation},
		{"an unknown dequeue does not excuse it", History{done(0, 1, 2, a, nil), open(0, 3, Dequeue{})},
			TotalQueue{Attempted: 1, Acknowledged: 1, Lost: message("a")}, VerdictViolation},
		{"never acknowledged", History{open(0, 1, a)}, TotalQueue{Attempted: 1}, VerdictOK},
		{"recovered", History{open(0, 1, a), done(1, 2, 3, Dequeue{}, "a")},
			TotalQueue{Attempted: 1, Dequeued: 1, Recovered: message("a")}, VerdictOK},
		{"unexpected", History{done(1, 2, 3, Dequeue{}, "a")},
			TotalQueue{Dequeued: 1, Unexpected: message("a")}, VerdictViolation},
		{"failed, and there", History{failed(0, 1, 2, a), done(1, 2, 3, Dequeue{}, "a")},
			TotalQueue{Dequeued: 1, Unexpected: message("a")}, VerdictViolation},
		{"duplicated", History{done(0, 1, 2, a, nil), done(1, 2, 3, Dequeue{}, "a"), done(1, 4, 5, Dequeue{}, "a")},
			TotalQueue{Attempted: 1, Acknowledged: 1, Dequeued: 2, Duplicated: message("a")}, VerdictOK},
		{"delivered twice under a lease", History{
			done(0, 1, 2, a, nil), done(1, 2, 3, Receive{}, "a"), done(2, 4, 5, Receive{}, "a"), done(2, 6, 7, Acknowledge{"a"}, true),
		}, TotalQueue{Attempted: 1, Acknowledged: 1, Dequeued: 2, Duplicated: message("a")}, VerdictOK},
		{"enqueued twice, dequeued once", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, a, nil), done(1, 2, 3, Dequeue{}, "a"),
		}, TotalQueue{Attempted: 2, Acknowledged: 2, Dequeued: 1, Lost: message("a")}, VerdictViolation},
		{"as often as it happened", History{
			done(0, 1, 2, a, nil), done(1, 3, 4, Dequeue{}, "a"), done(1, 5, 6, Dequeue{}, "a"), done(1, 7, 8, Dequeue{}, "a"),
			done(0, 9, 10, b, nil), done(0, 11, 12, b, nil), done(1, 13, 14, Dequeue{}, "c"), done(1, 15, 16, Dequeue{}, "c"),
		}, TotalQueue{
			Attempted: 3, Acknowledged: 3, Dequeued: 5,
			Lost: message("b", "b"), Unexpected: message("c", "c"), Duplicated: message("a", "a"),
		}, VerdictViolation},
		{"keys are apart", History{on("x", done(0, 1, 2, a, nil)), on("y", done(1, 2, 3, Dequeue{}, "a"))},
			TotalQueue{
				Attempted: 1, Acknowledged: 1, Dequeued: 1,
				Lost: []Message{{"x", "a"}}, Unexpected: []Message{{"y", "a"}},
			}, VerdictViolation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			total, err := CheckTotalQueue(test.history)
			require.NoError(t, err)
			require.Equal(t, test.want, total)
			require.Equal(t, test.verdict, total.Verdict())
			require.Equal(t, len(test.want.Duplicated) == 0, total.AtMostOnce())
			require.Equal(t, test.verdict == VerdictOK && total.AtMostOnce(), total.ExactlyOnce())
			require.Equal(t, total.AtLeastOnce(), total.Keeps(DeliverAtLeastOnce) == VerdictOK)
			require.Equal(t, total.AtMostOnce(), total.Keeps(DeliverAtMostOnce) == VerdictOK)
			require.Equal(t, total.ExactlyOnce(), total.Keeps(DeliverExactlyOnce) == VerdictOK)
		})
	}
	_, err := CheckTotalQueue(History{done(0, 1, 2, Read{}, nil)})
	require.EqualError(t, err, "operation 1: op: a queue has no read")
	_, err = CheckTotalQueue(History{done(0, 2, 1, Dequeue{}, nil)})
	require.EqualError(t, err, "operation 1: return: 1 is before call 2")
}

func TestTotalQueueString(t *testing.T) {
	total, err := CheckTotalQueue(History{
		on("x", done(0, 1, 2, Enqueue{"a"}, nil)), done(1, 1, 2, Dequeue{}, "b"),
	})
	require.NoError(t, err)
	require.Equal(t, `violation: 1 enqueues attempted, 1 acknowledged, 1 dequeued
duplicated 0
lost       1 x/"a"
recovered  0
unexpected 1 "b"
`, total.String())
}

func TestProducerOrder(t *testing.T) {
	a, b, c := Enqueue{"a"}, Enqueue{"b"}, Enqueue{"c"}
	takeB, takeA := done(2, 10, 11, Dequeue{}, "b"), done(2, 12, 13, Dequeue{}, "a")
	tests := []struct {
		name    string
		history History
		want    [][2]Operation
	}{
		{"wrong", History{done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), takeA, takeB}, [][2]Operation{{takeB, takeA}}},
		{"the first may have come late", History{open(0, 1, a), done(0, 3, 4, b, nil), takeA, takeB}, nil},
		{"whatever comes first of one instant", History{done(0, 3, 4, a, nil), open(0, 3, b), takeB, takeA}, nil},
		{"the second did not come early", History{done(0, 1, 2, a, nil), open(0, 3, b), done(0, 5, 6, c, nil), takeA, takeB}, [][2]Operation{{takeB, takeA}}},
		{"right", History{done(0, 1, 2, b, nil), done(0, 3, 4, a, nil), takeB, takeA}, nil},
		{"two producers", History{done(0, 1, 2, a, nil), done(1, 3, 4, b, nil), takeB, takeA}, nil},
		{"two queues", History{done(0, 1, 2, a, nil), on("x", done(0, 3, 4, b, nil)), on("x", takeB), done(3, 12, 13, Dequeue{}, "a")}, nil},
		{"dequeues overlap", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), takeB, done(3, 11, 12, Dequeue{}, "a"),
		}, nil},
		{"not next to each other", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, c, nil), done(0, 5, 6, b, nil), done(3, 8, 9, Dequeue{}, "c"), takeB, takeA,
		}, [][2]Operation{{done(3, 8, 9, Dequeue{}, "c"), takeA}, {takeB, takeA}}},
	}
	receive := func(call int64, value string) Operation { return done(2, call, call+1, Receive{}, value) }
	tests = append(tests, []struct {
		name    string
		history History
		want    [][2]Operation
	}{
		{"first deliveries", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), receive(10, "a"), receive(20, "b"), receive(30, "a"),
		}, nil},
		{"deliveries in the wrong order", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), receive(10, "b"), receive(20, "a"),
		}, [][2]Operation{{receive(10, "b"), receive(20, "a")}}},
		{"the first delivery may be lost", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), open(9, 5, Receive{}), receive(10, "b"), receive(20, "a"),
		}, nil},
		{"lost too late", History{
			done(0, 1, 2, a, nil), done(0, 3, 4, b, nil), open(9, 15, Receive{}), receive(10, "b"), receive(20, "a"),
		}, [][2]Operation{{receive(10, "b"), receive(20, "a")}}},
	}...)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := CheckProducerOrder(test.history)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}
