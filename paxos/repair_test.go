package paxos

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/node"
	"quorumlab/rsm"
)

// newDamaged makes a server that has promised 1.2, has accepted slots 1 to 3 in it,
// and cannot read the second of these any more.
func newDamaged(t *testing.T) *lone {
	l := boot(t, 1, 3)
	for slot := Slot(1); slot <= 3; slot++ {
		l.receive(2, Accept{b(1, 2), slot, requests(6), 0, 0, 0})
	}
	content, err := l.disk.Read("paxos.000001")
	require.NoError(t, err)
	l.kill()
	l.disk.Damage("paxos.000001", len(content)/2)
	l.start()
	l.sync()
	require.NoError(t, l.exited)
	require.True(t, l.server.Damaged())
	require.Equal(t, b(1, 2), l.server.Promised())
	require.EqualValues(t, 1, l.server.Last())
	return l
}

// An acceptor that may have forgotten something neither promises nor leads, until it
// knows what was chosen wherever that could matter.
func TestRepair(t *testing.T) {
	l := newDamaged(t)
	l.clock += l.config.LeaderTimeoutMin
	l.receive(3, Prepare{Ballot: b(2, 3), First: 1})
	l.expect()
	l.expire(LeaderTimer)
	l.expect()
	require.Contains(t, l.timers, LeaderTimer)

	l.receive(3, Accept{b(2, 3), 4, requests(9), 0, 0, 0}) // accepting forgets nothing
	l.expect("3 Accepted(2.3 4)")
	l.receive(3, Accept{b(2, 3), 4, requests(9), 0, 0, 1}) // which stands for a heartbeat
	l.expect("3 FillRequest(through 1025)", "3 Accepted(2.3 4)")
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 0})
	l.expect("3 FillRequest(through 1025)")
	l.receive(3, CatchUp{1, requests(6, 6, 6), 3})
	l.receive(3, CatchUp{4, append(requests(9), noOps(1020)...), 1024})
	require.EqualValues(t, 1024, l.server.Chosen())
	require.True(t, l.server.Damaged())

	l.restart() // it is not forgotten that something is
	require.True(t, l.server.Damaged())
	l.sent = nil
	l.receive(3, Heartbeat{Ballot: b(2, 3), Chosen: 1024})
	l.expect("3 FillRequest(through 1025)")
	l.receive(3, CatchUp{1025, noOps(1), 1025})
	require.False(t, l.server.Damaged())
	require.Contains(t, l.notes, string(Repaired))

	l.restart()
	require.False(t, l.server.Damaged())
	l.sent = nil
	l.clock += l.config.LeaderTimeoutMin
	l.receive(2, Prepare{Ballot: b(3, 2), First: 1026})
	require.Len(t, l.sent, 1)
}

// The ceiling is never below what was accepted: it is written before that, and if a
// crash keeps only the acceptance it is raised by that.
func TestCeiling(t *testing.T) {
	l := boot(t, 1, 3)
	window := Slot(l.config.Window)
	require.Zero(t, l.server.ceiling)
	l.receive(2, Accept{b(1, 2), 5, requests(6, 6), 0, 0, 0})
	require.EqualValues(t, 6+window, l.server.ceiling)
	before, err := l.disk.Read("paxos-promise-1")
	require.NoError(t, err)
	l.receive(2, Accept{b(1, 2), 6 + window, requests(6), 0, 0, 0})
	require.EqualValues(t, 6+window, l.server.ceiling)
	l.receive(2, Accept{b(1, 2), 7 + window, requests(6), 0, 0, 0})
	require.EqualValues(t, 7+2*window, l.server.ceiling)
	l.restart()
	require.EqualValues(t, 7+2*window, l.server.ceiling)
	l.kill()
	require.NoError(t, l.disk.Replace("paxos-promise-1", before))
	require.NoError(t, l.disk.Replace("paxos-promise-2", before))
	for range 2 {
		l.start()
		l.sync()
		require.EqualValues(t, 7+window, l.server.ceiling)
		l.kill()
	}
}

