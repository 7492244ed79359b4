package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
)

// AppendEntries, receiver implementation (Figure 2), on a follower in term 5
// with the log 1, 1, 4, 4.
func TestAppendEntries(t *testing.T) {
	const prev1, prev2, prev4 = Index(1), Index(2), Index(4)
	matched := func(prev, match Index) AppendEntriesReply {
		return AppendEntriesReply{Term: 5, Success: true, PrevLogIndex: prev, MatchIndex: match}
	}
	refused := func(prev, conflict Index) AppendEntriesReply {
		return AppendEntriesReply{Term: 5, PrevLogIndex: prev, ConflictIndex: conflict}
	}
	tests := []struct {
		name    string
		message AppendEntries
		want    AppendEntriesReply
		log     []Term
		commit  Index
	}{
		{"leader of the past (rule 1)", AppendEntries{4, prev4, 4, testEntries(5, 4), 5, 0},
			refused(prev4, 0), []Term{1, 1, 4, 4}, 0},
		{"log too short (rule 2)", AppendEntries{5, 6, 4, testEntries(7, 5), 7, 0},
			refused(6, 5), []Term{1, 1, 4, 4}, 0},
		{"previous entry of another term (rule 2)", AppendEntries{5, prev4, 3, testEntries(5, 5), 5, 0},
			refused(prev4, 3), []Term{1, 1, 4, 4}, 0},
		{"conflict (rule 3)", AppendEntries{5, prev2, 1, testEntries(3, 2, 5), 0, 0},
			matched(prev2, 4), []Term{1, 1, 2, 5}, 0},
		{"conflict at the second entry (rule 3)", AppendEntries{5, prev2, 1, testEntries(3, 4, 5), 0, 0},
			matched(prev2, 4), []Term{1, 1, 4, 5}, 0},
		{"new entries (rule 4)", AppendEntries{5, prev4, 4, testEntries(5, 5, 5), 0, 0},
			matched(prev4, 6), []Term{1, 1, 4, 4, 5, 5}, 0},
		{"entries that are there already (rule 4)", AppendEntries{5, prev1, 1, testEntries(2, 1, 4, 4, 5), 0, 0},
			matched(prev1, 5), []Term{1, 1, 4, 4, 5}, 0},
		{"a late message does not cut the log", AppendEntries{5, prev1, 1, testEntries(2, 1), 0, 0},
			matched(prev1, 2), []Term{1, 1, 4, 4}, 0},
		{"heartbeat", AppendEntries{5, prev4, 4, nil, 3, 0},
			matched(prev4, 4), []Term{1, 1, 4, 4}, 3},
		{"commit index beyond what is known to agree (rule 5)", AppendEntries{5, prev1, 1, testEntries(2, 1), 4, 0},
			matched(prev1, 2), []Term{1, 1, 4, 4}, 2},
		{"whole log anew", AppendEntries{5, 0, 0, testEntries(1, 5), 1, 0},
			matched(0, 1), []Term{5}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := bootWith(t, 2, 3, 5, 1, 1, 4, 4)
			require.Equal(t, test.want, f.ask(1, test.message))
			require.Equal(t, test.log, f.logTerms())
			require.Equal(t, test.commit, f.CommitIndex())
			require.Equal(t, test.commit, f.LastApplied())
			f.crash()
			require.Equal(t, test.log, f.logTerms(), "what was acknowledged is not on the disk")
		})
	}
}

// A leader's messages reset the election timer, those of a leader of the past do
// not, or they would hold off the election that the cluster needs.
func TestWhichAppendEntriesResetTheElectionTimer(t *testing.T) {
	f := bootWith(t, 2, 3, 5)
	delete(f.env.timers, ElectionTimer)
	f.ask(1, AppendEntries{Term: 4})
	require.NotContains(t, f.env.timers, ElectionTimer)
	f.ask(1, AppendEntries{Term: 5, PrevLogIndex: 3, PrevLogTerm: 3})
	require.Contains(t, f.env.timers, ElectionTimer, "a refusal comes from a follower all the same")
}

