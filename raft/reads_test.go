package raft

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// readingLeader returns the leader of three servers in term 1, whose first entry is
// committed if so wanted.
func readingLeader(t *testing.T, mode ReadMode, committed bool) *fixture {
	config := paperConfig(3)
	config.Reads, config.CheckQuorum = mode, true
	f := bootConfig(t, 1, config)
	f.elect()
	if committed {
		f.receive(2, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
		require.Equal(t, Index(1), f.CommitIndex())
	}
	f.take()
	return f
}

func (f *fixture) read(sequence uint64) {
	f.t.Helper()
	f.receive(clientAddress, rsm.Request{Client: 7, Sequence: sequence, Command: []byte("read"), ReadOnly: true})
}

// answers returns the read-only requests that were answered since take was last
// called, and the rounds that were sent to server 2.
func (f *fixture) answers() (answered []uint64, rounds []uint64) {
	for _, e := range f.take() {
		switch m := e.message.(type) {
		case rsm.Reply:
			if m.Status == rsm.OK {
				answered = append(answered, m.Sequence)
			}
		case AppendEntries:
			if e.to == 2 {
				rounds = append(rounds, m.Round)
			}
		}
	}
	return answered, rounds
}

func (f *fixture) ack(from node.ID, round uint64) {
	f.t.Helper()
	f.receive(from, AppendEntriesReply{Term: 1, Success: true, Round: round, PrevLogIndex: f.LastIndex(), MatchIndex: f.LastIndex()})
}

// Dissertation §6.4: a read is answered after a round that began when it had come.
func TestReadIndex(t *testing.T) {
	f := readingLeader(t, ReadIndex, true)
	last := f.LastIndex()
	f.read(1)
	f.read(2)
	f.expire(FlushTimer)
	answered, rounds := f.answers()
	require.Empty(t, answered)
	require.Len(t, rounds, 1, "one round for all that came at once")
	f.ack(2, rounds[0]-1)
	answered, _ = f.answers()
	require.Empty(t, answered, "that round began before the reads came")

	f.read(3)
	f.expire(FlushTimer)
	f.take()
	f.ack(3, rounds[0])
	answered, _ = f.answers()
	require.Equal(t, []uint64{1, 2}, answered, "the third came after that round began")
	f.ack(3, rounds[0]+1)
	answered, _ = f.answers()
	require.Equal(t, []uint64{3}, answered)
	require.Equal(t, last, f.LastIndex(), "nothing was written")
}

// Before an entry of its own term is committed, a leader does not know all that is.
func TestReadWaitsForAnEntryOfTheOwnTerm(t *testing.T) {
	for _, mode := range []ReadMode{ReadIndex, ReadLease} {
		f := readingLeader(t, mode, false)
		f.read(1)
		require.NotContains(t, f.env.timers, FlushTimer)
		f.ack(2, f.reads.round)
		answered, _ := f.answers()
		require.Empty(t, answered)
		f.expire(FlushTimer)
		f.ack(2, f.reads.round)
		answered, _ = f.answers()
		require.Equal(t, []uint64{1}, answered)
	}
}

func TestReadsShareTheMessagesOfWrites(t *testing.T) {
	f := readingLeader(t, ReadIndex, true)
	f.read(1)
	f.receive(clientAddress, rsm.Request{Client: 8, Sequence: 1, Command: []byte("write")})
	f.receive(3, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	f.take()
	f.expire(FlushTimer)
	_, rounds := f.answers()
	require.Len(t, rounds, 1)
}

func TestReadsOfALeaderThatStepsDown(t *testing.T) {
	f := readingLeader(t, ReadIndex, true)
	f.read(1)
	f.receive(2, AppendEntries{Term: 2, PrevLogIndex: 1, PrevLogTerm: 1})
	require.Equal(t, []envelope{{clientAddress, rsm.Reply{Client: 7, Sequence: 1, Status: rsm.NotLeader, Leader: 2}}}, f.take())
}

func TestSingleServerReads(t *testing.T) {
	for _, mode := range []ReadMode{ReadIndex, ReadLease} {
		config := paperConfig(1)
		config.Reads, config.CheckQuorum = mode, true
		f := bootConfig(t, 1, config)
		f.elect()
		f.read(1)
		if _, pending := f.env.timers[FlushTimer]; pending {
			f.expire(FlushTimer)
		}
		answered, _ := f.answers()
		require.Equal(t, []uint64{1}, answered)
	}
}

// Dissertation §6.4.1: the lease counts from when the round began that a majority
// has answered, and lasts for the shortest election timeout by the slowest clock.
func TestLease(t *testing.T) {
	f := readingLeader(t, ReadLease, true)
	f.config.ClockDriftBound = 1.5
	f.Server.config.ClockDriftBound = 1.5
	f.expire(HeartbeatTimer)
	began := f.env.now
	_, rounds := f.answers()
	f.env.now += 60 * time.Millisecond
	f.ack(2, rounds[0])

	answeredAt := func(after time.Duration, sequence uint64) bool {
		f.env.now = began + after
		f.take()
		f.read(sequence)
		answered, _ := f.answers()
		return len(answered) > 0
	}
	require.True(t, answeredAt(60*time.Millisecond, 1))
	require.True(t, answeredAt(99*time.Millisecond, 2))
	require.False(t, answeredAt(100*time.Millisecond, 3), "150 ms by a clock that is 1.5 times as slow")
	require.Contains(t, f.env.notes, any(MarkLeaseExpired))
	require.False(t, answeredAt(-time.Millisecond, 4), "the clock went back")

	f.env.now = began + time.Second
	f.expire(FlushTimer) // those that were not answered ask for a round
	_, rounds = f.answers()
	f.ack(2, rounds[0])
	answered, _ := f.answers()
	require.Equal(t, []uint64{3, 4}, answered)
	began += time.Second
	require.True(t, answeredAt(99*time.Millisecond, 5), "which extends the lease")
}

// Writes carry rounds as well: a busy leader need not fear for its lease.
func TestWritesExtendTheLease(t *testing.T) {
	f := readingLeader(t, ReadLease, true)
	f.receive(3, AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1})
	f.env.now += time.Second
	f.request(8, 1)
	_, rounds := f.answers()
	f.ack(2, rounds[len(rounds)-1])
	f.take()
	f.read(1)
	answered, _ := f.answers()
	require.Equal(t, []uint64{1}, answered)
}

// Once another server was told to stand, it may win at any time.
func TestHandOverEndsTheLease(t *testing.T) {
	f := readingLeader(t, ReadLease, true)
	f.expire(HeartbeatTimer)
	f.ack(2, f.reads.round)
	f.receive(clientAddress, rsm.TransferLeadership{To: 2})
	f.take()
	f.read(1)
	answered, _ := f.answers()
	require.Empty(t, answered)
	f.expire(TransferTimer)
	f.read(2)
	answered, _ = f.answers()
	require.Empty(t, answered, "the message may still be on its way")
}
