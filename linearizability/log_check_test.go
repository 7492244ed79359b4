package linearizability

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckLog(t *testing.T) {
	send := func(client int, call int64, value string, offset int64) Operation {
		return done(client, call, call, Send{value}, offset)
	}
	poll := func(client int, call int64, offset int64, value any) Operation {
		return done(client, call, call, Poll{offset}, value)
	}
	sendA, sendB, sendC := send(0, 1, "a", 0), send(0, 2, "b", 1), send(0, 3, "c", 2)
	pollA, pollB, pollC := poll(1, 10, 0, "a"), poll(1, 11, 1, "b"), poll(1, 12, 2, "c")
	list := func(op ...Operation) []Operation { return op }
	tests := []struct {
		name    string
		history History
		want    LogCheck
	}{
		{"nothing", nil, LogCheck{}},
		{"all is well", History{sendA, sendB, sendC, pollA, pollB, pollC, poll(1, 13, 3, nil)}, LogCheck{}},
		{"unseen", History{sendA, sendB, sendC, pollA}, LogCheck{Unseen: 2}},
		{"lost", History{sendA, sendB, sendC, pollB, pollC}, LogCheck{Lost: list(sendA)}},
		{"skipped and lost", History{sendA, sendB, sendC, pollA, pollC},
			LogCheck{Lost: list(sendB), SkippedPolls: list(pollC)}},
		{"back", History{sendA, sendB, pollA, pollB, poll(1, 12, 0, "a")}, LogCheck{NonMonotonicPolls: list(poll(1, 12, 0, "a"))}},
		{"the same again", History{sendA, pollA, poll(1, 12, 0, "a")}, LogCheck{NonMonotonicPolls: list(poll(1, 12, 0, "a"))}},
		{"another client may go anywhere", History{sendA, sendB, pollA, pollB, poll(2, 12, 0, "a")}, LogCheck{}},
		{"two values at an offset", History{sendA, pollA, poll(2, 11, 0, "b")}, LogCheck{Inconsistent: list(poll(2, 11, 0, "b"))}},
		{"a value at two offsets", History{sendA, pollA, poll(1, 11, 1, "a")}, LogCheck{Duplicates: list(poll(1, 11, 1, "a"))}},
		{"sends go back", History{sendB, send(0, 3, "a", 0)}, LogCheck{NonMonotonicSends: list(send(0, 3, "a", 0)), Unseen: 2}},
		{"aborted", History{failed(0, 1, 1, Send{"a"}), pollA}, LogCheck{Aborted: list(pollA)}},
		{"failed, then sent", History{failed(0, 1, 1, Send{"a"}), send(0, 2, "a", 0), pollA}, LogCheck{}},
		{"only acknowledged", History{done(0, 1, 2, Send{"a"}, nil), done(0, 3, 4, Send{"b"}, nil), poll(1, 10, 1, "b")}, LogCheck{Unseen: 1}},
		{"on after no answer", History{sendA, sendB, sendC, pollA, open(1, 11, Poll{1}), pollC}, LogCheck{Lost: list(sendB)}},
		{"on after no records", History{sendA, sendB, sendC, pollA, open(1, 11, Consume{}), pollC}, LogCheck{Lost: list(sendB)}},
		{"records", History{sendA, sendB, sendC, done(1, 10, 11, Consume{}, NewRecords(Record{0, "a"}, Record{2, "c"}))},
			LogCheck{Lost: list(sendB), SkippedPolls: list(done(1, 10, 11, Poll{2}, "c"))}},
		{"partitions are apart", History{on("x", sendA), on("y", send(2, 1, "b", 0)), on("y", poll(1, 10, 0, "b"))},
			LogCheck{Unseen: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := CheckLog(test.history)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			clean := assert.ObjectsAreEqual(LogCheck{Unseen: got.Unseen}, got)
			require.Equal(t, clean, got.Verdict() == VerdictOK)
		})
	}
	_, err := CheckLog(History{done(0, 1, 2, Read{}, nil)})
	require.EqualError(t, err, "operation 1: op: a log has no read")
}
