package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// changing returns the leader of three servers in term 1 with its first entry
// committed.
func changing(t *testing.T) *fixture {
	f := newLeader(t)
	f.sync()
	return f
}

func change(id uint64, servers ...node.ID) rsm.ChangeMembership {
	return rsm.ChangeMembership{ID: id, Servers: servers}
}

func TestMembershipValidation(t *testing.T) {
	tests := []struct {
		name    string
		before  func(f *fixture)
		servers []node.ID
		want    rsm.AdminReply
	}{
		{"no voter", nil, nil, rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "Servers: there has to be at least one"}},
		{"no server", nil, []node.ID{1, 0}, rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "Servers: [1] is 0, which stands for no server"}},
		{"duplicate", nil, []node.ID{1, 2, 2}, rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "Servers: [2] names server 2 again"}},
		{"no change", nil, []node.ID{3, 2, 1}, rsm.AdminReply{Status: rsm.OK, Leader: 1}},
		{"another one under way", func(f *fixture) { f.receive(clientAddress, change(1, 1, 2)) }, []node.ID{1, 3},
			rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "another change is under way"}},
		{"too much at a time", func(f *fixture) { f.Server.config.JointConsensus = false }, []node.ID{1, 4, 5},
			rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "it changes more than one server, and JointConsensus is off"}},
		{"follower", func(f *fixture) { f.ask(2, AppendEntries{Term: 2}) }, []node.ID{1, 2}, rsm.AdminReply{Status: rsm.NotLeader, Leader: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := changing(t)
			if test.before != nil {
				test.before(f)
			}
			f.sync()
			f.take()
			test.want.ID = 9
			last := f.LastIndex()
			f.receive(clientAddress, change(9, test.servers...))
			require.Equal(t, []envelope{{clientAddress, test.want}}, f.take())
			require.Equal(t, last, f.LastIndex())
		})
	}
}

// Ongaro, raft-dev, 2015.
func TestNoChangeBeforeAnOwnEntryIsCommitted(t *testing.T) {
	f := boot(t, 1, 3)
	f.elect()
	f.receive(clientAddress, change(9, 1, 2))
	require.Equal(t, []envelope{{clientAddress, rsm.AdminReply{
		ID: 9, Status: rsm.Refused, Leader: 1, Reason: "no entry of the leader's term is committed yet",
	}}}, f.take())
}

// A configuration counts from when it is in the log (dissertation §4.1): removing a
// server from four makes two of three enough.
func TestRemovalCountsAtOnce(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(9, 1, 2))
	require.Equal(t, Configuration{Voters: []node.ID{1, 2}}, f.Configuration())
	require.Nil(t, f.peer(3))
	f.sync()
	require.Equal(t, Index(1), f.CommitIndex(), "both of the two")
	f.take()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, Index(2), f.CommitIndex())
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{ID: 9, Leader: 1}})
	f.crash()
	require.Equal(t, Configuration{Voters: []node.ID{1, 2}}, f.Configuration())
}

// Dissertation §4.2.1: a new server learns before it counts.
func TestLearners(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	f.receive(clientAddress, change(9, 1, 2, 3, 4)) // a copy
	require.Equal(t, Configuration{Voters: servers(3)}, f.Configuration())
	require.NotNil(t, f.peer(4))
	f.receive(4, AppendEntriesReply{Term: 1, PrevLogIndex: 1, ConflictIndex: 1})
	f.request(7, 1)
	f.sync()
	f.receive(4, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	require.Equal(t, Index(1), f.CommitIndex(), "its copies do not count")
	require.Equal(t, Configuration{Voters: servers(4)}, f.Configuration(), "it had what there was when it began")

	f = changing(t)
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	for round := range f.config.LearningRounds {
		require.Equal(t, Configuration{Voters: servers(3)}, f.Configuration())
		f.request(7, uint64(round+1))
		f.env.now += f.config.ElectionTimeoutMin + 1
		f.take()
		f.receive(4, AppendEntriesReply{Term: 1, Success: true, MatchIndex: f.LastIndex() - 1})
	}
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{
		ID: 9, Status: rsm.Refused, Leader: 1, Reason: "the new servers are too slow to catch up",
	}})
	require.Nil(t, f.peer(4))

	f = changing(t)
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	f.env.now += time.Minute
	f.take()
	f.expire(HeartbeatTimer)
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{
		ID: 9, Status: rsm.Refused, Leader: 1, Reason: "server 4 does not catch up",
	}})
}

