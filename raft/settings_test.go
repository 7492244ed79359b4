package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// leaderWith is newLeader with other settings.
func leaderWith(t *testing.T, change func(*Config)) *fixture {
	f := newLeader(t)
	change(&f.Server.config)
	return f
}

// sentTo returns the AppendEntries that a server has been sent, as the index of
// the entry before them and their number.
func sentTo(f *fixture, id node.ID) (messages [][2]int) {
	for _, e := range f.take() {
		if m, ok := e.message.(AppendEntries); ok && e.to == id {
			messages = append(messages, [2]int{int(m.PrevLogIndex), len(m.Entries)})
		}
	}
	return messages
}

func TestSerialWrite(t *testing.T) {
	f := leaderWith(t, func(c *Config) { c.ParallelWrite = false })
	f.request(7, 1)
	require.Empty(t, sentTo(f, 2), "the leader's own disk does not hold it yet")
	f.request(8, 1)
	f.sync()
	require.Equal(t, [][2]int{{1, 1}, {2, 1}}, sentTo(f, 2), "what each sync covered")
	f.request(9, 1)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Empty(t, sentTo(f, 2), "an answer sets nothing free that the disk does not hold")
	f.sync()
	require.Equal(t, [][2]int{{3, 1}}, sentTo(f, 2))
}

// A leader that writes first gets its first entry to followers all the same.
func TestSerialWriteElection(t *testing.T) {
	for _, syncFirst := range []bool{true, false} {
		config := paperConfig(3)
		config.ParallelWrite = false
		f := bootConfig(t, 1, config)
		f.expire(ElectionTimer)
		f.sync()
		f.take()
		f.receive(2, RequestVoteReply{Term: 1, Granted: true})
		require.Equal(t, [][2]int{{0, 0}}, sentTo(f, 2), "a heartbeat, which is a probe")
		if syncFirst {
			f.sync()
		}
		f.receive(2, AppendEntriesReply{Term: 1, Success: true})
		f.sync()
		require.Equal(t, [][2]int{{0, 1}}, sentTo(f, 2))
	}
}

func TestWithoutPipelining(t *testing.T) {
	f := leaderWith(t, func(c *Config) { c.Pipelining = false })
	f.request(7, 1)
	require.Equal(t, [][2]int{{1, 1}}, sentTo(f, 2))
	f.request(8, 1)
	f.request(9, 1)
	require.Empty(t, sentTo(f, 2), "one at a time")
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, [][2]int{{2, 2}}, sentTo(f, 2), "and then what has gathered")

	f.expire(HeartbeatTimer) // the message was lost: the heartbeat finds out
	require.Equal(t, [][2]int{{4, 0}}, sentTo(f, 2))
	f.receive(2, AppendEntriesReply{Term: 1, PrevLogIndex: 4, ConflictIndex: 3})
	require.Equal(t, [][2]int{{2, 1}}, sentTo(f, 2))
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 2, MatchIndex: 3})
	require.Equal(t, [][2]int{{3, 1}}, sentTo(f, 2))
}

func TestBatching(t *testing.T) {
	requests := func(f *fixture) {
		for client := range rsm.ClientID(3) {
			f.receive(clientAddress, rsm.Request{Client: client + 1, Sequence: 1, Command: []byte("c")})
		}
	}
	f := newLeader(t)
	requests(f)
	require.Empty(t, sentTo(f, 2))
	f.expire(FlushTimer)
	require.Equal(t, [][2]int{{1, 3}}, sentTo(f, 2))

	f = leaderWith(t, func(c *Config) { c.Batching = false })
	requests(f)
	require.Equal(t, [][2]int{{1, 1}, {2, 1}, {3, 1}}, sentTo(f, 2))
}

// §5.3, last part: e and f of Figure 7, one entry at a time.
func TestSlowBackup(t *testing.T) {
	for _, test := range []struct {
		follower []Term
		refusals int
	}{
		{[]Term{1, 1, 1, 4, 4, 4, 4}, 5}, {[]Term{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 7}, {[]Term{1}, 9}, {nil, 10},
	} {
		leader := bootWith(t, 1, 3, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
		leader.Server.config.FastBackup = false
		follower := bootWith(t, 2, 3, 7, test.follower...)
		leader.expire(ElectionTimer)
		leader.sync()
		leader.take()
		leader.receive(3, RequestVoteReply{Term: 8, Granted: true})
		require.Equal(t, test.refusals, exchange(leader, follower))
		require.Equal(t, leader.log.all(), follower.log.all())
	}
}

// The followers are told at once, and do not answer.
func TestEagerCommit(t *testing.T) {
	f := leaderWith(t, func(c *Config) { c.EagerCommit = true })
	f.request(7, 1)
	f.sync()
	f.take()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	told := 0
	for _, e := range f.take() {
		if m, ok := e.message.(Committed); ok && m == (Committed{Term: 1, Index: 2, IndexTerm: 1}) {
			told++
		}
	}
	require.Equal(t, 2, told)
}

func TestCommitted(t *testing.T) {
	tests := []struct {
		name    string
		message Committed
		commit  Index
	}{
		{"what the log holds", Committed{5, 3, 4}, 3},
		{"in a new term", Committed{6, 3, 4}, 3},
		{"a leader of the past", Committed{4, 3, 4}, 0},
		{"an entry that the log lacks", Committed{5, 5, 5}, 0},
		{"another entry", Committed{5, 3, 5}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := bootWith(t, 2, 3, 5, 1, 1, 4, 4)
			delete(f.env.timers, ElectionTimer)
			f.receive(1, test.message)
			require.Equal(t, test.commit, f.CommitIndex())
			require.Equal(t, test.message.Term >= 5, f.env.timers[ElectionTimer] > 0, "a leader that was heard resets the timer")
			require.Equal(t, max(5, test.message.Term), f.Term())
			f.sync()
			require.Empty(t, f.take(), "there is no answer")
			f.receive(1, Committed{f.Term(), 1, 1})
			require.Equal(t, max(1, test.commit), f.CommitIndex(), "never down")
		})
	}
}

// Without rounds of learning, a new server counts at once.
func TestNewServerCountsAtOnce(t *testing.T) {
	f := leaderWith(t, func(c *Config) { c.LearningRounds = 0 })
	f.receive(clientAddress, change(9, 1, 2, 3, 4))
	require.Equal(t, Configuration{Voters: servers(4)}, f.Configuration())
	f.take()
	f.expire(HeartbeatTimer)
	require.Equal(t, [][2]int{{2, 0}}, sentTo(f, 4))
	f.receive(4, AppendEntriesReply{Term: 1, PrevLogIndex: 2, ConflictIndex: 1})
	require.Equal(t, [][2]int{{0, 1}}, sentTo(f, 4))
}

func TestWithoutNoOp(t *testing.T) {
	config := paperConfig(3)
	config.SkipNoOp = true
	f := bootConfigWith(t, 1, config, 1, 1)
	f.elect()
	require.Equal(t, []Term{1}, f.logTerms(), "a leader begins its term with what it has")
	f.take()
	f.receive(2, AppendEntriesReply{Term: 2, Success: true, PrevLogIndex: 1, MatchIndex: 1})
	require.Zero(t, f.Server.CommitIndex(), "an entry of an older term is not committed by counting")
	f.request(7, 1)
	f.sync()
	f.receive(2, AppendEntriesReply{Term: 2, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, Index(2), f.Server.CommitIndex(), "but along with the first of its own")
}
