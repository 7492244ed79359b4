package raft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
	"quorumlab/node"
	"quorumlab/rsm"
)

func TestRecordsRoundTrip(t *testing.T) {
	for _, want := range []voteRecord{{0, 0}, {1, 3}, {1 << 60, -2}} {
		got, ok := decodeRecord(want.encode(nil))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	for _, want := range []entriesRecord{
		{1, []Entry{{Term: 1, Request: rsm.Request{Command: []byte{}}}}},
		{300, testEntries(300, 4, 4, 5)},
	} {
		got, ok := decodeRecord(want.encode(nil))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
}

func TestMalformedRecords(t *testing.T) {
	entries := entriesRecord{1, testEntries(1, 1, 2)}.encode(nil)
	tests := map[string][]byte{
		"empty":                     {},
		"unknown kind":              {3, 1, 1},
		"vote cut short":            {voteKind, 1},
		"vote with more":            {voteKind, 1, 1, 1},
		"vote for no node ID":       {voteKind, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"entries cut short":         entries[:len(entries)-1],
		"entries with more":         append(entries[:len(entries):len(entries)], 0),
		"entries at index 0":        {entriesKind, 0, 1, 1, 0, 0, 0},
		"no entries":                {entriesKind, 1, 0},
		"more entries than fit":     {entriesKind, 1, 0xff, 0xff, 0xff, 0xff, 1},
		"varint that never ends":    {voteKind, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"command beyond the record": {entriesKind, 1, 1, 1, 1, 1, 5, 0},
	}
	for name, record := range tests {
		t.Run(name, func(t *testing.T) {
			_, ok := decodeRecord(record)
			require.False(t, ok)
			require.ErrorIs(t, new(persistent).replay(record), wal.ErrCorrupt)
		})
	}
}

// An entries record says how the log ends: what stood there before is gone.
func TestReplay(t *testing.T) {
	var state persistent
	for _, record := range [][]byte{
		voteRecord{1, 2}.encode(nil),
		entriesRecord{1, testEntries(1, 1, 1, 1)}.encode(nil),
		voteRecord{3, 0}.encode(nil),
		entriesRecord{2, testEntries(2, 3)}.encode(nil),
	} {
		require.NoError(t, state.replay(record))
	}
	require.Equal(t, persistent{term: 3, votedFor: node.ID(0), log: logOf(1, 3)}, state)

	gap := entriesRecord{4, testEntries(4, 3)}.encode(nil)
	require.ErrorIs(t, state.replay(gap), wal.ErrCorrupt)
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(voteRecord{7, 2}.encode(nil))
	f.Add(entriesRecord{1, testEntries(1, 1, 2, 2)}.encode(nil))
	f.Add([]byte{entriesKind, 1, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		record, ok := decodeRecord(b)
		if !ok {
			return
		}
		var encoded []byte
		switch r := record.(type) {
		case voteRecord:
			encoded = r.encode(nil)
		case entriesRecord:
			encoded = r.encode(nil)
		}
		again, ok := decodeRecord(encoded)
		require.True(t, ok)
		require.Equal(t, record, again)
	})
}
