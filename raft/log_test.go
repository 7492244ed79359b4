package raft

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

func logOf(terms ...Term) log { return logWith(0, 0, testEntries(1, terms...)...) }

// §5.4.1: "If the logs have last entries with different terms, then the log with
// the later term is more up-to-date. If the logs end with the same term, then
// whichever log is longer is more up-to-date."
func TestUpToDate(t *testing.T) {
	tests := []struct {
		voter     []Term
		lastIndex Index
		lastTerm  Term
		want      bool
	}{
		{nil, 0, 0, true},
		{[]Term{1}, 0, 0, false},
		{[]Term{1, 1}, 2, 1, true},
		{[]Term{1, 1}, 1, 1, false},
		{[]Term{1, 1}, 3, 1, true},
		{[]Term{1, 1}, 1, 2, true},     // shorter, but of a later term
		{[]Term{1, 2}, 9, 1, false},    // longer, but of an earlier term
		{[]Term{1, 1, 3}, 3, 2, false}, // as long
	}
	for _, test := range tests {
		l := logOf(test.voter...)
		require.Equal(t, test.want, l.upToDate(test.lastIndex, test.lastTerm), "%+v", test)
	}
}

func TestMatchesAndConflictIndex(t *testing.T) {
	l := logOf(1, 1, 4, 4, 4, 6)
	tests := []struct {
		prev     Index
		term     Term
		matches  bool
		conflict Index
	}{
		{0, 0, true, 0},
		{2, 1, true, 0},
		{6, 6, true, 0},
		{6, 5, false, 6},
		{5, 5, false, 3}, // the whole of term 4 is skipped
		{2, 3, false, 1},
		{7, 6, false, 7}, // too short
		{9, 6, false, 7},
	}
	for _, test := range tests {
		require.Equal(t, test.matches, l.matches(test.prev, test.term), "%+v", test)
		if !test.matches {
			require.Equal(t, test.conflict, l.conflictIndex(test.prev), "%+v", test)
		}
	}
}

// What was sent must not change when the log it points into does.
func TestSharedEntriesNeverChange(t *testing.T) {
	l := logOf(1, 1, 1, 1)
	sent := l.from(2, l.lastIndex())
	before := fmt.Sprint(sent)
	l.truncate(3)
	l.append(testEntries(3, 2, 2, 2)...)
	require.Equal(t, before, fmt.Sprint(sent))
	require.Equal(t, "[1:1.1 1:1.2 2:2.3 2:2.4 2:2.5]", fmt.Sprint(l.all()))
}

func TestReceiversCannotAppendIntoTheLog(t *testing.T) {
	l := logOf(1, 1)
	sent := l.from(1, l.lastIndex())
	require.Equal(t, len(sent), cap(sent))
}

// A message goes to one follower after the other.
func TestEntriesAreLentOnce(t *testing.T) {
	l := logOf()
	l.append(make([]Entry, blockLength-1)...)
	l.append(testEntries(blockLength, 1, 1)...)
	first := l.from(blockLength, blockLength+1) // in two blocks
	again := l.from(blockLength, blockLength+1)
	require.Same(t, &first[0], &again[0])
	l.truncate(blockLength + 1)
	l.append(testEntries(blockLength+1, 2)...)
	require.Equal(t, "[1:1.1024 2:2.1025]", fmt.Sprint(l.from(blockLength, blockLength+1)))
	l.compact(blockLength)
	l.append(testEntries(blockLength+2, 2)...)
	require.Equal(t, "[2:2.1025 2:2.1026]", fmt.Sprint(l.from(blockLength+1, blockLength+2)))
}

func TestChunk(t *testing.T) {
	small := make([]Entry, maxChunkEntries+1)
	large := make([]Entry, 3)
	for i := range large {
		large[i].Request.Command = make([]byte, maxChunkBytes/2)
	}
	huge := []Entry{{Request: rsm.Request{Command: make([]byte, 2*maxChunkBytes)}}, {}}
	require.Equal(t, 0, chunk(nil))
	require.Equal(t, 5, chunk(small[:5]))
	require.Equal(t, maxChunkEntries, chunk(small[:maxChunkEntries]))
	require.Equal(t, maxChunkEntries, chunk(small))
	require.Equal(t, 1, chunk(large), "two are just above the limit")
	require.Equal(t, 1, chunk(huge), "one always goes")
}

func TestChainHash(t *testing.T) {
	base := Entry{Term: 3, Request: rsm.Request{Client: 7, Sequence: 9, Command: []byte("abcdefgh-ijk")}}
	variants := []Entry{base, base, base, base, base, base, base}
	variants[1].Term++
	variants[2].Request.Client++
	variants[3].Request.Sequence++
	variants[4].Request.Command = []byte("abcdefgh-ijl")
	variants[5].Request.Command = []byte("abcdefgh-ijk\x00")
	variants[6].Request.Command = []byte("Abcdefgh-ijk")
	seen := map[uint64]int{}
	for i, e := range variants {
		for _, before := range []uint64{0, 1, ^uint64(0)} {
			h := chainHash(before, &e)
			require.NotContains(t, seen, h, "variant %d", i)
			seen[h] = i
		}
	}
}
