package etcdraft

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/internal/wal"
)

// row makes entries of one term.
func row(term, first, last uint64) (all []entry) {
	for i := first; i <= last; i++ {
		all = append(all, entry{term: term, index: i, data: []byte{}})
	}
	return all
}

// rec encodes a record.
func rec(h hard, base, baseTerm uint64, all ...entry) []byte {
	b := begin(nil, h, base, baseTerm, len(all))
	for _, e := range all {
		b = e.encode(b)
	}
	return b
}

func TestReplay(t *testing.T) {
	founded := snapshot{index: 1, term: 1}
	for _, c := range []struct {
		name      string
		snapshot  snapshot
		records   [][]byte
		hard      hard // wanted, as all below
		first     uint64
		last      uint64
		lastTerm  uint64
		rewritten bool
		corrupt   bool
	}{
		{"nothing", founded, nil, hard{1, 0, 1}, 2, 1, 1, false, false},
		{"entries", founded, [][]byte{rec(hard{2, 3, 1}, 0, 0, row(2, 2, 5)...)}, hard{2, 3, 1}, 2, 5, 2, false, false},
		{"the newest hard state", founded, [][]byte{rec(hard{2, 3, 1}, 0, 0), rec(hard{4, 1, 1}, 0, 0)}, hard{4, 1, 1}, 2, 1, 1, false, false},
		{"the end replaced", founded, [][]byte{rec(hard{}, 0, 0, row(2, 2, 5)...), rec(hard{3, 0, 1}, 0, 0, row(3, 4, 4)...)},
			hard{3, 0, 1}, 2, 4, 3, false, false},
		{"term of an entry, vote lost", founded, [][]byte{rec(hard{}, 0, 0, row(2, 2, 5)...)}, hard{2, 0, 1}, 2, 5, 2, false, false},
		{"commit beyond the end", founded, [][]byte{rec(hard{2, 1, 9}, 0, 0, row(2, 2, 5)...)}, hard{2, 1, 5}, 2, 5, 2, false, false},
		{"a snapshot, and the log had no time to follow", snapshot{index: 3, term: 2}, [][]byte{rec(hard{2, 1, 4}, 0, 0, row(2, 2, 5)...)},
			hard{2, 1, 4}, 4, 5, 2, false, false},
		{"a leader's snapshot beyond the log", snapshot{index: 9, term: 3}, [][]byte{rec(hard{2, 1, 4}, 0, 0, row(2, 2, 5)...)},
			hard{3, 0, 9}, 10, 9, 3, true, false},
		{"a leader's snapshot that the log contradicts", snapshot{index: 3, term: 3}, [][]byte{rec(hard{3, 1, 2}, 0, 0, row(2, 2, 5)...)},
			hard{3, 1, 3}, 4, 3, 3, true, false},
		// The first bug that the laboratory found here: see README.md.
		{"the log cut, and its rest not written anew", snapshot{index: 3, term: 2},
			[][]byte{rec(hard{2, 1, 4}, 0, 0, row(2, 2, 5)...), rec(hard{2, 1, 4}, 3, 2)}, hard{2, 1, 4}, 4, 5, 2, false, false},
		{"the log cut, and its rest written anew", snapshot{index: 3, term: 2},
			[][]byte{rec(hard{2, 1, 4}, 3, 2), rec(hard{}, 0, 0, row(2, 4, 5)...)}, hard{2, 1, 4}, 4, 5, 2, false, false},
		{"the snapshot is gone", founded, [][]byte{rec(hard{2, 1, 4}, 3, 2)}, hard{}, 0, 0, 0, false, true},
		{"a gap", founded, [][]byte{rec(hard{}, 0, 0, row(2, 3, 5)...)}, hard{}, 0, 0, 0, false, true},
		{"nonsense", founded, [][]byte{{1}}, hard{}, 0, 0, 0, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := persistent{hard: hard{term: 1, commit: 1}, snapshot: c.snapshot, base: 1, baseTerm: 1}
			var err error
			for _, b := range c.records {
				if err = p.replay(b); err != nil {
					break
				}
			}
			var rewritten bool
			if err == nil {
				rewritten, err = p.settle()
			}
			if c.corrupt {
				require.ErrorIs(t, err, wal.ErrCorrupt)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.hard, p.hard)
			assert.Equal(t, c.rewritten, rewritten)
			assert.Equal(t, c.first, p.base+1)
			assert.Equal(t, c.last, p.base+uint64(len(p.entries)))
			if n := len(p.entries); n > 0 {
				assert.Equal(t, c.lastTerm, p.entries[n-1].term)
			} else {
				assert.Equal(t, c.lastTerm, p.baseTerm)
			}
		})
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(rec(hard{2, 3, 1}, 0, 0, row(2, 2, 5)...))
	f.Add(rec(hard{2, 3, 1}, 7, 2))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, ok := decodeRecord(b); ok {
			again, ok := decodeRecord(rec(r.hard, r.base, r.baseTerm, r.entries...))
			require.True(t, ok)
			assert.Equal(t, r, again)
		}
	})
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add(snapshot{index: 9, term: 2, voters: []uint64{1, 2, 3}, state: []byte("state")}.encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := decodeSnapshot(b); ok {
			again, ok := decodeSnapshot(s.encode())
			require.True(t, ok)
			assert.Equal(t, s, again)
		}
	})
}
