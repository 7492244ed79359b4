package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// guarded is the default configuration.
func guarded(t *testing.T, id node.ID, n int, term Term, logTerms ...Term) *fixture {
	return bootConfigWith(t, id, DefaultConfig(servers(n)), term, logTerms...)
}

// Dissertation §9.6, on a voter in term 3 with the log 1, 1, 3.
func TestPreVote(t *testing.T) {
	tests := []struct {
		name    string
		before  func(f *fixture)
		request PreVote
		granted bool
	}{
		{"granted", nil, PreVote{4, 3, 3}, true},
		{"a term that it is in already", nil, PreVote{3, 3, 3}, false},
		{"shorter log", nil, PreVote{4, 2, 3}, false},
		{"log of an earlier term", nil, PreVote{4, 9, 2}, false},
		{"voted in its own term", func(f *fixture) { f.ask(3, RequestVote{3, 3, 3, false}) }, PreVote{4, 3, 3}, true},
		{"hears from a leader", func(f *fixture) { f.ask(3, AppendEntries{Term: 3}) }, PreVote{4, 3, 3}, false},
		{"heard from a leader long ago", func(f *fixture) {
			f.ask(3, AppendEntries{Term: 3})
			f.env.now += f.config.ElectionTimeoutMin
		}, PreVote{4, 3, 3}, true},
		{"just restarted", func(f *fixture) {
			f.crash()
			f.sync()
			f.env.now -= time.Minute
		}, PreVote{4, 3, 3}, false},
		{"clock went back", func(f *fixture) {
			f.ask(3, AppendEntries{Term: 3})
			f.env.now -= time.Hour
		}, PreVote{4, 3, 3}, false},
		{"clock went back long ago", func(f *fixture) {
			f.ask(3, AppendEntries{Term: 3})
			f.env.now -= time.Hour
			f.ask(2, PreVote{4, 3, 3})
			f.env.now += f.config.ElectionTimeoutMin
		}, PreVote{4, 3, 3}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := guarded(t, 1, 5, 3, 1, 1, 3)
			if test.before != nil {
				test.before(f)
			}
			started := f.env.disk.Started()
			require.Equal(t, PreVoteReply{test.request.Term, test.granted, 3}, f.ask(2, test.request))
			require.Equal(t, Term(3), f.Term(), "it is only a question")
			require.Equal(t, started, f.env.disk.Started(), "nothing is written for it")
		})
	}
}

func TestLeaderRefusesPreVotes(t *testing.T) {
	f := newLeader(t)
	require.Equal(t, PreVoteReply{2, false, 1}, f.ask(2, PreVote{2, 9, 9}))
}

// Only a majority of good prospects makes a candidate.
func TestPreCandidate(t *testing.T) {
	f := guarded(t, 1, 5, 3, 1)
	f.expire(ElectionTimer)
	require.Equal(t, PreCandidate, f.Role())
	require.Equal(t, Term(3), f.Term())
	require.Len(t, f.take(), 4)
	f.receive(2, PreVoteReply{4, true, 3})
	f.receive(2, PreVoteReply{4, true, 3})
	f.receive(3, PreVoteReply{3, true, 3}) // to an earlier question
	f.receive(9, PreVoteReply{4, true, 3})
	require.Equal(t, PreCandidate, f.Role())
	f.receive(4, PreVoteReply{4, true, 3})
	require.Equal(t, Candidate, f.Role())
	require.Equal(t, Term(4), f.Term())

	f = guarded(t, 1, 3, 3, 1)
	f.expire(ElectionTimer)
	f.receive(2, PreVoteReply{4, false, 9})
	require.Equal(t, Follower, f.Role(), "it has missed a term")
	require.Equal(t, Term(9), f.Term())
}

// Dissertation §4.2.3: who hears from a leader takes no part in an election,
// unless the leader has asked for it.
func TestStickiness(t *testing.T) {
	f := guarded(t, 1, 3, 3, 1)
	f.ask(3, AppendEntries{Term: 3, PrevLogIndex: 1, PrevLogTerm: 1})
	ask := RequestVote{Term: 9, LastLogIndex: 1, LastLogTerm: 1}
	f.receive(2, ask)
	require.Equal(t, Term(3), f.Term())
	f.sync()
	require.Empty(t, f.take())
	ask.Transfer = true
	require.Equal(t, RequestVoteReply{9, true}, f.ask(2, ask))

	f = guarded(t, 1, 3, 3, 1)
	f.env.now += time.Second
	ask.Transfer = false
	require.Equal(t, RequestVoteReply{9, true}, f.ask(2, ask))
}