// A leader that is asked to fills up what clients do not, after what they want.
func TestFill(t *testing.T) {
	l := boot(t, 1, 3)
	l.server.config.Window = 3
	l.receive(3, FillRequest{5})
	l.expect()
	l.lead(2)
	l.receive(3, FillRequest{5})
	l.receive(99, request(7))
	l.expire(FlushTimer)
	l.expect("2 Accept(1.1 1=[7/1] chosen=0)", "3 Accept(1.1 1=[7/1] chosen=0)",
		"2 Accept(1.1 2-3=[no-op no-op] chosen=0)", "3 Accept(1.1 2-3=[no-op no-op] chosen=0)")
	l.receive(3, Accepted{Ballot: b(1, 1), First: 1, Last: 3})
	l.sent = nil
	l.receive(3, FillRequest{5})
	l.expire(FlushTimer)
	l.expect("2 Accept(1.1 4-5=[no-op no-op] chosen=3)", "3 Accept(1.1 4-5=[no-op no-op] chosen=3)")
	l.receive(3, FillRequest{5})
	require.NotContains(t, l.timers, FlushTimer, "it is under way")
}

// The promise is kept in two copies, either of which will do; with neither the
// acceptor must not vote.
func TestThePromiseIsPrecious(t *testing.T) {
	copies := []string{"paxos-promise-1", "paxos-promise-2"}
	for _, name := range copies {
		l := boot(t, 1, 3)
		l.receive(2, Prepare{Ballot: b(1, 2), First: 1})
		l.disk.Damage(name, 5)
		l.restart()
		require.NoError(t, l.exited)
		require.Equal(t, b(1, 2), l.server.Promised())
		require.False(t, l.server.Damaged())
	}
	l := boot(t, 1, 3)
	l.receive(2, Prepare{Ballot: b(1, 2), First: 1})
	for _, name := range copies {
		l.disk.Damage(name, 5)
	}
	l.kill()
	l.start()
	require.ErrorContains(t, l.exited, "must not vote")
}

// An unreadable snapshot is damage too: the log does not reach back.
func TestADamagedSnapshot(t *testing.T) {
	l := boot(t, 1, 3)
	l.server.config.SnapshotSlots, l.config.SnapshotSlots = 2, 2
	l.receive(2, Accept{b(1, 2), 1, requests(5, 6, 7), 3, 0, 0})
	l.receive(2, Accept{b(1, 2), 4, requests(8), 3, 0, 0})
	l.restart()
	require.EqualValues(t, 3, l.server.Chosen())
	at, _ := l.server.Snapshot()
	require.EqualValues(t, 2, at)
	require.Equal(t, counterAt(5+6+7), l.counter.Snapshot())

	l.kill()
	l.disk.Damage(snapshotName, 9)
	l.start()
	l.sync()
	require.NoError(t, l.exited)
	require.True(t, l.server.Damaged())
	require.Zero(t, l.server.Chosen())
	l.receive(2, Heartbeat{Ballot: b(1, 2), Chosen: 4})
	l.receive(2, CatchUp{1, requests(5, 6), 4})
	require.EqualValues(t, 4, l.server.Chosen(), "slots 3 and 4 were still there")
	require.True(t, l.server.Damaged())
	l.receive(2, CatchUp{5, noOps(l.config.Window), 4})
	require.False(t, l.server.Damaged())
	require.Equal(t, counterAt(5+6+7+8), l.counter.Snapshot())
}

// Older segments of the log are removed when a snapshot has taken their place.
func TestTheLogIsCut(t *testing.T) {
	l := boot(t, 1, 3)
	l.config.SnapshotSlots, l.config.SnapshotKeep = 10, 10
	l.server.config = l.config
	for slot := Slot(1); slot <= 1000; slot++ {
		l.receive(2, Accept{b(1, 2), slot, requests(7), slot - 1, 0, 0})
	}
	files, err := l.disk.List()
	require.NoError(t, err)
	require.LessOrEqual(t, len(files), 6, "%v", files)
	require.LessOrEqual(t, len(l.server.slots.proposals), 22)
	_, err = l.disk.Read("paxos.000001")
	require.ErrorIs(t, err, fs.ErrNotExist)
	before := l.server.Chosen()
	l.restart()
	require.Equal(t, before-1, l.server.Chosen(), "the next acceptance would have noted the last one")
	l.receive(3, CatchUpRequest{1})
	require.Contains(t, l.sent[len(l.sent)-1], "SnapshotChunk(at 990")
}

