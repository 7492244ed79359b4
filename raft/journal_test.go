package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

// No answer leaves before the disk holds what it promises.
func TestNothingIsPromisedBeforeItIsDurable(t *testing.T) {
	tests := []struct {
		name   string
		make   func(f *fixture)
		answer node.Message
	}{
		{"vote", func(f *fixture) { f.receive(2, RequestVote{Term: 2}) }, RequestVoteReply{2, true}},
		{"entries", func(f *fixture) {
			f.receive(2, AppendEntries{Term: 1, Entries: testEntries(1, 1)})
		}, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1}},
		{"refusal in a new term", func(f *fixture) {
			f.receive(2, AppendEntries{Term: 7, PrevLogIndex: 1, PrevLogTerm: 1})
		}, AppendEntriesReply{Term: 7, PrevLogIndex: 1, ConflictIndex: 1}},
		{"candidacy", func(f *fixture) { f.expire(ElectionTimer) }, RequestVote{Term: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := bootWith(t, 1, 2, 1)
			test.make(f)
			require.Empty(t, f.take())
			f.sync()
			require.Equal(t, []envelope{{2, test.answer}}, f.take())
		})
	}
}

// Promises that are kept back while a sync is under way leave with the next one,
// and there is one for all of them.
func TestSyncsAreGrouped(t *testing.T) {
	f := bootWith(t, 2, 3, 1)
	for i := range 3 {
		prev := Index(i)
		f.receive(1, AppendEntries{Term: 1, PrevLogIndex: prev, PrevLogTerm: f.log.term(prev), Entries: testEntries(prev+1, 1)})
	}
	before := f.env.disk.Started()
	f.sync()
	require.Len(t, f.take(), 3)
	require.Equal(t, before+1, f.env.disk.Started())
}

func TestRestartReplaysTermVoteAndLog(t *testing.T) {
	f := boot(t, 1, 3)
	f.ask(2, RequestVote{Term: 4})
	f.ask(2, AppendEntries{Term: 4, Entries: testEntries(1, 4, 4, 4), LeaderCommit: 2})
	f.ask(3, AppendEntries{Term: 5, PrevLogIndex: 2, PrevLogTerm: 4, Entries: testEntries(3, 5)})
	f.ask(2, RequestVote{Term: 6, LastLogIndex: 3, LastLogTerm: 5})
	f.crash()
	require.Equal(t, Term(6), f.Term())
	require.Equal(t, node.ID(2), f.votedFor)
	require.Equal(t, testEntries(1, 4, 4, 5), f.log.all())
	require.Equal(t, Follower, f.Role())
	require.Zero(t, f.CommitIndex(), "volatile: the next leader tells")
	require.Equal(t, RequestVoteReply{6, false}, f.ask(3, RequestVote{Term: 6, LastLogIndex: 9, LastLogTerm: 6}))
}

func TestCrashLosesWhatWasNotSynced(t *testing.T) {
	f := boot(t, 1, 3)
	f.ask(2, AppendEntries{Term: 1, Entries: testEntries(1, 1)})
	f.receive(2, AppendEntries{Term: 1, PrevLogIndex: 1, PrevLogTerm: 1, Entries: testEntries(2, 1)})
	f.receive(3, RequestVote{Term: 2, LastLogIndex: 2, LastLogTerm: 1})
	require.Empty(t, f.take())
	f.crash()
	require.Equal(t, []Term{1}, f.logTerms())
	require.Equal(t, Term(1), f.Term())
	require.Zero(t, f.votedFor)
}

// What a process left in files may not be durable: a promise of the next process
// on the strength of it waits for a sync.
func TestWhatWasReadIsSyncedBeforeItIsPromised(t *testing.T) {
	f := boot(t, 1, 3)
	f.receive(2, AppendEntries{Term: 1, Entries: testEntries(1, 1)})
	f.restart()
	require.Equal(t, []Term{1}, f.logTerms())
	require.Zero(t, f.journal.durable)
	f.receive(2, AppendEntries{Term: 1, PrevLogIndex: 1, PrevLogTerm: 1})
	require.Empty(t, f.take())
	f.sync()
	require.Equal(t, Index(1), f.journal.durable)
	require.Len(t, f.take(), 1)
}

// After a failed sync the server ends itself, and what waited never leaves.
func TestFailedSyncEndsTheServer(t *testing.T) {
	f := boot(t, 1, 3)
	f.receive(2, RequestVote{Term: 2})
	f.Synced(f.env.disk.EndSync(node.ErrIO), node.ErrIO)
	require.ErrorIs(t, f.env.exit, node.ErrIO)
	require.Empty(t, f.take())
	require.Zero(t, f.env.disk.Syncs(), "a failed sync was retried")
}

func TestFailedWriteEndsTheServer(t *testing.T) {
	f := boot(t, 1, 3)
	f.env.disk.Broken = node.ErrNoSpace
	f.receive(2, AppendEntries{Term: 1, Entries: testEntries(1, 1)})
	require.ErrorIs(t, f.env.exit, node.ErrNoSpace)
	require.Empty(t, f.take())
}

func TestNonsenseInTheJournalEndsTheServer(t *testing.T) {
	f := boot(t, 1, 3)
	f.journal.saveEntries(7, testEntries(7, 1))
	f.restart()
	require.ErrorIs(t, f.env.exit, wal.ErrCorrupt)
}

// A batch that is too much for one record becomes several.
func TestLargeBatchesAreWrittenInPieces(t *testing.T) {
	f := boot(t, 1, 1)
	f.elect()
	command := make([]byte, maxChunkBytes)
	for i := range 3 {
		f.receive(clientAddress, rsm.Request{Client: rsm.ClientID(i + 1), Sequence: 1, Command: command})
	}
	before := f.journal.wal.Appended()
	f.expire(FlushTimer)
	require.Equal(t, before+3, f.journal.wal.Appended())
	f.sync()
	require.Equal(t, Index(4), f.CommitIndex())
	f.crash()
	require.Equal(t, Index(4), f.LastIndex())
}