// §5.3: entries that a follower lacks or should not have, Figure 7. The leader of
// term 8 makes each of the six logs equal to its own, in at most one exchange per
// conflicting term.
func TestFigure7(t *testing.T) {
	tests := []struct {
		name     string
		follower []Term
		refusals int
	}{
		{"a", []Term{1, 1, 1, 4, 4, 5, 5, 6, 6}, 1},
		{"b", []Term{1, 1, 1, 4}, 1},
		{"c", []Term{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 0},
		{"d", []Term{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, 0},
		{"e", []Term{1, 1, 1, 4, 4, 4, 4}, 2},
		{"f", []Term{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leader := bootWith(t, 1, 3, 7, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6)
			follower := bootWith(t, 2, 3, 7, test.follower...)
			leader.expire(ElectionTimer)
			leader.sync()
			leader.take()
			leader.receive(3, RequestVoteReply{Term: 8, Granted: true})
			require.Equal(t, test.refusals, exchange(leader, follower))
			require.Equal(t, leader.log.all(), follower.log.all())
			require.Equal(t, Index(11), leader.CommitIndex())
			require.Zero(t, follower.CommitIndex(), "it learns that with the next message")
			leader.expire(HeartbeatTimer)
			exchange(leader, follower)
			require.Equal(t, Index(11), follower.CommitIndex())
		})
	}
}

// newLeader returns the leader of three servers in term 1 whose followers have
// its no-op.
func newLeader(t *testing.T) *fixture {
	f := boot(t, 1, 3)
	f.elect()
	for _, peer := range []node.ID{2, 3} {
		f.receive(peer, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	}
	require.Equal(t, Index(1), f.CommitIndex())
	return f
}

func TestHeartbeats(t *testing.T) { // §5.2
	f := newLeader(t)
	f.expire(HeartbeatTimer)
	heartbeat := AppendEntries{Term: 1, PrevLogIndex: 1, PrevLogTerm: 1, LeaderCommit: 1, Round: 1}
	require.Equal(t, []envelope{{2, heartbeat}, {3, heartbeat}}, f.take())
	require.Equal(t, f.config.HeartbeatInterval, f.env.timers[HeartbeatTimer])
}

// Entries leave before the leader's own disk holds them (dissertation §10.2.1),
// one batch after another, without waiting for answers.
func TestPipelining(t *testing.T) {
	f := newLeader(t)
	for i := range 3 {
		f.request(1, uint64(i+1))
		sent := f.take()
		require.Len(t, sent, 2)
		for _, e := range sent {
			m := e.message.(AppendEntries)
			require.Equal(t, Index(i+1), m.PrevLogIndex)
			require.Len(t, m.Entries, 1)
		}
	}
}

// A lost message is found out by the third that follows, or by a heartbeat. It is sent
// again, and what followed it is there already or follows once more.
func TestLostMessageIsSentAgain(t *testing.T) {
	leader := newLeader(t)
	follower := bootWith(t, 2, 3, 1)
	follower.receive(1, AppendEntries{Term: 1, Entries: []Entry{{Term: 1}}})
	leader.request(1, 1)
	leader.take() // lost
	leader.request(1, 2)
	require.Zero(t, exchange(leader, follower))
	leader.request(1, 3)
	require.Zero(t, exchange(leader, follower))
	require.Equal(t, Index(1), follower.LastIndex())
	leader.request(1, 4)
	require.Equal(t, 1, exchange(leader, follower))
	require.Equal(t, leader.log.all(), follower.log.all())

	leader.request(1, 5)
	leader.take() // lost, and nothing follows but a heartbeat
	leader.expire(HeartbeatTimer)
	require.Equal(t, 1, exchange(leader, follower))
	require.Equal(t, leader.log.all(), follower.log.all())
	require.Equal(t, Index(6), leader.CommitIndex())
}

// A probe that was lost is in the next heartbeat, with its entry: that takes one
// message to arrive, where a heartbeat that only asks takes three in a row. A leader
// whose link came and went, with a period of which its heartbeats were a multiple,
// replicated nothing for seconds.
func TestHeartbeatRepeatsTheProbe(t *testing.T) {
	leader := newLeader(t)
	leader.request(1, 1)
	leader.take() // lost
	leader.expire(HeartbeatTimer)
	leader.take()
	leader.receive(2, AppendEntriesReply{Term: 1, PrevLogIndex: 2, ConflictIndex: 2})
	probe := leader.take()
	require.Len(t, probe, 1) // lost too
	require.Len(t, probe[0].message.(AppendEntries).Entries, 1)

	leader.expire(HeartbeatTimer)
	for _, e := range leader.take() {
		entries := e.message.(AppendEntries).Entries
		require.Equal(t, e.to == 2, len(entries) == 1, "server 3 has refused nothing")
	}
}

// While answers are merely on their way, heartbeats carry no entries.
func TestHeartbeatsDoNotRepeatEntries(t *testing.T) {
	f := newLeader(t)
	f.request(1, 1)
	f.take()
	for range 3 {
		f.expire(HeartbeatTimer)
		for _, e := range f.take() {
			require.Empty(t, e.message.(AppendEntries).Entries)
		}
	}
}

// One probe is under way at a time, and answers to earlier messages do not move
// next.
func TestRefusals(t *testing.T) {
	f := newLeader(t)
	for i := range 5 {
		f.request(1, uint64(i+1))
	}
	f.take()
	refusal := func(prev, conflict Index) AppendEntriesReply {
		return AppendEntriesReply{Term: 1, PrevLogIndex: prev, ConflictIndex: conflict}
	}
	p := f.peer(2)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	f.receive(2, refusal(4, 4)) // the entry at index 4 was lost
	sent := f.take()
	require.Len(t, sent, 1)
	require.Equal(t, Index(3), sent[0].message.(AppendEntries).PrevLogIndex)
	require.Len(t, sent[0].message.(AppendEntries).Entries, 1, "a probe is small")

	f.receive(2, refusal(5, 4)) // to a message sent before the probe
	f.receive(2, refusal(4, 4)) // a copy
	f.request(1, 6)
	for _, e := range f.take() {
		require.NotEqual(t, node.ID(2), e.to, "sent more although a probe is under way")
	}
	f.receive(2, refusal(3, 1)) // never below what is known to match
	require.Equal(t, Index(3), p.next)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 2, MatchIndex: 6})
	require.False(t, p.probing)
	require.Equal(t, Index(8), p.next, "the backlog follows")
	f.take()
	f.receive(2, refusal(1, 1)) // late
	f.receive(2, refusal(9, 8)) // to a message of before the probe, beyond next
	require.False(t, p.probing)
	require.Empty(t, f.take())
}

func TestLateReplyDoesNotMoveMatchIndexBack(t *testing.T) {
	f := newLeader(t)
	f.request(1, 1)
	f.request(1, 2)
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 3})
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 2})
	require.Equal(t, Index(3), f.peer(2).match)
	require.Equal(t, Index(4), f.peer(2).next)
}