// A snapshot is handed over in parts, one asked for after the other; a part may be
// lost, or come twice.
func TestALargeSnapshotComesInParts(t *testing.T) {
	ahead, behind := boot(t, 2, 3), boot(t, 1, 3)
	ahead.server.config.SnapshotSlots = 1
	ahead.receive(3, Accept{b(1, 3), 1, requests(5, 6, 8), 3, 0, 0})
	ahead.server.snapshot = append(ahead.server.snapshot, make([]byte, 2*(64<<10)+10))
	whole := ahead.server.snapshot.Whole()
	var chunks []SnapshotChunk
	for offset := 0; offset < len(whole); offset += (64 << 10) {
		end := min(offset+(64<<10), len(whole))
		chunks = append(chunks, SnapshotChunk{3, offset, whole[offset:end], len(whole)})
	}
	require.Len(t, chunks, 3)
	behind.receive(2, chunks[1])
	behind.expect() // nothing began it
	behind.receive(2, chunks[0])
	behind.expect("2 SnapshotRequest(at 3 from 65536)")
	behind.receive(2, chunks[0])
	behind.expect()
	behind.expire(CatchUpTimer)
	behind.expect("2 SnapshotRequest(at 3 from 65536)") // the first may be lost
	behind.expire(CatchUpTimer)
	behind.expect() // or the server
	behind.receive(3, Heartbeat{Ballot: b(1, 3), Chosen: 3})
	behind.expect("3 SnapshotRequest(at 3 from 65536)")
	behind.receive(2, chunks[1])
	behind.receive(2, chunks[2])
	require.ErrorContains(t, behind.exited, "malformed snapshot", "zeros are no snapshot of a counter")

	ahead.receive(1, SnapshotRequest{First: 1, At: 3, Offset: (64 << 10)})
	require.Contains(t, ahead.sent[len(ahead.sent)-1], "SnapshotChunk(at 3, 65536 bytes from 65536")
	ahead.receive(1, SnapshotRequest{First: 3, At: 1})
	require.Contains(t, ahead.sent[len(ahead.sent)-1], "CatchUp(3=")
}

// A server gets the rest of the snapshot that it was handed the first part of, though there
// is a newer one, and goes on from there. When it has not asked for long it begins anew.
func TestASnapshotIsHandedOverWhole(t *testing.T) {
	l := boot(t, 2, 3)
	l.server.config.SnapshotSlots, l.server.config.SnapshotKeep, l.server.config.SnapshotChunkBytes = 3, 0, 10
	accept := func(first Slot) { l.receive(3, Accept{b(1, 3), first, requests(5, 6, 8), first + 2, 0, 0}) }
	expect := func(m node.Message, answer string) {
		t.Helper()
		l.receive(1, m)
		require.Contains(t, l.sent[len(l.sent)-1], answer)
	}
	accept(1)
	expect(CatchUpRequest{First: 1}, "SnapshotChunk(at 3, 10 bytes from 0")
	accept(4)
	require.EqualValues(t, 6, l.server.snapshotAt)
	expect(SnapshotRequest{First: 1, At: 3, Offset: 10}, "SnapshotChunk(at 3, 10 bytes from 10")
	expect(SnapshotRequest{First: 1, At: 6, Offset: 20}, "SnapshotChunk(at 6, 10 bytes from 20") // begun elsewhere
	expect(CatchUpRequest{First: 4}, "SnapshotChunk(at 6, 10 bytes from 0")

	l.clock += handedTimeouts * l.config.LeaderTimeoutMax
	expect(SnapshotRequest{First: 1, At: 3, Offset: 10}, "SnapshotChunk(at 3, 10 bytes from 10")
	l.clock++
	accept(7)
	expect(SnapshotRequest{First: 1, At: 6, Offset: 20}, "SnapshotChunk(at 9, 10 bytes from 0")
	expect(SnapshotRequest{First: 1, At: 3, Offset: 20}, "SnapshotChunk(at 3, 10 bytes from 20")
	require.Len(t, l.server.handed, 2)

	l.restart()
	expect(SnapshotRequest{First: 1, At: 3, Offset: 20}, "SnapshotChunk(at 9, ")
}

