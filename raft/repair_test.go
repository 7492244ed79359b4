package raft

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
	"quorumlab/node"
)

// damaged returns server 2 of 3, in term 3, whose log was 1, 1, 2, 3, after its
// disk was damaged in the records of the given entries, and a restart.
func damaged(t *testing.T, entries ...Index) *fixture {
	f := boot(t, 2, 3)
	harm(t, f, entries...)
	f.crash()
	f.sync()
	return f
}

func harm(t *testing.T, f *fixture, entries ...Index) {
	f.ask(1, RequestVote{Term: 3})
	for i, term := range []Term{1, 1, 2, 3} { // each in a record of its own, marked durable by the next
		index := Index(i + 1)
		f.ask(1, AppendEntries{Term: 3, PrevLogIndex: index - 1, PrevLogTerm: f.log.term(index - 1), Entries: testEntries(index, term)})
	}
	files, err := f.env.disk.List()
	require.NoError(t, err)
	segments := 0
	for _, name := range files {
		if strings.HasPrefix(name, journalName+".") {
			segments++
			content, err := f.env.disk.Read(name)
			require.NoError(t, err)
			for _, entry := range entries {
				f.env.disk.Damage(name, int(entry-1)*len(content)/4+len(content)/8)
			}
		}
	}
	require.Equal(t, 1, segments)
}

// Where there are no peers nobody brings anything back: a server alone would wait for
// ever, so it says what is wrong.
func TestDamageOfAServerAlone(t *testing.T) {
	f := boot(t, 2, 3)
	harm(t, f, 2)
	f.config.Servers = []node.ID{2}
	before := contents(t, &f.env.disk)
	f.crash()
	require.ErrorIs(t, f.env.exit, ErrDamaged)
	require.ErrorContains(t, f.env.exit, "no other server")
	require.Equal(t, before, contents(t, &f.env.disk))
}

// What is whole before the damage is kept, and the server knows what it may have
// lost.
func TestDamageIsNotDroppedSilently(t *testing.T) {
	for entry := Index(1); entry <= 3; entry++ {
		f := damaged(t, entry)
		require.NoError(t, f.env.exit)
		require.Equal(t, []any{MarkDamaged}, f.env.notes)
		require.True(t, f.Repairing())
		require.Equal(t, entry-1, f.LastIndex())
		require.Equal(t, loss{index: 4, term: 3}, f.loss)
		require.Equal(t, Term(3), f.Term())
		require.Equal(t, node.ID(1), f.votedFor)
	}
}

func TestServerUnderRepairTakesNoPartInElections(t *testing.T) {
	f := damaged(t, 2)
	require.Equal(t, RequestVoteReply{Term: 5}, f.ask(1, RequestVote{Term: 5, LastLogIndex: 9, LastLogTerm: 4}))
	require.Equal(t, PreVoteReply{Term: 6, VoterTerm: 5}, f.ask(1, PreVote{Term: 6, LastLogIndex: 9, LastLogTerm: 4}))
	f.expire(ElectionTimer)
	f.receive(1, TimeoutNow{Term: 5})
	f.sync()
	require.Equal(t, Follower, f.Role())
	require.Empty(t, f.take())
	require.Contains(t, f.env.notes, any(MarkUnrepaired), "it tells those who watch what it waits for")
	require.Contains(t, f.String(), "repairing")
}

// Its peers bring back what is missing, like to any follower that is behind, and
// in the meantime it survives more restarts.
func TestRepairByPeers(t *testing.T) {
	f := damaged(t, 2)
	f.crash()
	f.sync()
	require.True(t, f.Repairing(), "forgot that it may have lost something")
	require.Equal(t, AppendEntriesReply{Term: 3, PrevLogIndex: 4, ConflictIndex: 2, Lost: true},
		f.ask(1, AppendEntries{Term: 3, PrevLogIndex: 4, PrevLogTerm: 3}))
	f.ask(1, AppendEntries{Term: 3, PrevLogIndex: 1, PrevLogTerm: 1, Entries: testEntries(2, 1, 2, 3), LeaderCommit: 3})
	f.answer(4)
	require.True(t, f.Repairing(), "the last entry that it stored is not known to be committed")
	f.ask(1, AppendEntries{Term: 3, PrevLogIndex: 4, PrevLogTerm: 3, LeaderCommit: 4})
	require.False(t, f.Repairing())
	require.Contains(t, f.env.notes, any(MarkRepaired))
	f.crash()
	require.False(t, f.Repairing())
	require.Equal(t, []Term{1, 1, 2, 3}, f.logTerms())
	require.Equal(t, RequestVoteReply{5, true}, f.ask(1, RequestVote{Term: 5, LastLogIndex: 4, LastLogTerm: 3}))
}

// answer has the leader of the term say that its log ends at an index.
func (f *fixture) answer(last Index) {
	f.t.Helper()
	f.receive(f.leader, Bound{Term: f.term, Question: f.question(), LastIndex: last})
	f.sync()
}

