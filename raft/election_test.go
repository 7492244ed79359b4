package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

func TestStartsAsFollower(t *testing.T) { // §5.2
	f := boot(t, 1, 3)
	require.Equal(t, Follower, f.Role())
	require.Contains(t, f.env.timers, ElectionTimer)
	require.NotContains(t, f.env.timers, HeartbeatTimer)
	term, leads := f.Leads()
	require.Zero(t, term)
	require.False(t, leads)
}

// §5.2: "election timeouts are chosen randomly from a fixed interval".
func TestElectionTimeoutsAreSpreadOverTheInterval(t *testing.T) {
	f := boot(t, 1, 3)
	var shortest, longest time.Duration = time.Hour, 0
	for range 1000 {
		f.resetElectionTimer()
		shortest = min(shortest, f.env.timers[ElectionTimer])
		longest = max(longest, f.env.timers[ElectionTimer])
	}
	require.GreaterOrEqual(t, shortest, f.config.ElectionTimeoutMin)
	require.LessOrEqual(t, longest, f.config.ElectionTimeoutMax)
	require.Less(t, shortest, f.config.ElectionTimeoutMin+5*time.Millisecond)
	require.Greater(t, longest, f.config.ElectionTimeoutMax-5*time.Millisecond)
}

// §5.2: the follower increments its term, votes for itself and asks all others,
// once its disk holds that vote.
func TestElectionTimeoutStartsElection(t *testing.T) {
	f := bootWith(t, 2, 3, 5, 1, 4)
	f.expire(ElectionTimer)
	require.Equal(t, Candidate, f.Role())
	require.Equal(t, Term(6), f.Term())
	require.Equal(t, node.ID(2), f.votedFor)
	require.Contains(t, f.env.timers, ElectionTimer)
	require.Equal(t, []any{BecameCandidate{6}}, f.env.notes)
	require.Empty(t, f.take(), "asked for votes before its own was durable")
	f.sync()
	ask := RequestVote{Term: 6, LastLogIndex: 2, LastLogTerm: 4}
	require.Equal(t, []envelope{{1, ask}, {3, ask}}, f.take())

	f.expire(ElectionTimer) // a split vote: the next term
	require.Equal(t, Term(7), f.Term())
}

func TestMajorityOfVotesElects(t *testing.T) { // §5.2
	for _, test := range []struct{ servers, votes int }{{1, 0}, {2, 1}, {3, 1}, {4, 2}, {5, 2}, {7, 3}} {
		f := boot(t, 1, test.servers)
		f.expire(ElectionTimer)
		f.sync()
		for voter := 2; voter < 2+test.votes; voter++ {
			require.Equal(t, Candidate, f.Role(), "elected by too few of %d", test.servers)
			f.receive(node.ID(voter), RequestVoteReply{Term: 1, Granted: true})
			f.receive(node.ID(voter), RequestVoteReply{Term: 1, Granted: true}) // a copy is no second vote
		}
		require.Equal(t, Leader, f.Role(), "not elected by %d of %d", test.votes, test.servers)
		require.Equal(t, BecameLeader{1}, f.env.notes[len(f.env.notes)-1])
		require.NotContains(t, f.env.timers, ElectionTimer)
		require.Contains(t, f.env.timers, HeartbeatTimer)
		require.Equal(t, []Entry{{Term: 1}}, f.log.all(), "a term begins with a no-op (§8)")
	}
}

func TestVotesThatDoNotCount(t *testing.T) {
	f := boot(t, 1, 3)
	f.expire(ElectionTimer)
	f.sync()
	f.expire(ElectionTimer)
	f.sync()
	f.receive(2, RequestVoteReply{Term: 2, Granted: false})
	f.receive(2, RequestVoteReply{Term: 1, Granted: true})
	f.receive(9, RequestVoteReply{Term: 2, Granted: true})
	require.Equal(t, Candidate, f.Role())
}

func TestSingleServerElectsItselfWhenItsVoteIsDurable(t *testing.T) {
	f := boot(t, 1, 1)
	f.expire(ElectionTimer)
	require.Equal(t, Candidate, f.Role())
	f.sync()
	require.Equal(t, Leader, f.Role())
	require.Equal(t, Index(1), f.CommitIndex())
}