// Of two servers that offer snapshots of different slots again and again, one is heeded
// until it is done, or does not answer any more.
func TestSnapshotsOfTwoServers(t *testing.T) {
	l := boot(t, 1, 3)
	chunk := func(at Slot, offset int) SnapshotChunk { return SnapshotChunk{at, offset, make([]byte, 10), 30} }
	l.receive(2, chunk(6, 0))
	l.expect("2 SnapshotRequest(at 6 from 10)")
	for _, at := range []Slot{4, 8} {
		l.receive(3, chunk(at, 0))
		l.expect()
	}
	l.receive(2, chunk(6, 10))
	l.expect("2 SnapshotRequest(at 6 from 20)")
	l.receive(2, chunk(8, 0)) // it has taken a newer one meanwhile
	l.expect("2 SnapshotRequest(at 8 from 10)")
	l.expire(CatchUpTimer)
	l.expect("2 SnapshotRequest(at 8 from 10)")
	l.expire(CatchUpTimer)
	l.receive(3, chunk(4, 0))
	l.expect("3 SnapshotRequest(at 4 from 10)")
	l.receive(2, chunk(8, 0))
	l.expect()
	l.receive(3, chunk(4, 10))
	l.expect("3 SnapshotRequest(at 4 from 20)")
}

// An acceptor may forget a whole configuration to damage, and what it has accepted in
// it. It does not take the leader's word for what matters who leads an older one, and
// has not heard either that others have gone on.
func TestRepairAcrossConfigurations(t *testing.T) {
	for _, way := range []Reconfiguration{ByWindow, ByStop} {
		config := DefaultConfig([]node.ID{1, 2, 3, 6, 7})
		config.Window, config.LearningRounds, config.Reconfiguration = 8, 0, way
		s := newTroupe(t, config, 1, 2, 3, 4, 5, 6, 7)
		a := s.servers[1]
		s.elect(2, 1, 3, 6, 7)
		s.serve(2, request(7), 1, 3, 6, 7)
		s.elect(3, 6, 7) // in 2.3
		s.beat(2, 6)     // and S2 hears of it
		s.elect(2, 6, 7) // in 3.2, which S3 does not know of
		s.servers[2].receive(99, rsm.ChangeMembership{ID: 1, Servers: []node.ID{1, 4, 5}})
		for range 10 {
			s.flush(2, 6, 7)
		}
		for _, id := range []node.ID{1, 4, 5} {
			s.servers[id].receive(2, Known{Chosen: s.chosen(2)})
			s.exchange(id, 2)
			require.Equal(t, []node.ID{1, 4, 5}, s.servers[id].server.Memberships()[0].Servers)
		}
		s.elect(4, 1) // in 1.4: the new members have promised no more
		s.serve(4, request(8), 1)
		slot := s.chosen(4)

		a.kill()
		a.disk.Damage("paxos.000001", 50)
		a.start()
		a.sync()
		require.True(t, a.server.Damaged())
		require.Equal(t, config.Servers, a.server.Memberships()[0].Servers)
		s.beat(3, 1)
		require.Equal(t, leading, s.servers[3].server.role)
		require.Equal(t, b(2, 3), a.server.Promised())
		require.Equal(t, s.chosen(3), a.server.Chosen())
		require.True(t, a.server.Damaged())

		s.beat(4, 1) // which hears of 2.3; S3 is no member any more, so it prepares
		s.beat(4, 5) // 3.4
		require.Equal(t, leading, s.servers[4].server.role)
		for range 4 {
			s.beat(4, 1, 5)
			s.flush(4, 1, 5)
		}
		require.False(t, a.server.Damaged())
		require.Equal(t, request(8), a.server.At(slot).Request)
		require.NoError(t, s.judge.CheckAll())
	}
}
