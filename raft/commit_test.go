package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestCommitNeedsAMajority(t *testing.T) { // §5.3
	for _, test := range []struct{ servers, acknowledgements int }{{1, 0}, {2, 1}, {3, 1}, {4, 2}, {5, 2}, {7, 3}} {
		f := boot(t, 1, test.servers)
		f.elect()
		for peer := 2; peer < 2+test.acknowledgements; peer++ {
			require.Zero(t, f.CommitIndex(), "committed by too few of %d", test.servers)
			f.receive(node.ID(peer), AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
		}
		require.Equal(t, Index(1), f.CommitIndex())
	}
}

// The leader counts itself only for what its own disk holds.
func TestLeaderCountsItselfWhenDurable(t *testing.T) {
	f := newLeader(t)
	f.request(1, 1)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 2})
	require.Equal(t, Index(1), f.CommitIndex())
	f.sync()
	require.Equal(t, Index(2), f.CommitIndex())

	// The others are a majority without it.
	f.request(1, 2)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 3})
	f.receive(3, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 3})
	require.Equal(t, Index(3), f.CommitIndex())
}

// A sync under way says nothing about entries that replaced what it covers.
func TestTruncationWhileASyncIsUnderWay(t *testing.T) {
	f := bootWith(t, 1, 3, 1)
	f.receive(2, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1, 1)})
	require.Equal(t, 1, f.env.disk.Syncs())
	f.receive(3, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: testEntries(2, 2, 2)})
	endSync := func() { f.Synced(f.env.disk.EndSync(nil), nil) }
	endSync()
	require.Equal(t, Index(1), f.journal.durable)
	endSync()
	require.Equal(t, Index(3), f.journal.durable)
}

// figure8 makes the five servers of Figure 8 as they are before (c): S1 and S2
// hold an entry of term 2 at index 2, S5 one of term 3. One judge looks at all.
func figure8(t *testing.T) map[node.ID]*fixture {
	logs := map[node.ID][]Term{1: {1, 2}, 2: {1, 2}, 3: {1}, 4: {1}, 5: {1, 3}}
	all := make(map[node.ID]*fixture)
	judge := NewInvariants()
	for id := node.ID(1); id <= 5; id++ {
		all[id] = bootWith(t, id, 5, 3, logs[id]...)
		all[id].judge = judge
		all[id].look()
	}
	return all
}

// elected makes a candidate of a server and carries its requests for votes to
// the voters and their answers back. It returns how many granted their vote.
func elected(all map[node.ID]*fixture, candidate node.ID, voters ...node.ID) (granted int) {
	c := all[candidate]
	c.expire(ElectionTimer)
	c.sync()
	request := c.take()[0].message
	for _, voter := range voters {
		reply := all[voter].ask(candidate, request).(RequestVoteReply)
		if reply.Granted {
			granted++
		}
		c.receive(voter, reply)
	}
	c.sync()
	c.take()
	return granted
}

// replicated carries the leader's entries up to index last to a follower, and
// the answer back.
func replicated(all map[node.ID]*fixture, leader, follower node.ID, last Index) {
	l := all[leader]
	reply := all[follower].ask(leader, AppendEntries{
		Term: l.term, PrevLogIndex: 1, PrevLogTerm: 1, Entries: l.log.entries.slice(1, int(last)), LeaderCommit: l.commitIndex,
	})
	l.receive(follower, reply)
	l.take()
}

// §5.4.2, Figure 8, (c) and (d): an entry of an earlier term on a majority is not
// committed, and is overwritten.
func TestFigure8OldEntryIsNotCommitted(t *testing.T) {
	all := figure8(t)
	require.Equal(t, 2, elected(all, 1, 2, 3)) // (c): S1 leads term 4
	require.Equal(t, Leader, all[1].Role())
	replicated(all, 1, 2, 2)
	replicated(all, 1, 3, 2)
	require.Equal(t, Index(2), Index(all[1].reached(uint64(all[1].journal.durable), func(p *peer) uint64 { return uint64(p.match) })), "S1, S2 and S3 hold the entry of term 2")
	require.Zero(t, all[1].CommitIndex(), "and yet it is not committed")

	elected(all, 5, 2, 3) // S5 hears of term 4, in which they have voted for S1
	require.Equal(t, 3, elected(all, 5, 2, 3, 4), "(d): the last entry of S5 is of a later term")
	require.Equal(t, Leader, all[5].Role())
	replicated(all, 5, 2, 3)
	replicated(all, 5, 3, 3)
	require.Equal(t, []Term{1, 3, 5}, all[2].logTerms(), "the entry of term 2 is gone")
	require.Equal(t, Index(3), all[5].CommitIndex())
	require.NoError(t, all[5].judge.CheckAll())
}

// §5.4.2, Figure 8, (e): once an entry of the leader's own term is on a majority,
// the earlier one is committed with it, and S5 cannot win.
func TestFigure8OwnEntryCommitsBoth(t *testing.T) {
	all := figure8(t)
	elected(all, 1, 2, 3)
	replicated(all, 1, 2, 3)
	require.Zero(t, all[1].CommitIndex())
	replicated(all, 1, 3, 3)
	require.Equal(t, Index(3), all[1].CommitIndex())

	elected(all, 5, 4)
	require.Equal(t, 1, elected(all, 5, 2, 3, 4), "only S4 has a log that is behind")
	require.Equal(t, Candidate, all[5].Role())
	require.NoError(t, all[5].judge.CheckAll())
}
