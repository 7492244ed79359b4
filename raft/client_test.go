package raft

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

// §5.3 and Figure 2: the leader appends a command, replicates it, and answers
// when it is committed and applied.
func TestRequestIsAnsweredOnceCommitted(t *testing.T) {
	f := newLeader(t)
	f.request(7, 1)
	f.take()
	f.sync()
	require.Empty(t, f.take())
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	require.Equal(t, []envelope{{clientAddress, rsm.Reply{
		Client: 7, Sequence: 1, Status: rsm.OK, Result: []byte("command"),
	}}}, f.take())
	require.Equal(t, []string{"command"}, f.machine.commands)
}

// All requests of one instant share one write and one message per follower.
func TestRequestsAreBatched(t *testing.T) {
	f := newLeader(t)
	f.sync()
	records := f.journal.wal.Appended()
	for client := range rsm.ClientID(5) {
		f.receive(clientAddress, rsm.Request{Client: client + 1, Sequence: 1})
	}
	require.Empty(t, f.take())
	require.Zero(t, f.env.timers[FlushTimer], "a batch gathers without delay")
	f.expire(FlushTimer)
	sent := f.take()
	require.Len(t, sent, 2)
	require.Len(t, sent[0].message.(AppendEntries).Entries, 5)
	require.Equal(t, records+1, f.journal.wal.Appended())
	require.Equal(t, 1, f.env.disk.Syncs())
}

// A message to everybody is as good as a heartbeat.
func TestEntriesPostponeTheHeartbeat(t *testing.T) {
	f := newLeader(t)
	delete(f.env.timers, HeartbeatTimer)
	f.request(1, 1)
	require.Contains(t, f.env.timers, HeartbeatTimer)

	f.peer(2).probing = true // is sent nothing until it answers
	delete(f.env.timers, HeartbeatTimer)
	f.request(1, 2)
	require.NotContains(t, f.env.timers, HeartbeatTimer)
}

func TestRepeatedRequests(t *testing.T) {
	f := newLeader(t)
	request := rsm.Request{Client: 7, Sequence: 1, Command: []byte("once")}
	f.receive(clientAddress, request)
	f.receive(clientAddress, request)
	f.expire(FlushTimer)
	f.receive(clientAddress, request)
	require.Equal(t, Index(2), f.LastIndex(), "a request under way was put into the log again")
	f.sync()
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 1, MatchIndex: 2})
	f.take()
	f.receive(clientAddress+1, request)
	require.Equal(t, []envelope{{clientAddress + 1, rsm.Reply{Client: 7, Sequence: 1, Result: []byte("once")}}}, f.take())
}

func TestOthersRedirectToTheLeader(t *testing.T) { // §8
	request := rsm.Request{Client: 7, Sequence: 1}
	notLeader := rsm.Reply{Client: 7, Sequence: 1, Status: rsm.NotLeader}
	f := boot(t, 1, 3)
	require.Equal(t, notLeader, f.ask(clientAddress, request))
	f.ask(3, AppendEntries{Term: 1})
	hint := notLeader
	hint.Leader = 3
	require.Equal(t, hint, f.ask(clientAddress, request))
	f.expire(ElectionTimer)
	f.sync()
	require.Equal(t, notLeader, f.ask(clientAddress, request), "a candidate knows of no leader")
}

// A leader that steps down tells those who wait, and forgets what it has not
// sent yet.
func TestSteppingDownAbandonsRequests(t *testing.T) {
	f := newLeader(t)
	f.request(7, 1)
	f.take()
	f.receive(clientAddress, rsm.Request{Client: 8, Sequence: 4})
	f.receive(2, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1})
	require.Equal(t, []envelope{
		{clientAddress, rsm.Reply{Client: 7, Sequence: 1, Status: rsm.NotLeader, Leader: 2}},
		{clientAddress, rsm.Reply{Client: 8, Sequence: 4, Status: rsm.NotLeader, Leader: 2}},
	}, f.take())
	f.expire(FlushTimer)
	require.Equal(t, Index(2), f.LastIndex())
	f.sync()
	require.Equal(t, Index(2), f.journal.durable)
}

func TestCommandThatIsTooLongIsRefused(t *testing.T) {
	f := newLeader(t)
	f.Server.config.MaxCommandBytes = 3
	require.Equal(t, rsm.Reply{
		Client: 7, Sequence: 1, Status: rsm.Refused, Result: []byte("a command may have 3 bytes: this one has 4"),
	}, f.ask(clientAddress, rsm.Request{Client: 7, Sequence: 1, Command: make([]byte, 4)}))
	require.Equal(t, Index(1), f.LastIndex())
	f.receive(clientAddress, rsm.Request{Client: 7, Sequence: 1, Command: make([]byte, 3)})
	f.expire(FlushTimer)
	require.Equal(t, Index(2), f.LastIndex(), "the limit itself is allowed")
}

func TestStrings(t *testing.T) {
	f := bootWith(t, 2, 3, 3, 1, 2)
	tests := []struct {
		value fmt.Stringer
		want  string
	}{
		{f, "follower term=3 vote=0 leader=0 log=2/2 commit=0 applied=0"},
		{Role(7), "Role(7)"},
		{RequestVote{3, 2, 1, false}, "RequestVote(term=3 last=2/1)"},
		{RequestVoteReply{3, true}, "RequestVoteReply(term=3 granted=true)"},
		{AppendEntries{3, 2, 1, []Entry{{Term: 3}, testEntry(4, 3)}, 1, 0},
			"AppendEntries(term=3 prev=2/1 entries=[3:no-op 3:3.4] commit=1)"},
		{AppendEntries{3, 2, 1, testEntries(3, 3, 3, 3, 3, 3), 1, 0},
			"AppendEntries(term=3 prev=2/1 entries=[3:3.3 ... 3:3.7, 5 entries] commit=1)"},
		{AppendEntriesReply{Term: 3, Success: true, PrevLogIndex: 2, MatchIndex: 4},
			"AppendEntriesReply(term=3 prev=2 match=4)"},
		{AppendEntriesReply{Term: 3, PrevLogIndex: 2, ConflictIndex: 1},
			"AppendEntriesReply(term=3 prev=2 refused, go on from 1)"},
		{BecameCandidate{3}, "became candidate of term 3"},
		{BecameLeader{3}, "became leader of term 3"},
		{SteppedDown{Candidate, 3, 4}, "stepped down as candidate of term 3 for term 4"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.value.String())
	}
}

func TestSizes(t *testing.T) {
	empty := AppendEntries{}.Size()
	command := rsm.Request{Command: make([]byte, 100)}
	require.Equal(t, empty+2*(8+command.Size()), AppendEntries{Entries: []Entry{{Term: 1, Request: command}, {Term: 1, Request: command}}}.Size())
	for _, size := range []int{RequestVote{}.Size(), RequestVoteReply{}.Size(), AppendEntriesReply{}.Size(), empty} {
		require.Positive(t, size)
	}
}
