package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// early boots server 2, whose log ends at index 1 in term 1, and returns with it the
// messages of the leader, server 1, that bring the entries at index 2 and behind.
func early(t *testing.T) (*fixture, []AppendEntries) {
	f := bootWith(t, 2, 3, 1)
	f.receive(1, AppendEntries{Term: 1, Entries: []Entry{testEntry(1, 1)}})
	f.sync()
	f.take()
	var messages []AppendEntries
	for i := Index(2); i <= 6; i++ {
		messages = append(messages, AppendEntries{Term: 1, PrevLogIndex: i - 1, PrevLogTerm: 1, Entries: []Entry{testEntry(i, 1)}, LeaderCommit: i - 1})
	}
	return f, messages
}

// replies returns the answers to the leader that have left.
func (f *fixture) replies() (replies []AppendEntriesReply) {
	f.sync()
	for _, e := range f.take() {
		if r, ok := e.message.(AppendEntriesReply); ok {
			replies = append(replies, r)
		}
	}
	return replies
}

func TestEarlyMessagesWaitForThoseBeforeThem(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}, {2, 0, 1}, {0, 2, 1}} {
		f, messages := early(t)
		matched := Index(0)
		for _, i := range order {
			f.receive(1, messages[i])
			for _, r := range f.replies() {
				require.True(t, r.Success, "%v", order)
				require.Equal(t, r.PrevLogIndex+1, r.MatchIndex)
				matched = max(matched, r.MatchIndex)
			}
		}
		require.Equal(t, Index(4), matched, "%v", order)
		require.Equal(t, Index(4), f.LastIndex())
		require.Equal(t, Index(3), f.CommitIndex())
		require.Empty(t, f.early)
	}
}

func TestTooManyEarlyMessagesAreAGap(t *testing.T) {
	f, messages := early(t)
	f.receive(1, messages[1])
	f.receive(1, messages[2])
	require.Empty(t, f.replies())
	f.receive(1, messages[3])
	require.Equal(t, []AppendEntriesReply{{Term: 1, PrevLogIndex: 4, ConflictIndex: 2}}, f.replies())
	f.receive(1, messages[0]) // sent again
	require.Len(t, f.replies(), 3)
	require.Equal(t, Index(4), f.LastIndex())
}

// What is not a mere gap in the log of the leader of the term is refused at once.
func TestEarlyMessagesThatAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(f *fixture, m *AppendEntries)
	}{
		{"a heartbeat", func(_ *fixture, m *AppendEntries) { m.Entries = nil }},
		{"the leader of a later term", func(_ *fixture, m *AppendEntries) { m.Term = 2 }},
		{"a follower that has lost entries", func(f *fixture, _ *AppendEntries) { f.loss = loss{index: 9, term: 1} }},
		{"a log that is not empty, but of an earlier term", func(f *fixture, m *AppendEntries) {
			m.Term, m.PrevLogTerm = 2, 2
			f.receive(1, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1})
			f.replies()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, messages := early(t)
			test.change(f, &messages[1])
			f.receive(1, messages[1])
			replies := f.replies()
			require.Len(t, replies, 1)
			require.False(t, replies[0].Success)
		})
	}
}

// A message that was put aside means nothing any more once its term is over.
func TestEarlyMessagesOfAnEarlierTerm(t *testing.T) {
	f, messages := early(t)
	f.receive(1, messages[1])
	f.receive(1, messages[2])
	f.receive(node.ID(3), AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []Entry{testEntry(7, 2)}})
	require.Equal(t, []AppendEntriesReply{{Term: 2, PrevLogIndex: 1, Success: true, MatchIndex: 2}}, f.replies())
	f.receive(node.ID(3), AppendEntries{Term: 2, PrevLogIndex: 3, PrevLogTerm: 2, Entries: []Entry{testEntry(9, 2)}})
	require.Empty(t, f.replies(), "there is room for it")
}
