package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
	"quorumlab/rsm"
)

func TestRecordsRoundTrip(t *testing.T) {
	for _, want := range []voteRecord{{0, 0}, {1, 3}, {1 << 60, -2}} {
		got, ok := decodeVote(want.encode(nil))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	for _, want := range []interface{ encode([]byte) []byte }{
		entriesRecord{1, []Entry{{Term: 1, Request: rsm.Request{Command: []byte{}}}}},
		entriesRecord{300, testEntries(300, 4, 4, 5)},
		entriesRecord{2, []Entry{{Term: 7, Request: rsm.Request{Sequence: 300}, Configuration: &Configuration{Voters: servers(3)}}}},
		entriesRecord{2, []Entry{{Term: 7, Configuration: &Configuration{Voters: servers(2), Old: servers(3)}}}},
		compactionRecord{1 << 40, 9},
		lossRecord{12, 7},
	} {
		got, ok := decodeRecord(want.encode(nil))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	want := snapshot{
		cluster: "north", index: 300, term: 7, hash: 1 << 63,
		configuration: configured{200, 12, &Configuration{Voters: servers(2), Old: servers(3)}},
		state:         rsm.Pieces{[]byte("state")},
	}
	want.encoded = encodeSnapshot(want)
	got, ok := decodeSnapshot(want.encoded.Whole())
	require.True(t, ok)
	require.Equal(t, want, got)
	for size := range want.encoded.Len() - want.state.Len() {
		_, ok := decodeSnapshot(want.encoded.Whole()[:size])
		require.False(t, ok, "cut at %d", size)
	}
}

func TestMalformedRecords(t *testing.T) {
	entries := entriesRecord{1, testEntries(1, 1, 2)}.encode(nil)
	tests := map[string][]byte{
		"empty":                       {},
		"unknown kind":                {4, 1, 1},
		"compaction cut short":        {compactionKind, 1},
		"compaction with more":        {compactionKind, 1, 1, 1},
		"loss cut short":              {lossKind, 1},
		"entries cut short":           entries[:len(entries)-1],
		"entries with more":           append(entries[:len(entries):len(entries)], 0),
		"entries at index 0":          {entriesKind, 0, 1, 1, 0, 0, 0},
		"no entries":                  {entriesKind, 1, 0},
		"more entries than fit":       {entriesKind, 1, 0xff, 0xff, 0xff, 0xff, 1},
		"varint that never ends":      {lossKind, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"command beyond the record":   {entriesKind, 1, 1, 1, 1, 1, 5, 0},
		"configuration without voter": {entriesKind, 1, 1, 1, 0, configurationMark, 1, 0},
		"a voter twice":               {entriesKind, 1, 1, 1, 0, configurationMark, 3, 2, 7, 7},
		"an old voter twice":          {entriesKind, 1, 1, 1, 0, configurationMark, 4, 1, 7, 8, 8},
		"a voter without a name":      {entriesKind, 1, 1, 1, 0, configurationMark, 2, 1, 0},
		"configuration cut short":     {entriesKind, 1, 1, 1, 0, configurationMark, 2, 2, 1},
	}
	for name, record := range tests {
		t.Run(name, func(t *testing.T) {
			_, ok := decodeRecord(record)
			require.False(t, ok)
			require.ErrorIs(t, new(persistent).replay(record), wal.ErrCorrupt)
		})
	}
	for name, content := range map[string][]byte{
		"cut short": {1}, "with more": {1, 1, 1}, "no node ID": {1, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		_, ok := decodeVote(content)
		require.False(t, ok, "vote: %s", name)
	}
}

// An entries record says how the log ends: what stood there before is gone. A
// compaction record says where it begins.
func TestReplay(t *testing.T) {
	var state persistent
	replay := func(records ...interface{ encode([]byte) []byte }) {
		for _, record := range records {
			require.NoError(t, state.replay(record.encode(nil)))
		}
	}
	replay(entriesRecord{1, testEntries(1, 1, 1, 1)}, entriesRecord{2, testEntries(2, 3)})
	require.Equal(t, persistent{log: logOf(1, 3)}, state)
	require.ErrorIs(t, state.replay(entriesRecord{4, testEntries(4, 3)}.encode(nil)), wal.ErrCorrupt, "a gap")

	replay(entriesRecord{3, testEntries(3, 3, 4)}, compactionRecord{2, 3})
	requireLog(t, logWith(2, 3, testEntries(3, 3, 4)...), state.log)
	require.ErrorIs(t, state.replay(entriesRecord{2, testEntries(2, 3)}.encode(nil)), wal.ErrCorrupt, "compacted")

	replay(compactionRecord{3, 4}, entriesRecord{4, testEntries(4, 5)})
	requireLog(t, logWith(3, 4, testEntries(4, 5)...), state.log) // another log was there
	replay(lossRecord{9, 4}, lossRecord{8, 3})
	require.Equal(t, loss{8, 3}, state.loss)
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(compactionRecord{7, 2}.encode(nil))
	f.Add(entriesRecord{1, testEntries(1, 1, 2, 2)}.encode(nil))
	f.Add(entriesRecord{1, []Entry{{Configuration: &Configuration{Voters: servers(2), Old: servers(1)}}}}.encode(nil))
	f.Add([]byte{entriesKind, 1, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		record, ok := decodeRecord(b)
		if !ok {
			return
		}
		encoded := record.(interface{ encode([]byte) []byte }).encode(nil)
		again, ok := decodeRecord(encoded)
		require.True(t, ok)
		require.Equal(t, record, again)
	})
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add([]byte{})
	f.Add(encodeSnapshot(snapshot{
		cluster: "north", index: 300, term: 7, hash: 1 << 63,
		configuration: configured{200, 12, &Configuration{Voters: servers(2), Old: servers(3)}},
		state:         rsm.Pieces{[]byte("state")},
	}).Whole())
	f.Fuzz(func(t *testing.T, b []byte) {
		snap, ok := decodeSnapshot(b)
		if !ok {
			return
		}
		require.LessOrEqual(t, snap.configuration.index, snap.index)
		require.True(t, snap.configuration.valid())
		again, ok := decodeSnapshot(encodeSnapshot(snap).Whole())
		require.True(t, ok)
		snap.encoded, again.encoded = nil, nil
		require.Equal(t, snap, again)
	})
}

func FuzzDecodeVote(f *testing.F) {
	f.Add([]byte{})
	f.Add(voteRecord{7, 3}.encode(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if vote, ok := decodeVote(b); ok {
			again, ok := decodeVote(vote.encode(nil))
			require.True(t, ok)
			require.Equal(t, vote, again)
		}
	})
}

func requireLog(t *testing.T, want, got log) {
	t.Helper()
	require.Equal(t, []any{want.base, want.baseTerm, want.all()}, []any{got.base, got.baseTerm, got.all()})
}
