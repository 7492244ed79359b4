package raft

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// snapshotting returns the settings of a server that takes a snapshot after every
// four entries, and keeps so many before it.
func snapshotting(n, keep int) Config {
	config := paperConfig(n)
	config.SnapshotEntries, config.SnapshotKeep, config.SnapshotChunkBytes = 4, keep, 10
	return config
}

// snapshotLeader returns the leader of three servers in term 1 with entries up to
// index last, committed, and a snapshot.
func snapshotLeader(t *testing.T, keep int, last Index) *fixture {
	f := bootConfig(t, 1, snapshotting(3, keep))
	f.elect()
	for i := Index(2); i <= last; i++ {
		f.request(7, uint64(i))
	}
	f.sync()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: last})
	f.expire(SnapshotTimer)
	f.sync()
	f.take()
	return f
}

// Dissertation §5.1: a snapshot is taken when the messages that wait have been
// handled, and the log is cut when the disk holds it.
func TestSnapshotIsTakenAndTheLogCut(t *testing.T) {
	for _, keep := range []int{0, 2, 9} {
		f := bootConfig(t, 2, snapshotting(3, keep))
		f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1, 1, 1, 1, 1), LeaderCommit: 5})
		require.Zero(t, f.env.timers[SnapshotTimer], "without delay, behind what waits")
		require.Zero(t, f.snapshot.index)
		f.expire(SnapshotTimer)
		require.Equal(t, Index(1), f.FirstIndex(), "the disk does not hold the snapshot yet")
		require.Zero(t, f.snapshot.index)
		f.sync()
		require.Equal(t, Index(5), f.snapshot.index)
		require.Equal(t, Index(6-min(keep, 5)), f.FirstIndex())
		require.Equal(t, Index(6), f.LastIndex())

		f.crash()
		require.Equal(t, Index(5), f.LastApplied())
		require.Equal(t, Index(5), f.CommitIndex())
		require.Len(t, f.machine.commands, 5)
		require.Equal(t, Index(6-min(keep, 5)), f.FirstIndex())
		require.Equal(t, testEntries(6, 1), f.log.all()[len(f.log.all())-1:])
	}
}

// What a snapshot covers is removed from the disk as well.
func TestOldSegmentsGo(t *testing.T) {
	f := bootConfig(t, 2, snapshotting(3, 1))
	for i := Index(0); i < 100; i++ {
		f.ask(1, AppendEntries{Term: 1, PrevLogIndex: i, PrevLogTerm: f.log.term(i), Entries: testEntries(i+1, 1), LeaderCommit: i + 1})
		if _, due := f.env.timers[SnapshotTimer]; due {
			f.expire(SnapshotTimer)
			f.sync()
		}
	}
	files, err := f.env.disk.List()
	require.NoError(t, err)
	require.Less(t, len(files), 3+5)
	f.crash()
	require.Equal(t, Index(100), f.LastApplied())
}

// Messages that begin before the log does are about what is committed.
func TestAppendEntriesBeforeTheLogBegins(t *testing.T) {
	all := testEntries(1, 1, 1, 1, 1, 1, 1, 1)
	for prev := Index(0); prev <= 4; prev++ {
		for last := prev; last <= 7; last++ {
			f := withSnapshot(t) // up to 4, and a log of one entry behind it
			m := AppendEntries{Term: 1, PrevLogIndex: prev, PrevLogTerm: min(Term(prev), 1), Entries: all[prev:last], LeaderCommit: 7}
			require.Equal(t, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: prev, MatchIndex: last}, f.ask(1, m))
			require.Equal(t, max(last, 5), f.LastIndex())
			require.Equal(t, max(last, 4), f.CommitIndex())
			require.Equal(t, all[4:max(last, 5)], f.log.all())
		}
	}
}

// A peer that needs what is compacted is sent the snapshot, piece by piece, and the
// rest of the log behind it.
func TestSnapshotIsSent(t *testing.T) {
	f := snapshotLeader(t, 0, 5)
	whole := f.snapshot.encoded.Whole()
	f.receive(3, AppendEntriesReply{Term: 1, PrevLogIndex: 0, ConflictIndex: 1})
	f.peer(3).next = 1 // as if it had been refused down to there
	f.expire(HeartbeatTimer)
	var got []byte
	for len(got) < len(whole) {
		sent := slices.DeleteFunc(f.take(), func(e envelope) bool { return e.to != 3 })
		require.Len(t, sent, 1, "one piece at a time")
		m := sent[0].message.(InstallSnapshot)
		require.Equal(t, InstallSnapshot{
			Term: 1, LastIndex: 5, LastTerm: 1, Offset: len(got), Data: whole[len(got):min(len(got)+10, len(whole))],
			Done: len(got)+10 >= len(whole),
		}, m)
		got = append(got, m.Data...)
		reply := InstallSnapshotReply{Term: 1, LastIndex: 5, Received: len(got)}
		f.receive(3, reply)
		if len(got) < len(whole) {
			require.Len(t, f.env.sent, 1)
			f.receive(3, reply)
			require.Len(t, f.env.sent, 1, "a copy asks for nothing")
		}
	}
	f.request(7, 9)
	for _, e := range f.take() {
		require.NotEqual(t, node.ID(3), e.to, "no entries before the snapshot is installed")
	}
	f.receive(3, InstallSnapshotReply{Term: 1, LastIndex: 5, Received: len(whole), Installed: true})
	require.Equal(t, Index(5), f.peer(3).match)
	sent := f.take()
	require.Len(t, sent, 1)
	require.Equal(t, Index(5), sent[0].message.(AppendEntries).PrevLogIndex)
	require.Len(t, sent[0].message.(AppendEntries).Entries, 1)
}

