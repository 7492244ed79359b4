package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

var records = map[string]struct {
	encoded []byte
	decoded any
}{
	"damaged":  {appendDamaged(nil, 300), damageRecord{true, 300}},
	"repaired": {appendRepaired(nil), damageRecord{}},
	"accepted": {
		appendAccepted(nil, b(3, 2), 0, 4, 300, requests(7, 0, 8)),
		acceptedRecord{b(3, 2), 0, 4, 300, []rsm.Request{request(7), {Command: []byte{}}, request(8)}},
	},
	"resumed":   {appendResumed(nil), resumedRecord{}},
	"installed": {appendInstalled(nil, 300), installedRecord{300}},
	"learned":   {appendLearned(nil, 1, requests(7)), learnedRecord{1, requests(7)}},
}

func TestRecords(t *testing.T) {
	for name, r := range records {
		t.Run(name, func(t *testing.T) {
			decoded, err := decodeRecord(r.encoded)
			require.NoError(t, err)
			require.Equal(t, r.decoded, decoded)
		})
	}
}

func TestMalformedRecords(t *testing.T) {
	long := appendLearned(nil, 1, requests(7))
	for name, record := range map[string][]byte{
		"empty":               {},
		"unknown kind":        {9, 1},
		"no ballot":           {acceptedKind},
		"something after it":  append(appendDamaged(nil, 3), 0),
		"slot zero":           appendLearned(nil, 0, requests(7)),
		"cut in a request":    long[:len(long)-1],
		"length beyond it":    {learnedKind, 1, 1, 1, 200, 1, 0},
		"number without end":  {acceptedKind, 255, 255},
		"number too large":    {acceptedKind, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"only part of a head": {learnedKind, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeRecord(record)
			require.ErrorIs(t, err, errRecord)
		})
	}
}

func TestAMalformedRecordEndsTheServer(t *testing.T) {
	l := boot(t, 1, 3)
	require.True(t, l.server.write([]byte{9}))
	l.server.log.Flush()
	l.sync()
	l.restart()
	require.ErrorIs(t, l.exited, errRecord)
	require.ErrorContains(t, l.exited, "record 1")
}

// A crash may keep a record of an acceptance without the promise that was written with
// it. The promise outlives the record, which goes when a snapshot takes its place.
func TestAPromiseOutlivesTheRecordThatSaysSo(t *testing.T) {
	l := boot(t, 1, 3)
	l.config.SnapshotSlots, l.config.SnapshotKeep = 2, 0
	l.server.config = l.config
	l.receive(2, Accept{b(1, 2), 1, requests(7), 0, 0, 0})
	before, err := l.disk.Read("paxos-promise-1")
	require.NoError(t, err)
	l.receive(3, Accept{b(2, 3), 2, requests(8), 1, 0, 0})
	l.kill()
	require.NoError(t, l.disk.Replace("paxos-promise-1", before))
	require.NoError(t, l.disk.Replace("paxos-promise-2", before))
	l.start()
	l.sync()
	require.Equal(t, b(2, 3), l.server.Promised())

	l.receive(2, CatchUp{1, requests(7, 8, 9, 5), 4}) // and then a snapshot
	require.EqualValues(t, 5, l.server.First())
	l.receive(2, CatchUp{5, requests(6), 5}) // says that its segment is durable
	l.receive(2, CatchUp{6, requests(6), 6})
	l.restart()
	require.EqualValues(t, 6, l.server.Chosen())
	require.Equal(t, b(2, 3), l.server.Promised())
}

func FuzzDecodeRecord(f *testing.F) {
	for _, r := range records {
		f.Add(r.encoded)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		record, err := decodeRecord(data)
		if err != nil {
			require.ErrorIs(t, err, errRecord)
			return
		}
		var again []byte
		switch r := record.(type) {
		case damageRecord:
			if again = appendRepaired(nil); r.damaged {
				again = appendDamaged(nil, r.through)
			}
		case acceptedRecord:
			again = appendAccepted(nil, r.ballot, r.since, r.chosen, r.first, r.requests)
		case learnedRecord:
			again = appendLearned(nil, r.first, r.requests)
		case resumedRecord:
			again = appendResumed(nil)
		case installedRecord:
			again = appendInstalled(nil, r.at)
		}
		decoded, err := decodeRecord(again)
		require.NoError(t, err)
		require.Equal(t, record, decoded)
	})
}

// Records that were written after a snapshot was installed say what was chosen. If a
// crash keeps them and not the snapshot, or it is damaged, they must not vouch for what
// older records have in its slots: another value may have been chosen there.
func TestASnapshotIsLostThatWasInstalled(t *testing.T) {
	ahead := boot(t, 2, 3)
	ahead.server.config.SnapshotSlots = 4
	ahead.receive(3, CatchUp{1, requests(8, 7, 6, 5), 4})
	_, snapshot := ahead.server.Snapshot()
	for name, lose := range map[string]func(l *lone){
		"by a crash": func(l *lone) { require.NoError(t, l.disk.Remove(snapshotName)) },
		"to damage":  func(l *lone) { l.disk.Damage(snapshotName, 9) },
	} {
		t.Run(name, func(t *testing.T) {
			l := boot(t, 1, 3)
			l.receive(2, Accept{b(1, 2), 1, requests(9), 0, 0, 0})
			l.receive(2, Accept{b(1, 2), 6, requests(9), 0, 0, 0})
			l.server.Receive(2, SnapshotChunk{At: 4, Data: snapshot, Total: len(snapshot)})
			l.server.Receive(3, Accept{b(2, 3), 5, requests(3), 4, 0, 0})
			l.server.Receive(3, CatchUp{5, requests(3, 2), 6})
			require.EqualValues(t, 6, l.server.Chosen())
			l.kill()
			lose(l)
			l.start()
			l.sync()
			require.NoError(t, l.exited)
			require.Zero(t, l.server.Chosen())
			require.Equal(t, []Proposal{{1, b(1, 2), request(9)}, {5, b(2, 3), request(3)}, {6, b(1, 2), request(9)}},
				l.server.slots.after(0), "what was accepted is not forgotten")
			l.receive(3, CatchUp{1, requests(8, 7, 6, 5, 3, 2), 6})
			require.Equal(t, counterAt(8+7+6+5+3+2), l.counter.Snapshot())
			l.restart()
			require.EqualValues(t, 6, l.server.Chosen(), "what it has learned since")
			require.Equal(t, counterAt(8+7+6+5+3+2), l.counter.Snapshot())
		})
	}
}
