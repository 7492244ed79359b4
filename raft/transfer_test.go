package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

func TestTransferIsRefused(t *testing.T) {
	f := newLeader(t)
	require.Equal(t, rsm.AdminReply{Status: rsm.OK, Leader: 1}, f.ask(clientAddress, rsm.TransferLeadership{To: 1}))
	stranger := rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "there is no other voter of that name"}
	require.Equal(t, stranger, f.ask(clientAddress, rsm.TransferLeadership{To: 9}))
	f.request(7, 1)
	f.receive(clientAddress, rsm.TransferLeadership{To: 2})
	other := rsm.AdminReply{Status: rsm.Refused, Leader: 1, Reason: "another hand-over is under way"}
	require.Equal(t, other, f.ask(clientAddress, rsm.TransferLeadership{To: 3}))

	f = boot(t, 1, 3)
	require.Equal(t, rsm.AdminReply{Status: rsm.NotLeader}, f.ask(clientAddress, rsm.TransferLeadership{To: 1}))
}

// Dissertation §3.10: the other is told when it has all entries, and if it does not
// take over, the leader goes on.
func TestTransfer(t *testing.T) {
	f := newLeader(t)
	f.request(7, 1)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	f.request(7, 2)
	f.take()
	f.receive(clientAddress, rsm.TransferLeadership{}) // to the fittest
	require.Empty(t, f.take(), "it lacks an entry")
	f.receive(clientAddress, rsm.Request{Client: 8, Sequence: 1})
	f.expire(FlushTimer)
	require.Equal(t, Index(3), f.LastIndex(), "a request was taken during a hand-over")
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 2, MatchIndex: 3})
	require.Contains(t, f.take(), envelope{2, TimeoutNow{Term: 1}})
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 3, MatchIndex: 3})
	require.NotContains(t, f.take(), envelope{2, TimeoutNow{Term: 1}}, "once is enough")

	f.expire(TransferTimer)
	require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{
		Status: rsm.Refused, Leader: 1, Reason: "the other server did not take over within an election timeout",
	}})
	f.expire(FlushTimer)
	require.Equal(t, Index(4), f.LastIndex(), "what waited is taken now")
}

// An administrator who gets no answer asks again. That must not put off the end of the
// hand-over, for which all requests wait; and the first word may be lost.
func TestTransferIsAskedForAgain(t *testing.T) {
	f := newLeader(t)
	f.receive(clientAddress, rsm.TransferLeadership{})
	require.Contains(t, f.take(), envelope{2, TimeoutNow{Term: 1}})
	require.Contains(t, f.env.timers, TransferTimer)
	delete(f.env.timers, TransferTimer)
	f.request(7, 1)
	f.receive(3, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 1})
	for _, to := range []node.ID{0, 2} {
		f.receive(clientAddress, rsm.TransferLeadership{To: to})
		require.NotContains(t, f.env.timers, TransferTimer, "the time runs on")
		require.Contains(t, f.take(), envelope{2, TimeoutNow{Term: 1}})
	}
}

// Who asked for a hand-over is told that it is done only if it is.
func TestWhatBecomesOfATransfer(t *testing.T) {
	for name, test := range map[string]struct {
		from   node.ID
		ends   node.Message
		status rsm.Status
		leader node.ID
	}{
		"the other stands":         {2, RequestVote{Term: 2, LastLogIndex: 1, LastLogTerm: 1, Transfer: true}, rsm.OK, 0},
		"the other leads":          {2, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1}, rsm.OK, 2},
		"a third stands":           {3, RequestVote{Term: 2, LastLogIndex: 1, LastLogTerm: 1}, rsm.NotLeader, 0},
		"a third leads":            {3, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1}, rsm.NotLeader, 3},
		"its own majority is gone": {0, nil, rsm.NotLeader, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newLeader(t)
			f.receive(clientAddress, rsm.TransferLeadership{To: 2})
			require.Contains(t, f.take(), envelope{2, TimeoutNow{Term: 1}})
			if test.from == 0 {
				f.checkQuorum()
				f.checkQuorum()
			} else {
				f.receive(test.from, test.ends)
			}
			f.sync()
			require.Equal(t, Follower, f.Role())
			require.Contains(t, f.take(), envelope{clientAddress, rsm.AdminReply{Status: test.status, Leader: test.leader}})
		})
	}
}

func TestTimeoutNow(t *testing.T) {
	f := guarded(t, 2, 3, 3, 1)
	f.ask(1, AppendEntries{Term: 3, PrevLogIndex: 1, PrevLogTerm: 1})
	f.receive(1, TimeoutNow{Term: 2})
	require.Equal(t, Follower, f.Role(), "of a term that is over")
	f.receive(1, TimeoutNow{Term: 3})
	require.Equal(t, Candidate, f.Role(), "at once, and without asking first")
	f.sync()
	require.Contains(t, f.take(), envelope{1, RequestVote{Term: 4, LastLogIndex: 1, LastLogTerm: 1, Transfer: true}})
}