// question returns the number with which the server asks its leader.
func (f *fixture) question() uint64 {
	f.t.Helper()
	f.take()
	f.receive(1, AppendEntries{Term: f.term})
	for _, e := range f.take() {
		if m, ok := e.message.(BoundRequest); ok {
			require.Equal(f.t, f.leader, e.to)
			require.Equal(f.t, f.term, m.Term)
			return m.Question
		}
	}
	require.Fail(f.t, "it does not ask")
	return 0
}

// A disk may not tell how far its log reached: here the fourth entry cannot be read
// either. The leader can, and it is asked in this life: what it told an earlier one
// may be too little for what that has stored after it.
func TestOnlyTheLeaderKnowsHowMuchIsLost(t *testing.T) {
	for _, test := range []struct {
		name     string
		answers  func(question uint64) []Bound
		repaired Index // so much has to be committed for it
	}{
		{"no answer", func(uint64) []Bound { return nil }, 0},
		{"to an earlier life", func(q uint64) []Bound { return []Bound{{Term: 3, Question: q + 2, LastIndex: 3}} }, 0},
		{"of an earlier term", func(q uint64) []Bound { return []Bound{{Term: 2, Question: q, LastIndex: 3}} }, 0},
		{"to this life", func(q uint64) []Bound { return []Bound{{Term: 3, Question: q, LastIndex: 4}} }, 4},
		{"two, the later one first", func(q uint64) []Bound {
			return []Bound{{Term: 3, Question: q, LastIndex: 4}, {Term: 3, Question: q, LastIndex: 3}}
		}, 4},
		{"less than can be read", func(q uint64) []Bound { return []Bound{{Term: 3, Question: q, LastIndex: 2}} }, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := damaged(t, 2, 4)
			require.Equal(t, loss{index: 3, term: 3}, f.loss, "it cannot know of the fourth entry")
			for _, m := range test.answers(f.question()) {
				f.receive(1, m)
			}
			require.True(t, f.Repairing())
			for i, term := range []Term{1, 2, 3} {
				index := Index(i + 2)
				f.ask(1, AppendEntries{Term: 3, PrevLogIndex: index - 1, PrevLogTerm: f.log.term(index - 1), Entries: testEntries(index, term), LeaderCommit: index})
				require.Equal(t, test.repaired > 0 && index >= test.repaired, !f.Repairing(), "%d entries are committed", index)
			}
		})
	}
}

// All that is missing may be back before the answer is.
func TestAnswerEndsTheRepair(t *testing.T) {
	f := damaged(t, 2, 4)
	f.ask(1, AppendEntries{Term: 3, PrevLogIndex: 1, PrevLogTerm: 1, Entries: testEntries(2, 1, 2, 3), LeaderCommit: 4})
	require.True(t, f.Repairing())
	f.answer(4)
	require.False(t, f.Repairing())
}

// A life asks with one number until it is answered, and the next one with another.
func TestQuestionsAreOfOneLife(t *testing.T) {
	f := damaged(t, 2)
	first := f.question()
	require.NotZero(t, first)
	require.Equal(t, first, f.question())
	f.crash()
	f.sync()
	require.NotEqual(t, first, f.question())
	f.answer(4)
	f.receive(1, AppendEntries{Term: 3})
	f.sync()
	for _, e := range f.take() {
		require.False(t, is[BoundRequest](e.message), "it knows the answer")
	}
}

func TestLeaderSaysHowFarItsLogReaches(t *testing.T) {
	f := newLeader(t)
	f.request(1, 1)
	f.take()
	f.receive(2, BoundRequest{Term: 1, Question: 7})
	require.Equal(t, []envelope{{2, Bound{Term: 1, Question: 7, LastIndex: 2}}}, f.take())
	f.receive(2, BoundRequest{Term: 2, Question: 7})
	require.Empty(t, f.take(), "it does not lead that term")
	f.receive(2, AppendEntries{Term: 2})
	f.sync()
	f.take()
	f.receive(2, BoundRequest{Term: 2, Question: 7})
	require.Empty(t, f.take(), "it follows")
}

// A leader of a later term was elected without this server's vote: what its log
// holds up to there is all that was ever committed.
func TestEntryOfALaterTermEndsTheRepair(t *testing.T) {
	f := damaged(t, 3)
	f.ask(1, AppendEntries{Term: 4, PrevLogIndex: 2, PrevLogTerm: 1})
	require.True(t, f.Repairing())
	f.ask(1, AppendEntries{Term: 4, PrevLogIndex: 2, PrevLogTerm: 1, Entries: testEntries(3, 4)})
	require.False(t, f.Repairing())
}