// RequestVote, receiver implementation (Figure 2), on a voter in term 3 with the
// log 1, 1, 3.
func TestVote(t *testing.T) {
	upToDate := RequestVote{Term: 4, LastLogIndex: 3, LastLogTerm: 3}
	tests := []struct {
		name    string
		before  []RequestVote // from server 3
		request RequestVote   // from server 2
		want    RequestVoteReply
	}{
		{"granted", nil, upToDate, RequestVoteReply{4, true}},
		{"term of the past (rule 1)", nil, RequestVote{2, 3, 3, false}, RequestVoteReply{3, false}},
		{"current term, nobody voted for yet", nil, RequestVote{3, 3, 3, false}, RequestVoteReply{3, true}},
		{"voted for another (rule 2)", []RequestVote{upToDate}, upToDate, RequestVoteReply{4, false}},
		{"voted for another in an earlier term", []RequestVote{upToDate}, RequestVote{5, 3, 3, false}, RequestVoteReply{5, true}},
		{"another was refused", []RequestVote{{4, 1, 1, false}}, upToDate, RequestVoteReply{4, true}},
		{"shorter log (§5.4.1)", nil, RequestVote{4, 2, 3, false}, RequestVoteReply{4, false}},
		{"log of an earlier term (§5.4.1)", nil, RequestVote{4, 9, 2, false}, RequestVoteReply{4, false}},
		{"shorter log of a later term (§5.4.1)", nil, RequestVote{5, 1, 4, false}, RequestVoteReply{5, true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := bootWith(t, 1, 5, 3, 1, 1, 3)
			for _, request := range test.before {
				f.ask(3, request)
			}
			delete(f.env.timers, ElectionTimer)
			require.Equal(t, test.want, f.ask(2, test.request))
			require.Equal(t, test.want, f.ask(2, test.request), "a copy gets the same answer")
			_, reset := f.env.timers[ElectionTimer]
			require.Equal(t, test.want.Granted, reset, "only a vote that is given resets the timer")
		})
	}
}

// Rules for all servers (Figure 2): a higher term makes a follower of anybody.
func TestHigherTermMakesFollower(t *testing.T) {
	messages := []node.Message{
		RequestVote{Term: 9},
		RequestVoteReply{Term: 9},
		AppendEntries{Term: 9},
		AppendEntriesReply{Term: 9},
	}
	for _, m := range messages {
		t.Run("leader", func(t *testing.T) {
			f := boot(t, 1, 3)
			f.elect()
			f.receive(2, m)
			require.Equal(t, Follower, f.Role())
			require.Equal(t, Term(9), f.Term())
			require.Contains(t, f.env.timers, ElectionTimer)
			require.NotContains(t, f.env.timers, HeartbeatTimer)
			require.Equal(t, SteppedDown{Leader, 1, 9}, f.env.notes[len(f.env.notes)-1])
		})
		t.Run("candidate", func(t *testing.T) {
			f := bootWith(t, 1, 3, 1, 1)
			f.expire(ElectionTimer)
			f.env.timers[ElectionTimer] = time.Nanosecond
			f.receive(2, m)
			require.Equal(t, Follower, f.Role())
			if _, heard := m.(AppendEntries); !heard {
				require.Equal(t, time.Nanosecond, f.env.timers[ElectionTimer], "the timer of a candidate runs on")
			}
			require.Equal(t, SteppedDown{Candidate, 2, 9}, f.env.notes[len(f.env.notes)-1])
		})
	}
}

// §5.2: a candidate that hears from a leader of its own term follows it.
func TestCandidateFollowsLeaderOfItsTerm(t *testing.T) {
	f := boot(t, 1, 3)
	f.expire(ElectionTimer)
	f.sync()
	require.Equal(t, AppendEntriesReply{Term: 1, Success: true}, f.ask(2, AppendEntries{Term: 1}))
	require.Equal(t, Follower, f.Role())
	f.receive(3, RequestVoteReply{Term: 1, Granted: true})
	require.Equal(t, Follower, f.Role(), "votes are counted although the election is over")
}

func TestTwoLeadersOfOneTermPanic(t *testing.T) {
	f := boot(t, 1, 3)
	f.elect()
	require.PanicsWithError(t, "Election Safety: servers 1 and 2 both lead term 1", func() {
		f.Receive(2, AppendEntries{Term: 1})
	})
}