// Dissertation §4.3: in joint consensus both majorities have to agree, and the new
// configuration follows when they have.
func TestJointConsensus(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(9, 1, 4, 5))
	for _, learner := range []node.ID{4, 5} {
		f.receive(learner, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	}
	require.Equal(t, Configuration{Voters: []node.ID{1, 4, 5}, Old: servers(3)}, f.Configuration())
	f.sync()
	stored := func(by node.ID, index Index) {
		f.receive(by, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: index})
	}
	stored(4, 2)
	stored(5, 2)
	require.Equal(t, Index(1), f.CommitIndex(), "a majority of the new, but not of the old")
	stored(2, 2)
	require.Equal(t, Index(2), f.CommitIndex())
	require.Equal(t, Configuration{Voters: []node.ID{1, 4, 5}}, f.Configuration())
	require.Equal(t, Index(3), f.LastIndex())
	require.Nil(t, f.peer(2))
	f.sync()
	f.take()
	stored(4, 3)
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{ID: 9, Leader: 1}})
}

// An election in joint consensus takes both majorities as well.
func TestJointElection(t *testing.T) {
	f := boot(t, 1, 3)
	joint := []Entry{{Term: 1, Configuration: &Configuration{Voters: []node.ID{1, 4, 5}, Old: servers(3)}}}
	f.ask(2, AppendEntries{Term: 1, Entries: joint})
	f.expire(ElectionTimer)
	f.sync()
	f.receive(4, RequestVoteReply{Term: 2, Granted: true})
	f.receive(5, RequestVoteReply{Term: 2, Granted: true})
	require.Equal(t, Candidate, f.Role())
	f.receive(3, RequestVoteReply{Term: 2, Granted: true})
	require.Equal(t, Leader, f.Role())
}

// Dissertation §4.2.2: a leader that removes itself leads until that is committed,
// does not count itself, and resigns.
func TestLeaderRemovesItself(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(9, 2, 3))
	f.sync()
	f.take()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, Index(1), f.CommitIndex(), "it counted itself")
	require.Equal(t, Leader, f.Role())
	f.receive(3, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, Index(2), f.CommitIndex())
	require.Equal(t, Follower, f.Role())
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{ID: 9, Leader: 1}})
	f.expire(ElectionTimer)
	require.Equal(t, Follower, f.Role(), "it is no member any more")
}

// Dissertation §4.2.2: while its removal is not committed, a server may be the only
// one whose log allows it to win.
func TestRemovedServerStandsUntilThatIsCommitted(t *testing.T) {
	f := boot(t, 1, 3)
	f.ask(2, AppendEntries{Term: 1, Entries: []Entry{{Term: 1, Configuration: &Configuration{Voters: []node.ID{2, 3}}}}})
	f.expire(ElectionTimer)
	f.sync()
	require.Equal(t, Candidate, f.Role())
	f.receive(2, RequestVoteReply{Term: 2, Granted: true})
	require.Equal(t, Candidate, f.Role(), "its own vote does not count")
	f.receive(3, RequestVoteReply{Term: 2, Granted: true})
	require.Equal(t, Leader, f.Role())
}

// Dissertation §4.1: a configuration leaves with the entry that holds it.
func TestConfigurationIsRolledBack(t *testing.T) {
	f := boot(t, 1, 3)
	f.ask(2, AppendEntries{Term: 1, Entries: []Entry{{Term: 1}, {Term: 1, Configuration: &Configuration{Voters: servers(4)}}}})
	require.Equal(t, Configuration{Voters: servers(4)}, f.Configuration())
	f.ask(3, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1, Entries: []Entry{{Term: 2}}})
	require.Equal(t, Configuration{Voters: servers(3)}, f.Configuration())
	require.Nil(t, f.peer(4))
	require.Contains(t, f.env.notes, any(MarkConfigurationRolledBack))
	f.crash()
	require.Equal(t, Configuration{Voters: servers(3)}, f.Configuration())
}

