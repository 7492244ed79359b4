package rsm

import "slices"

// Piecewise is implemented by a StateMachine whose state is so large that it should not
// be copied for every snapshot.
type Piecewise interface {
	// SnapshotPieces returns what Snapshot returns, cut into pieces. A piece that has
	// not changed since an earlier call is the very same slice as then, so that whoever
	// has stored it need not do so again. They are immutable.
	SnapshotPieces() [][]byte
}

// Pieces is a sequence of bytes that is cut into pieces.
type Pieces [][]byte

// Len returns the length of the whole.
func (p Pieces) Len() int {
	n := 0
	for _, b := range p {
		n += len(b)
	}
	return n
}

// Slice returns the bytes from an offset to an end, which are in the whole. It shares
// the memory of a piece that has them all.
func (p Pieces) Slice(offset, end int) []byte {
	var joined []byte
	for _, b := range p {
		if offset < len(b) && joined == nil && end <= len(b) {
			return b[max(offset, 0):end:end]
		}
		if offset < len(b) {
			joined = append(joined, b[max(offset, 0):min(end, len(b))]...)
		}
		offset -= len(b)
		end -= len(b)
		if end <= 0 {
			break
		}
	}
	return joined
}

// Whole returns all bytes. It shares the memory of the piece if there is only one.
func (p Pieces) Whole() []byte {
	if len(p) == 1 {
		return p[0]
	}
	return slices.Concat(p...)
}