// What is back counts from when it is durable: until then the disk is as damaged as it
// was, and a judge of disks must not take the server for repaired.
func TestRepairCountsOnceItIsDurable(t *testing.T) {
	for _, crash := range []bool{false, true} {
		f := damaged(t, 3)
		var h shadow
		v := NewInvariants()
		repairing := func(restarted bool) bool {
			require.NoError(t, v.checkRepairing(&h, f.Server, restarted))
			return h.repairing
		}
		require.True(t, repairing(true))
		f.receive(1, AppendEntries{Term: 4, PrevLogIndex: 2, PrevLogTerm: 1, Entries: testEntries(3, 4)})
		require.False(t, f.Repairing())
		require.True(t, repairing(false))
		if crash {
			f.crash()
			require.True(t, f.Repairing(), "the crash took it back")
			require.True(t, repairing(true))
			continue
		}
		f.sync()
		require.False(t, repairing(false))
	}
}

// The leader believes a follower that says that it has lost entries, and nobody
// else who says less than before.
func TestLeaderSendsAgainWhatWasLost(t *testing.T) {
	f := newLeader(t)
	for i := range 3 {
		f.request(1, uint64(i+1))
	}
	f.receive(2, AppendEntriesReply{Term: 1, Success: true, PrevLogIndex: 3, MatchIndex: 4})
	f.take()
	f.receive(2, AppendEntriesReply{Term: 1, PrevLogIndex: 4, ConflictIndex: 2})
	require.Equal(t, Index(4), f.peer(2).match)
	require.Empty(t, f.take())
	f.receive(2, AppendEntriesReply{Term: 1, PrevLogIndex: 4, ConflictIndex: 2, Lost: true})
	require.Equal(t, Index(1), f.peer(2).match)
	sent := f.take()
	require.Len(t, sent, 1)
	require.Equal(t, Index(1), sent[0].message.(AppendEntries).PrevLogIndex)
}

func TestTermAndVoteAreKeptTwice(t *testing.T) {
	for _, test := range []struct {
		name   string
		copies []string
		lost   bool
	}{
		{"first", []string{"-1"}, false}, {"second", []string{"-2"}, false}, {"both", []string{"-1", "-2"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := bootWith(t, 1, 3, 3, 1)
			f.ask(2, RequestVote{Term: 7, LastLogIndex: 1, LastLogTerm: 1})
			for _, c := range test.copies {
				f.env.disk.Damage(voteName+c, 2)
			}
			f.crash()
			if test.lost {
				require.ErrorIs(t, f.env.exit, wal.ErrCorrupt)
				require.ErrorContains(t, f.env.exit, "term and vote are lost")
				return
			}
			require.NoError(t, f.env.exit)
			require.Equal(t, Term(7), f.Term())
			require.Equal(t, node.ID(2), f.votedFor)
		})
	}
	t.Run("missing", func(t *testing.T) {
		f := bootWith(t, 1, 3, 3, 1)
		f.ask(2, AppendEntries{Term: 3, PrevLogIndex: 1, PrevLogTerm: 1, Entries: testEntries(2, 3)})
		f.ask(2, AppendEntries{Term: 3, PrevLogIndex: 2, PrevLogTerm: 3, Entries: testEntries(3, 3)})
		require.NoError(t, f.env.disk.Remove(voteName+"-1"))
		require.NoError(t, f.env.disk.Remove(voteName+"-2"))
		f.restart()
		require.ErrorContains(t, f.env.exit, "term and vote are lost")
	})
}

// Without its snapshot a server has nothing to stand on: it begins anew, and the
// leader's snapshot repairs it.
func TestDamagedSnapshot(t *testing.T) {
	f := withSnapshot(t)
	f.env.disk.Damage(snapshotName, 6)
	f.crash()
	f.sync()
	require.NoError(t, f.env.exit)
	require.True(t, f.Repairing())
	require.Zero(t, f.LastIndex())
	require.Equal(t, loss{index: 5, term: 1}, f.loss)

	leader := withSnapshot(t)
	whole := leader.snapshot.encoded.Whole()
	f.receive(1, InstallSnapshot{Term: 1, LastIndex: 4, LastTerm: 1, Data: whole, Done: true})
	f.sync()
	require.True(t, f.Repairing(), "it stored more than the snapshot holds")
	require.Equal(t, Index(4), f.LastApplied())
	f.answer(5)
	f.ask(1, AppendEntries{Term: 1, PrevLogIndex: 4, PrevLogTerm: 1, Entries: testEntries(5, 1), LeaderCommit: 5})
	require.False(t, f.Repairing())
}

// withSnapshot returns server 2 of 3 with a snapshot up to index 4 and a log that
// begins there and holds one more entry.
func withSnapshot(t *testing.T) *fixture {
	config := paperConfig(3)
	config.SnapshotEntries, config.SnapshotKeep = 4, 0
	f := bootConfig(t, 2, config)
	f.ask(1, AppendEntries{Term: 1, Entries: testEntries(1, 1, 1, 1, 1), LeaderCommit: 4})
	f.expire(SnapshotTimer)
	f.sync()
	f.ask(1, AppendEntries{Term: 1, PrevLogIndex: 4, PrevLogTerm: 1, Entries: testEntries(5, 1), LeaderCommit: 4})
	require.Equal(t, Index(4), f.snapshot.index)
	require.Equal(t, Index(5), f.FirstIndex())
	return f
}