// A snapshot carries the configuration in force where it ends, and not a later one.
func TestSnapshotCarriesTheConfiguration(t *testing.T) {
	f := bootConfig(t, 2, snapshotting(3, 0))
	four, five := &Configuration{Voters: servers(4)}, &Configuration{Voters: servers(5)}
	f.ask(1, AppendEntries{Term: 1, Entries: []Entry{
		{Term: 1}, {Term: 1, Configuration: four}, {Term: 1}, {Term: 1}, {Term: 1, Configuration: five},
	}, LeaderCommit: 4})
	f.expire(SnapshotTimer)
	f.sync()
	require.Equal(t, configured{2, 0, four}, f.snapshot.configuration)
	require.Equal(t, *five, f.Configuration())
	f.crash()
	require.Equal(t, *five, f.Configuration())
	require.Equal(t, configured{2, 0, four}, f.snapshot.configuration)

	g := boot(t, 3, 3)
	g.receive(1, InstallSnapshot{Term: 1, LastIndex: 4, LastTerm: 1, Data: f.snapshot.encoded.Whole(), Done: true})
	g.sync()
	require.Equal(t, *four, g.Configuration())
}

func TestChangeIsAbandonedWithTheLeadership(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	f.take()
	f.receive(2, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1})
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{ID: 9, Status: rsm.NotLeader, Leader: 2}})
	require.Nil(t, f.peer(4))
}

// An old copy of a request is not carried out again, by whoever leads and however it
// came to know of the later change: it would undo what was asked for since.
func TestOldChangesAreRefused(t *testing.T) {
	f := changing(t)
	f.receive(clientAddress, change(7, 1, 4, 5)) // by way of a joint configuration
	for _, learner := range []node.ID{4, 5} {
		f.receive(learner, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	}
	for _, index := range []Index{2, 3} {
		f.sync()
		for _, peer := range []node.ID{2, 3, 4, 5} {
			f.receive(peer, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: index})
		}
	}
	require.Equal(t, Configuration{Voters: []node.ID{1, 4, 5}}, f.Configuration())
	f.take()
	refused := func(f *fixture, id uint64) {
		t.Helper()
		f.receive(clientAddress, change(id, 1, 2, 3))
		require.Equal(t, []envelope{{clientAddress, rsm.AdminReply{
			ID: id, Status: rsm.Refused, Leader: f.env.id, Reason: "a later change, number 7, was made already",
		}}}, f.take())
	}
	refused(f, 6)
	f.receive(clientAddress, change(7, 1, 4, 5))
	require.Equal(t, []envelope{{clientAddress, rsm.AdminReply{ID: 7, Leader: 1}}}, f.take(), "a copy of the last one")

	lead := func(f *fixture) {
		f.expire(ElectionTimer)
		f.sync()
		f.receive(5, RequestVoteReply{Term: f.Term(), Granted: true})
		f.sync()
		f.receive(5, AppendEntriesReply{Term: f.Term(), Success: true, MatchIndex: f.LastIndex()})
		f.take()
		require.Equal(t, Leader, f.Role())
	}
	f.crash() // and reads it from its log
	lead(f)
	refused(f, 6)

	f.takeSnapshot()
	f.journal.flush()
	f.sync()
	g := boot(t, 4, 3) // and reads it from a snapshot
	g.receive(1, InstallSnapshot{Term: 2, LastIndex: f.snapshot.index, LastTerm: f.snapshot.term, Data: f.snapshot.encoded.Whole(), Done: true})
	g.sync()
	lead(g)
	refused(g, 6)
	g.receive(clientAddress, change(8, 1, 4))
	require.Equal(t, Configuration{Voters: []node.ID{1, 4}}, g.Configuration())
}
