package rsm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"quorumlab/rsm"
)

func TestPieces(t *testing.T) {
	p := rsm.Pieces{[]byte("ab"), nil, []byte("cde"), []byte("f")}
	const whole = "abcdef"
	assert.Equal(t, len(whole), p.Len())
	assert.Equal(t, whole, string(p.Whole()))
	for offset := range len(whole) + 1 {
		for end := offset; end <= len(whole); end++ {
			assert.Equal(t, whole[offset:end], string(p.Slice(offset, end)), "%d to %d", offset, end)
		}
	}
	assert.Same(t, &p[2][1], &p.Slice(3, 5)[0])
	assert.Zero(t, rsm.Pieces(nil).Len())
}

// piecewise is a counter whose snapshot comes in two pieces.
type piecewise struct{ *rsm.Counter }

func (p piecewise) SnapshotPieces() [][]byte {
	s := p.Snapshot()
	return [][]byte{s[:1:1], s[1:]}
}

func TestSnapshotsOfAPiecewiseMachine(t *testing.T) {
	plain, cut := rsm.NewSessions(rsm.NewCounter()), rsm.NewSessions(piecewise{rsm.NewCounter()})
	for _, s := range []*rsm.Sessions{plain, cut} {
		s.Apply(add(1, 1))
	}
	require.Len(t, plain.SnapshotPieces(), 1)
	require.Len(t, cut.SnapshotPieces(), 3)
	require.Equal(t, plain.Snapshot(), cut.Snapshot())
	require.Equal(t, cut.Snapshot(), cut.SnapshotPieces().Whole())
}