func TestRepliesThatDoNotCount(t *testing.T) {
	f := newLeader(t)
	f.request(1, 1)
	f.receive(9, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 2})
	f.receive(2, AppendEntriesReply{Term: 0, Success: true, MatchIndex: 2})
	f.sync()
	require.Equal(t, Index(1), f.CommitIndex())
}

// A peer that does not answer is sent a bounded number of entries, in messages of
// bounded length, and the rest when it does.
func TestInFlightBound(t *testing.T) {
	f := newLeader(t)
	const maxInFlight = 3*maxChunkEntries - 100
	f.Server.config.MaxInFlightEntries = maxInFlight
	requests := maxInFlight + 2*maxChunkEntries
	entries := make([]Entry, requests)
	for i := range entries {
		entries[i].Term = 1
	}
	f.batch = entries
	f.env.timers[FlushTimer] = 0
	f.expire(FlushTimer)
	total := 0
	for _, e := range f.take() {
		if e.to == 2 {
			n := len(e.message.(AppendEntries).Entries)
			require.LessOrEqual(t, n, maxChunkEntries)
			total += n
		}
	}
	require.Equal(t, maxInFlight, total)

	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 1 + maxChunkEntries})
	sent := f.take()
	require.Len(t, sent, 1)
	require.Equal(t, Index(1+maxInFlight), sent[0].message.(AppendEntries).PrevLogIndex)
}