// Dissertation §6.2.
func TestCheckQuorum(t *testing.T) {
	leader := func() *fixture {
		f := guarded(t, 1, 5, 0)
		f.expire(ElectionTimer)
		for _, voter := range []node.ID{2, 3} {
			f.receive(voter, PreVoteReply{Term: 1, Granted: true})
		}
		f.sync()
		for _, voter := range []node.ID{2, 3} {
			f.receive(voter, RequestVoteReply{Term: 1, Granted: true})
		}
		require.Equal(t, Leader, f.Role())
		f.expire(QuorumTimer) // the first counts from the election
		return f
	}
	f := leader()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	f.receive(3, AppendEntriesReply{Term: 1, PrevLogIndex: 7})
	f.expire(QuorumTimer)
	require.Equal(t, Leader, f.Role(), "a refusal is an answer too")
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	f.expire(QuorumTimer)
	require.Equal(t, Follower, f.Role())
	require.Equal(t, Term(1), f.Term())
	require.Contains(t, f.env.notes, any(MarkLeaderWithoutQuorum))
	require.Contains(t, f.env.timers, ElectionTimer)

	f = leader()
	f.receive(2, RequestVote{Term: 9, LastLogIndex: 9, LastLogTerm: 9})
	require.Equal(t, Leader, f.Role(), "a leader sticks to itself")
	f.receive(2, AppendEntriesReply{Term: 9})
	require.Equal(t, Follower, f.Role(), "but a member that cannot follow it any more needs another")
}

// Raft Refloated: how long a candidate that did not win waits.
func TestCandidateTimeouts(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name              string
		shortest, longest time.Duration
		backoff           bool
		want              [4][2]time.Duration // of the first elections in a row
	}{
		{"as in the paper", 0, 0, false, [4][2]time.Duration{{150 * ms, 300 * ms}, {150 * ms, 300 * ms}, {150 * ms, 300 * ms}, {150 * ms, 300 * ms}}},
		{"fixed", 23 * ms, 46 * ms, false, [4][2]time.Duration{{23 * ms, 46 * ms}, {23 * ms, 46 * ms}, {23 * ms, 46 * ms}, {23 * ms, 46 * ms}}},
		{"exponential", 0, 0, true, [4][2]time.Duration{{150 * ms, 300 * ms}, {300 * ms, 600 * ms}, {600 * ms, 1200 * ms}, {1200 * ms, 2400 * ms}}},
		{"both", 23 * ms, 46 * ms, true, [4][2]time.Duration{{23 * ms, 46 * ms}, {46 * ms, 92 * ms}, {92 * ms, 184 * ms}, {184 * ms, 368 * ms}}},
	}
	for _, test := range tests {
		for range 50 {
			config := paperConfig(3)
			config.CandidateTimeoutMin, config.CandidateTimeoutMax, config.CandidateBackoff = test.shortest, test.longest, test.backoff
			f := bootConfig(t, 1, config)
			for _, want := range test.want {
				f.expire(ElectionTimer)
				require.GreaterOrEqual(t, f.env.timers[ElectionTimer], want[0], test.name)
				require.LessOrEqual(t, f.env.timers[ElectionTimer], want[1], test.name)
			}
			for range 100 {
				f.expire(ElectionTimer)
			}
			require.LessOrEqual(t, f.env.timers[ElectionTimer], 300*ms<<maxDoublings)
			f.sync()
			f.take()
			f.ask(2, AppendEntries{Term: f.Term()})
			f.expire(ElectionTimer)
			require.LessOrEqual(t, f.env.timers[ElectionTimer], test.want[0][1], "a leader ends the row")
		}
	}
}

// A candidate that has backed off, and hears of a higher term, waits like any other
// follower: of those that are left it may be the only one that can win. (Found by a
// swarm: two servers whose logs were behind took turns for as long as the third
// waited.)
func TestBackingOffIsForCandidates(t *testing.T) {
	config := paperConfig(3)
	config.CandidateBackoff = true
	f := bootConfig(t, 1, config)
	for range 100 {
		f.expire(ElectionTimer)
	}
	require.Greater(t, f.env.timers[ElectionTimer], config.ElectionTimeoutMax)
	f.sync()
	f.receive(2, RequestVoteReply{Term: f.Term() + 1})
	require.Equal(t, Follower, f.Role())
	require.LessOrEqual(t, f.env.timers[ElectionTimer], config.ElectionTimeoutMax)
}

// A candidate that waits for long asks again: the question may have been lost, and nobody
// else be able to win. (Found by a swarm: the only server with the longest log lost one
// question in two elections, and waited for 3 and 4.5 seconds each time.)
func TestBackingOffCandidateAsksAgain(t *testing.T) {
	for _, preVote := range []bool{false, true} {
		config := paperConfig(3)
		config.CandidateBackoff = true
		f := bootConfig(t, 1, config)
		f.expire(ElectionTimer)
		require.NotContains(t, f.env.timers, SolicitTimer, "the first election is short")
		f.expire(ElectionTimer)
		f.sync()
		question := node.Message(RequestVote{Term: f.Term()})
		if preVote {
			f.Server.config.PreVote = true
			f.expire(ElectionTimer)
			question = PreVote{Term: f.Term() + 1}
		}
		require.Equal(t, config.ElectionTimeoutMax, f.env.timers[SolicitTimer])
		f.take()
		f.expire(SolicitTimer)
		require.Equal(t, []envelope{{2, question}, {3, question}}, f.take())
		if preVote {
			continue
		}
		f.receive(2, RequestVoteReply{Term: f.Term(), Granted: true})
		require.Equal(t, Leader, f.Role())
		f.take()
		f.expire(SolicitTimer)
		require.Empty(t, f.take(), "a leader asks nobody")
		require.NotContains(t, f.env.timers, SolicitTimer)
	}
}