func TestLostPieceIsSentAgain(t *testing.T) {
	f := snapshotLeader(t, 0, 5)
	f.peer(3).next = 1
	f.expire(HeartbeatTimer)
	f.take()
	toThird := func() node.Message {
		f.expire(HeartbeatTimer)
		sent := slices.DeleteFunc(f.take(), func(e envelope) bool { return e.to != 3 })
		require.Len(t, sent, 1)
		return sent[0].message
	}
	require.IsType(t, AppendEntries{}, toThird(), "it may still be on its way")
	f.env.now += f.config.ElectionTimeoutMin
	require.IsType(t, InstallSnapshot{}, toThird())
	f.receive(3, AppendEntriesReply{Term: 1, Success: true})
	require.Empty(t, f.take(), "the answer to a mere heartbeat")
	f.env.now += time.Hour
	f.receive(3, InstallSnapshotReply{Term: 1, LastIndex: 5, Received: 0})
	require.Empty(t, f.take(), "an answer to the first piece that brought nothing new: the heartbeat will repeat it")
}

// The receiver (dissertation Figure 5.3).
func TestSnapshotIsInstalled(t *testing.T) {
	source := snapshotLeader(t, 0, 5)
	whole := source.snapshot.encoded.Whole()
	piece := func(offset, end int) InstallSnapshot {
		return InstallSnapshot{Term: 2, LastIndex: 5, LastTerm: 1, Offset: offset, Data: whole[offset:end], Done: end == len(whole)}
	}
	received := func(n int) InstallSnapshotReply { return InstallSnapshotReply{Term: 2, LastIndex: 5, Received: n} }
	tests := []struct {
		name string
		log  []Term
		want []Term // of the log behind the snapshot
	}{
		{"nothing there", nil, nil},
		{"too short", []Term{1, 1}, nil},
		{"another entry at its end", []Term{2, 2, 2, 2, 2, 2}, nil},
		{"more of the same", []Term{1, 1, 1, 1, 1, 2, 2}, []Term{2, 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := bootConfigWith(t, 2, paperConfig(3), 2, test.log...)
			require.Equal(t, received(10), f.ask(1, piece(0, 10)))
			require.Equal(t, received(10), f.ask(1, piece(0, 10)), "a copy")
			require.Equal(t, received(10), f.ask(1, piece(20, len(whole))), "one is missing")
			require.Equal(t, received(20), f.ask(1, piece(10, 20)))
			f.take()
			f.receive(1, piece(20, len(whole)))
			require.Zero(t, f.LastApplied(), "the disk does not hold it yet")
			f.sync()
			sent := f.take()
			require.Equal(t, InstallSnapshotReply{Term: 2, LastIndex: 5, Received: len(whole), Installed: true}, sent[len(sent)-1].message)
			check := func() {
				require.Equal(t, Index(5), f.LastApplied())
				require.Equal(t, Index(5), f.CommitIndex())
				require.Equal(t, Index(6), f.FirstIndex())
				require.Equal(t, test.want, f.logTerms())
				require.Equal(t, source.machine.commands, f.machine.commands)
				require.Equal(t, source.appliedHash, f.appliedHash)
			}
			check()
			f.crash()
			check()
			require.Equal(t, InstallSnapshotReply{Term: 2, LastIndex: 5, Installed: true}, f.ask(1, piece(0, 10)), "no need of it")
			require.Equal(t, InstallSnapshotReply{Term: 3, LastIndex: 5}, f.afterTerm(3).ask(1, piece(0, 10)), "a leader of the past")
		})
	}
}

// afterTerm moves the server to a term.
func (f *fixture) afterTerm(term Term) *fixture {
	f.ask(3, AppendEntries{Term: term, PrevLogIndex: 99, PrevLogTerm: 99})
	return f
}

// Sessions are part of the state: what was applied before the snapshot is not
// applied again by a retry after it.
func TestSnapshotKeepsSessions(t *testing.T) {
	source := snapshotLeader(t, 0, 5)
	f := boot(t, 2, 3)
	f.receive(1, InstallSnapshot{Term: 1, LastIndex: 5, LastTerm: 1, Data: source.snapshot.encoded.Whole(), Done: true})
	f.sync()
	retry := Entry{Term: 1, Request: rsm.Request{Client: 7, Sequence: 5, Command: []byte("again")}}
	f.ask(1, AppendEntries{Term: 1, PrevLogIndex: 5, PrevLogTerm: 1, Entries: []Entry{retry}, LeaderCommit: 6})
	require.Equal(t, Index(6), f.LastApplied())
	require.NotContains(t, f.machine.commands, "again")
}

// A snapshot whose place in the log a crash has lost counts as durable with the first
// sync of the next life.
func TestSnapshotAheadOfTheLogIsDurable(t *testing.T) {
	f := bootConfig(t, 2, snapshotting(3, 0))
	f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1)})
	leader := snapshotLeader(t, 0, 4)
	require.Equal(t, Index(4), leader.snapshot.index)
	f.journal.saveSnapshot(leader.snapshot.encoded)
	f.journal.flush()
	f.sync()
	f.crash()
	require.Equal(t, Index(4), f.LastIndex())
	require.Zero(t, f.journal.durable)
	f.sync()
	require.Equal(t, Index(4), f.journal.durable)
}
