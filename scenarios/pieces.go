package scenarios

import (
	"bytes"
	"slices"

	"quorumlab/rsm"
)

// inPieces is a state machine that gives its snapshots in pieces, so that what
// protocols do with those is tested with machines that would not need it.
type inPieces struct {
	rsm.StateMachine
	last [][]byte
}

// pieceBytes is how long a piece is: short, so that there are several.
const pieceBytes = 48

// SnapshotPieces implements rsm.Piecewise. A piece that is as it was is the same memory.
func (m *inPieces) SnapshotPieces() [][]byte {
	pieces := slices.Collect(slices.Chunk(m.StateMachine.Snapshot(), pieceBytes))
	for i := range pieces {
		if i < len(m.last) && bytes.Equal(m.last[i], pieces[i]) {
			pieces[i] = m.last[i]
		} else {
			pieces[i] = slices.Clone(pieces[i])
		}
	}
	m.last = pieces
	return pieces
}

// String implements fmt.Stringer.
func (m *inPieces) String() string {
	if s, ok := m.StateMachine.(interface{ String() string }); ok {
		return s.String()
	}
	return ""
}
